//! A mail into the register: as a new case, as an addition to the complainant's case, or as a note for staff.
//!
//! A mail is recorded whole, with its files and its original, or not at all: a run that was broken off left nothing but
//! files that no event names. Where an older program was broken off in between, the case that it left is completed; so
//! every part may be there already.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

use super::error::MailError;
use super::files::MAIL;
use super::language;
use super::mailbox::Incoming;
use super::message::Mail;
use super::seen::{Marks, Seen};
use super::sorting::{self, Automatic};
use super::standing::{self, Standing};
use super::words::Words;
use redress_domain::case_file::CaseFile;
use redress_domain::event::{EventBody, NoteAdded, Registered};
use redress_domain::vocabulary::{Channel, Language, Role};
use redress_domain::workflow::StateName;
use redress_plain::hex::hex;
use redress_plain::sha256;
use redress_register::attachments::CleanFile;
use redress_register::{
    Actor, Complaining, Draft, NewCase, Part, Person, Register, RegisterError, Setting, to_micros,
};

/// How mails are to be taken in.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who takes them in.
    pub by: Actor,
    /// The language of a mail whose own does not show.
    pub language: Language,
    /// The language of notes for staff.
    pub staff_language: Language,
    /// Lists through which complaints reach us, by their identifiers.
    pub own_lists: Vec<String>,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A new case.
    Registered {
        /// `None` when nothing was recorded.
        number: Option<String>,
        /// The closed case that the mail names.
        after_closed: Option<String>,
        /// Whether number and password go out to the sender.
        told: bool,
    },
    /// The complainant's word on their case.
    Added {
        number: String,
        /// Whether it ended a pause that waited for it.
        resumed: bool,
    },
    /// A note for staff: the mail names a case, and its sender is not the complainant.
    Noted { number: String },
    /// It was taken in before.
    Seen { number: String },
    /// No person wrote it to us.
    Skipped(Automatic),
}

/// Takes mails into a register, one at a time.
#[derive(Debug)]
pub struct Intake<'r> {
    register: &'r mut Register,
    order: Order,
    words: Words,
    seen: Seen,
}

impl<'r> Intake<'r> {
    /// Makes ready to take mails in.
    ///
    /// # Errors
    /// When the index of mails beside the register cannot be used.
    pub fn new(
        register: &'r mut Register,
        order: Order,
        now: DateTime<Utc>,
    ) -> Result<Self, MailError> {
        let seen = match order.dry_run {
            true => Seen::look(register)?,
            false => Seen::open(register, now)?,
        };
        Ok(Intake {
            words: Words::load(order.staff_language)?,
            register,
            order,
            seen,
        })
    }

    /// Takes in one mail. A second time nothing happens.
    ///
    /// # Errors
    /// When it is no mail, or the register refuses or fails; what was recorded until then stays, and the next try
    /// completes it.
    pub fn take(&mut self, incoming: &Incoming, now: DateTime<Utc>) -> Result<Outcome, MailError> {
        let mail = Mail::read(&incoming.raw);
        if !mail.is_mail() {
            return Err(MailError::NoMail {
                place: incoming.place.clone(),
            });
        }
        if let Some(why) = sorting::automatic(&mail, &self.order.own_lists) {
            return Ok(Outcome::Skipped(why));
        }
        let marks = Marks {
            original: hex(&sha256::digest(&incoming.raw)),
            fingerprint: mail.fingerprint(),
        };
        let turn = self.seen.turn()?;
        if let Some(case_key) = turn.case_of(self.register, &marks)? {
            let number = self.register.case_row(case_key)?.number;
            return Ok(Outcome::Seen { number });
        }
        let standing = standing::of(self.register, &mail)?;
        if self.order.dry_run {
            return Ok(foreseen(standing, &mail));
        }
        let now = now.trunc_subsecs(6);
        let mut desk = Desk {
            register: &mut *self.register,
            order: &self.order,
            words: &self.words,
            received_at: mail.received_at(incoming.file_time, now),
            mail: &mail,
            raw: &incoming.raw,
            now,
        };
        let outcome = match standing {
            Standing::New { after_closed } => desk.register_new(after_closed)?,
            Standing::Theirs { case_key, number } => desk.add(case_key, number)?,
            Standing::Others { case_key, number } => desk.note_of_other(case_key, number)?,
        };
        turn.remember(&marks, now)?;
        Ok(outcome)
    }
}

/// What would be done.
fn foreseen(standing: Standing, mail: &Mail) -> Outcome {
    match standing {
        Standing::New { after_closed } => Outcome::Registered {
            number: None,
            after_closed: after_closed.map(|(number, _)| number),
            told: mail.sender.address.is_some(),
        },
        Standing::Theirs { number, .. } => Outcome::Added {
            number,
            resumed: false,
        },
        Standing::Others { number, .. } => Outcome::Noted { number },
    }
}

