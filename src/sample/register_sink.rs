//! The sample as a register: the loader takes the events as they were recorded.

use std::collections::HashMap;
use std::path::Path;

use super::catalogue::STAFF;
use super::complainant::Complainant;
use super::truth::{ActionRow, ExposureRow, TruthRow};
use super::truth_files::TruthFiles;
use super::{SampleCase, SampleError, Sink, case_id};
use redress_domain::event::{Event, EventBody};
use redress_register::bulk::{BulkCase, BulkEvent, Loader};
use redress_register::{Exposure, NewStaff, Person, Register, RegisterError};

/// Fills an empty register.
pub struct RegisterSink<'r> {
    loader: Option<Loader<'r>>,
    /// Register number of each complainant, by sample number.
    complainants: HashMap<u64, i64>,
    /// Key of each case, by sample number.
    cases: HashMap<u64, i64>,
    /// An event waits for its text, which comes right after it.
    waiting: Option<Waiting>,
    narrative: String,
    truth: TruthFiles,
    exposures: Vec<Exposure>,
}

struct Waiting {
    case_key: i64,
    event: Event,
    text: Option<String>,
}

impl<'r> RegisterSink<'r> {
    /// Begins to fill a register; the staff who act in the sample are added first. The truth goes to
    /// `truth.csv` and `actions.csv` in a folder of its own.
    ///
    /// # Errors
    /// When the register or the folder cannot be written.
    pub fn begin(register: &'r mut Register, truth: &Path) -> Result<Self, SampleError> {
        for person in STAFF {
            register
                .add_staff(&NewStaff {
                    name: person.name.to_owned(),
                    roles: vec![person.role],
                    department: Some(person.department.to_owned()),
                    site: None,
                    discretion_minor: None,
                })
                .map_err(stored)?;
        }
        Ok(RegisterSink {
            loader: Some(Loader::begin(register).map_err(stored)?),
            complainants: HashMap::new(),
            cases: HashMap::new(),
            waiting: None,
            narrative: String::new(),
            truth: TruthFiles::begin(truth)?,
            exposures: Vec::new(),
        })
    }

    /// Units sold, to be entered once the load has ended and the register is free again.
    pub fn into_exposures(self) -> Vec<Exposure> {
        self.exposures
    }

    fn loader(&mut self) -> Result<&mut Loader<'r>, SampleError> {
        self.loader
            .as_mut()
            .ok_or_else(|| SampleError::Sink("the load has ended already".into()))
    }

    fn write_waiting(&mut self) -> Result<(), SampleError> {
        let Some(Waiting {
            case_key,
            event,
            text,
        }) = self.waiting.take()
        else {
            return Ok(());
        };
        self.loader()?
            .event(
                case_key,
                &BulkEvent {
                    occurred_at: event.occurred_at,
                    recorded_at: event.recorded_at,
                    role: event.role,
                    actor: event.actor.as_deref(),
                    late_reason: event.late_reason.as_deref(),
                    body: &event.body,
                    text: text.as_deref(),
                },
            )
            .map_err(stored)?;
        Ok(())
    }
}

impl Sink for RegisterSink<'_> {
    fn complainant(&mut self, complainant: &Complainant) -> Result<(), SampleError> {
        self.write_waiting()?;
        let person = Person {
            name: Some(complainant.name.clone()),
            phone: Some(complainant.phone.clone()),
            email: Some(complainant.email.clone()),
            address: None,
            language: complainant.language,
        };
        let id = self.loader()?.complainant(&person).map_err(stored)?;
        self.complainants.insert(complainant.no, id);
        Ok(())
    }

    fn case(&mut self, case: &SampleCase) -> Result<(), SampleError> {
        self.write_waiting()?;
        let unknown = || SampleError::Sink("a case came before its complainant".into());
        let complainant_id = *self
            .complainants
            .get(&case.complainant_no)
            .ok_or_else(unknown)?;
        let number = case_id(case.no);
        let header = BulkCase {
            complainant_id,
            received_at: case.received_at,
            recorded_at: case.received_at,
            number: Some(&number),
            tracking_hash: None,
        };
        let added = self.loader()?.case(&header).map_err(stored)?;
        self.cases.insert(case.no, added.case_key);
        self.narrative.clone_from(&case.narrative);
        Ok(())
    }

    fn event(&mut self, case_no: u64, event: &Event) -> Result<(), SampleError> {
        self.write_waiting()?;
        let unknown = || SampleError::Sink("an event came before its case".into());
        let case_key = *self.cases.get(&case_no).ok_or_else(unknown)?;
        // The complaint's own words are the text of its registration.
        let text = matches!(event.body, EventBody::Registered(_))
            .then(|| std::mem::take(&mut self.narrative));
        self.waiting = Some(Waiting {
            case_key,
            event: event.clone(),
            text,
        });
        Ok(())
    }

    fn text(&mut self, _case_no: u64, _seq: i64, text: &str) -> Result<(), SampleError> {
        if let Some(waiting) = self.waiting.as_mut() {
            waiting.text = Some(text.to_owned());
        }
        Ok(())
    }

    fn truth(&mut self, row: &TruthRow) -> Result<(), SampleError> {
        self.truth.row(row)
    }

    fn finish(
        &mut self,
        actions: &[ActionRow],
        exposures: &[ExposureRow],
    ) -> Result<(), SampleError> {
        self.write_waiting()?;
        if let Some(loader) = self.loader.take() {
            loader.finish().map_err(stored)?;
        }
        self.truth.end(actions)?;
        self.exposures = exposures
            .iter()
            .map(|row| Exposure {
                month: row.month.clone(),
                product: Some(row.product.to_owned()),
                site: Some(row.site.to_owned()),
                units: row.units as f64,
            })
            .collect();
        Ok(())
    }
}

fn stored(error: RegisterError) -> SampleError {
    SampleError::Sink(Box::new(error))
}
