//! What a register holds besides cases: trainings of staff, figures entered by hand, objectives.

use chrono::{Days, NaiveDate};

use super::Settings;
use super::catalogue::STAFF;
use redress_domain::vocabulary::Role;

/// A training that a member of staff attended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingRow {
    pub staff: &'static str,
    pub course: &'static str,
    pub held_on: NaiveDate,
}

/// A figure entered by hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvidenceRow {
    pub indicator: &'static str,
    pub dated: NaiveDate,
    pub figure: Option<f64>,
    pub unit: Option<&'static str>,
    pub entered_by: &'static str,
    pub note: Option<&'static str>,
}

/// A version of an objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectiveRow {
    pub indicator: &'static str,
    pub version: i64,
    pub target: f64,
    pub at_least: bool,
    pub owner: &'static str,
    pub effective_from: NaiveDate,
}

/// Everything of the kind that was known by the sample's present.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    pub trainings: Vec<TrainingRow>,
    pub evidences: Vec<EvidenceRow>,
    pub objectives: Vec<ObjectiveRow>,
}

/// Who keeps the records of the sample.
const QUALITY: &str = "Pelin Göynüklü";
/// Who answers for complaint handling.
const SERVICE: &str = "Defne Karaağaç";

impl Records {
    /// The records of a sample; those dated after its present are not there yet.
    pub fn of(settings: &Settings) -> Self {
        let day = |n: u64| settings.from.checked_add_days(Days::new(n));
        let until = settings.until.date_naive();
        // Three of four contact staff, and every other colleague, were trained; some of them again.
        let trained = STAFF.iter().enumerate().filter_map(|(no, staff)| {
            let contact = staff.role == Role::Contact;
            let attends = if contact { no % 4 != 3 } else { no % 2 == 0 };
            attends.then_some((no as u64, staff))
        });
        let mut trainings: Vec<TrainingRow> = trained
            .flat_map(|(no, staff)| {
                let first = (40 + 9 * no, "Complaint handling under ISO 10002");
                let again = (no % 3 == 0).then_some((430 + 5 * no, "Difficult conversations"));
                [Some(first), again]
                    .into_iter()
                    .flatten()
                    .filter_map(move |(after, course)| {
                        Some(TrainingRow {
                            staff: staff.name,
                            course,
                            held_on: day(after)?,
                        })
                    })
            })
            .collect();
        let evidence = |indicator, after, figure, unit, note| {
            Some(EvidenceRow {
                indicator,
                dated: day(after)?,
                figure,
                unit,
                entered_by: QUALITY,
                note: Some(note),
            })
        };
        let mut evidences: Vec<EvidenceRow> = [
            evidence(
                "P1",
                30,
                None,
                None,
                "Policy and objectives on the notice boards and the web site, revision 4",
            ),
            evidence(
                "P3",
                30,
                None,
                None,
                "Matrix of responsibilities, revision 2",
            ),
            evidence(
                "P4",
                45,
                None,
                None,
                "Contact staff settle up to their limit without asking",
            ),
            evidence(
                "P2",
                420,
                Some(71.0),
                Some("%"),
                "Staff survey: management takes complaints seriously",
            ),
            evidence(
                "P6",
                60,
                Some(9.0),
                Some("persons"),
                "Technical staff appointed in both plants",
            ),
            evidence(
                "P8",
                450,
                Some(82.0),
                Some("%"),
                "Test after the training: passed",
            ),
            evidence(
                "P9",
                600,
                Some(14.0),
                Some("suggestions"),
                "Suggestion box of customer service, first half of 2026",
            ),
            evidence(
                "P10",
                690,
                Some(3.9),
                Some("of 5"),
                "Staff survey: attitude towards complaints",
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        let objective = |indicator, version, target, at_least, owner, after| {
            Some(ObjectiveRow {
                indicator,
                version,
                target,
                at_least,
                owner,
                effective_from: day(after)?,
            })
        };
        let mut objectives: Vec<ObjectiveRow> = [
            objective("M2", 1, 8.0, true, SERVICE, 92),
            objective("M4", 1, 5.0, false, SERVICE, 92),
            objective("M5", 1, 15.0, false, SERVICE, 92),
            objective("M5", 2, 10.0, false, SERVICE, 457),
            objective("P13", 1, 9.0, false, SERVICE, 92),
            objective("P14", 1, 3.8, true, QUALITY, 92),
            objective("P7", 1, 90.0, true, QUALITY, 92),
            objective("sla.intake", 1, 95.0, true, SERVICE, 92),
            objective("sla.processing", 1, 85.0, true, SERVICE, 92),
            objective("sla.processing", 2, 90.0, true, SERVICE, 457),
            objective("sla.resolution", 1, 95.0, true, SERVICE, 92),
        ]
        .into_iter()
        .flatten()
        .collect();
        trainings.retain(|t| t.held_on < until);
        trainings.sort_by_key(|t| (t.held_on, t.staff));
        evidences.retain(|e| e.dated < until);
        evidences.sort_by_key(|e| (e.indicator, e.dated));
        objectives.retain(|o| o.effective_from < until);
        objectives.sort_by_key(|o| (o.indicator, o.version));
        Records {
            trainings,
            evidences,
            objectives,
        }
    }

    /// The first training of a member of staff.
    pub fn trained_on(&self, staff: &str) -> Option<NaiveDate> {
        self.trainings
            .iter()
            .filter(|t| t.staff == staff)
            .map(|t| t.held_on)
            .min()
    }
}