/// The steps with one mail.
struct Desk<'d> {
    register: &'d mut Register,
    order: &'d Order,
    words: &'d Words,
    mail: &'d Mail,
    raw: &'d [u8],
    received_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Desk<'_> {
    fn register_new(
        &mut self,
        after_closed: Option<(String, StateName)>,
    ) -> Result<Outcome, MailError> {
        let narrative = self.said();
        let left = self.broken_off(&narrative)?;
        let mut before = Vec::new();
        if let Some((closed, state)) = &after_closed {
            let text = self.words.after_closed(closed, *state);
            before.extend(self.note(left, Actor::system(), text, self.now, false)?);
        }
        let (files, left_out) = self.clean_files();
        let after = self.left_out(left, left_out, self.now, false)?;
        let after: Vec<Part> = after.into_iter().collect();
        let (number, told) = match left {
            Some(case_key) => {
                let number = self.register.case_row(case_key)?.number;
                self.add_whole(case_key, before, &files, after)?;
                (number, self.mail.sender.address.is_some())
            }
            None => {
                let new = self.complaint(narrative)?;
                let by = self.order.by.clone();
                let parts = self.with_files(before, &files, after)?;
                let done = self
                    .register
                    .register_together(&new, &by, &parts, self.now)?;
                (done.number, done.message_id.is_some())
            }
        };
        Ok(Outcome::Registered {
            number: Some(number),
            after_closed: after_closed.map(|(number, _)| number),
            told,
        })
    }

    fn add(&mut self, case_key: i64, number: String) -> Result<Outcome, MailError> {
        let file = self.register.case_file(case_key, None)?;
        let at = self.within(&file);
        let case = Some(case_key);
        let note = self.note(case, Actor::customer(), self.said(), at, true)?;
        let before = note.into_iter().collect();
        let (files, left_out) = self.clean_files();
        let left_out = self.left_out(case, left_out, at, true)?;
        let mut after: Vec<Part> = left_out.into_iter().collect();
        after.push(Part::Answer {
            at,
            late_reason: self.late_reason(at)?,
        });
        let resumed = self.add_whole(case_key, before, &files, after)?;
        Ok(Outcome::Added { number, resumed })
    }

    /// The mail of somebody who is not the complainant: its files stay within the original, so that nothing a stranger
    /// sends stands among the complainant's evidence.
    fn note_of_other(&mut self, case_key: i64, number: String) -> Result<Outcome, MailError> {
        let file = self.register.case_file(case_key, None)?;
        let above = self.words.other_sender(self.mail.sender.address.as_deref());
        let text = format!("{above}\n\n{}", self.said());
        let by = self.order.by.clone();
        let note = self.note(Some(case_key), by, text, self.within(&file), true)?;
        self.add_whole(case_key, note.into_iter().collect(), &[], Vec::new())?;
        Ok(Outcome::Noted { number })
    }

    /// Adds the parts with the files between them, and the original; answers whether a pause ended.
    fn add_whole(
        &mut self,
        case_key: i64,
        before: Vec<Part>,
        files: &[CleanFile],
        after: Vec<Part>,
    ) -> Result<bool, MailError> {
        let parts = self.with_files(before, files, after)?;
        let added = self.register.add_together(case_key, &parts, self.now)?;
        Ok(added.resumed)
    }

    /// The parts with the files between them, and the original at the end; the files are laid beside the register.
    fn with_files(
        &mut self,
        mut parts: Vec<Part>,
        files: &[CleanFile],
        after: Vec<Part>,
    ) -> Result<Vec<Part>, MailError> {
        let laid = self.register.lay_together(files, &Actor::customer())?;
        match self.original() {
            Ok(original) => {
                parts.extend(laid);
                parts.extend(after);
                parts.push(original);
                Ok(parts)
            }
            Err(error) => {
                self.register.drop_files_of(&laid);
                Err(error)
            }
        }
    }

    /// What the sender says; never blank.
    fn said(&self) -> String {
        let words = self.mail.words();
        match words.trim() {
            "" => self.words.empty().to_owned(),
            said => said.to_owned(),
        }
    }

    /// When the mail counts on a case: when it was received, but not before the complaint itself.
    fn within(&self, file: &CaseFile) -> DateTime<Utc> {
        self.received_at.max(file.received_at()).min(self.now)
    }

    fn complaint(&self, narrative: String) -> Result<NewCase, MailError> {
        let language = language::of(&narrative).unwrap_or(self.order.language);
        Ok(NewCase {
            registered: Registered {
                received_at: self.received_at,
                channel: Channel::Email,
                language,
                product: None,
                lot: None,
                site: None,
                unit: None,
                remedy_sought: None,
                sold_on: None,
                produced_on: None,
                immediate_action: None,
            },
            complainant: self.complainant(language)?,
            narrative,
            occurred_at: self.now,
            late_reason: None,
        })
    }

    /// The sender. Without a name the address alone has to do, where the register knows one person by it.
    fn complainant(&self, language: Language) -> Result<Complaining, MailError> {
        let sender = &self.mail.sender;
        if let (None, Some(address)) = (&sender.name, &sender.address) {
            let mut known = self.register.find_complainants(None, Some(address))?;
            known.retain(|person| person.erased_at.is_none());
            if let [one] = known.as_slice() {
                return Ok(Complaining::Known(one.complainant_id));
            }
        }
        Ok(Complaining::Person(Person {
            name: sender.name.clone(),
            phone: None,
            email: sender.address.clone(),
            address: None,
            language,
        }))
    }

    /// The case that an earlier run made of this mail before it was broken off: the same words of the same sender, and
    /// the original is not there yet.
    fn broken_off(&self, narrative: &str) -> Result<Option<i64>, MailError> {
        for case_key in self.candidates()? {
            let history = self.register.history(case_key)?;
            let said_so = history.iter().any(|recorded| {
                let by_mail = matches!(
                    &recorded.event.body,
                    EventBody::Registered(registered) if registered.channel == Channel::Email
                );
                by_mail && recorded.text.as_deref() == Some(narrative)
            });
            let has_original = history.iter().any(|recorded| {
                let is_mail = matches!(
                    &recorded.event.body,
                    EventBody::EvidenceAdded(file) if file.media_type == MAIL
                );
                is_mail && recorded.event.role != Role::Customer
            });
            if said_so && !has_original {
                return Ok(Some(case_key));
            }
        }
        Ok(None)
    }

    /// The sender's cases; of a sender without an address, those received at the same moment.
    fn candidates(&self) -> Result<Vec<i64>, MailError> {
        let Some(address) = &self.mail.sender.address else {
            let found = self.received_then().map_err(RegisterError::from)?;
            return Ok(found);
        };
        let mut found = Vec::new();
        for person in self.register.find_complainants(None, Some(address))? {
            found.extend(self.register.cases_of(person.complainant_id)?);
        }
        Ok(found)
    }

    /// The cases received at the very moment of the mail.
    fn received_then(&self) -> rusqlite::Result<Vec<i64>> {
        let month = self.received_at.with_timezone(&self.register.zone());
        let mut select = self.register.connection().prepare(
            "SELECT case_key FROM complaint_case WHERE received_month = ?1 AND received_at = ?2",
        )?;
        let at = to_micros(self.received_at);
        let found = select.query_map((month.format("%Y-%m").to_string(), at), |row| row.get(0))?;
        found.collect()
    }

    /// A note, unless the case has it: the same words of the same hand, and where `exact`, at the same moment.
    fn note(
        &self,
        case_key: Option<i64>,
        by: Actor,
        text: String,
        at: DateTime<Utc>,
        exact: bool,
    ) -> Result<Option<Part>, MailError> {
        let history = match case_key {
            Some(case_key) => self.register.history(case_key)?,
            None => Vec::new(),
        };
        let has_it = history.iter().any(|recorded| {
            let event = &recorded.event;
            matches!(event.body, EventBody::NoteAdded(_))
                && event.role == by.role
                && recorded.text.as_deref() == Some(text.as_str())
                && (!exact || event.occurred_at == at)
        });
        if has_it {
            return Ok(None);
        }
        let mut draft = Draft::new(at, NoteAdded {}).text(text);
        draft.late_reason = self.late_reason(at)?;
        Ok(Some(Part::event(draft, by)))
    }

    /// The reason for the lateness of what happened then, where it is late.
    fn late_reason(&self, at: DateTime<Utc>) -> Result<Option<String>, MailError> {
        let hours = self.register.setting(Setting::LateAfterHours)?;
        // The register checks the number when it is set.
        let allowed = TimeDelta::hours(hours.parse().unwrap_or(0));
        Ok((self.now - at > allowed).then(|| self.words.late().to_owned()))
    }

    /// The mail's files as they are kept, and how many are only within the original: those that were left out on
    /// reading, and images that are damaged, of which cannot be told what is in them.
    fn clean_files(&self) -> (Vec<CleanFile>, usize) {
        let mut left_out = self.mail.left_out;
        let mut clean = Vec::new();
        for file in &self.mail.files {
            match file.clean() {
                Ok(file) => clean.push(file),
                Err(_) => left_out += 1,
            }
        }
        (clean, left_out)
    }

    /// A note that says how many files are only within the original.
    fn left_out(
        &self,
        case_key: Option<i64>,
        count: usize,
        at: DateTime<Utc>,
        exact: bool,
    ) -> Result<Option<Part>, MailError> {
        if count == 0 {
            return Ok(None);
        }
        let text = self.words.left_out(count);
        self.note(case_key, Actor::system(), text, at, exact)
    }

    /// The mail as it came. It has the hosts of our own mail system in it, so it is not the customer's file.
    fn original(&self) -> Result<Part, MailError> {
        let received = self.received_at.with_timezone(&self.register.zone());
        let name = format!(
            "{} {}",
            received.format("%Y-%m-%d %H.%M"),
            self.words.original()
        );
        let mut raw = self.raw;
        let laid = self.register.lay(&name, MAIL, &mut raw)?;
        Ok(Part::file(laid, self.order.by.clone()))
    }
}
