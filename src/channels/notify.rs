//! What is due goes out: messages are claimed, handed to their gateway, and what became of them is recorded.
//!
//! A message is sent at least once. When the process ends between a gateway's yes and the record of it, the claim
//! runs out and the message is sent again, with the same key (`letter::delivery_key`). Several processes may send
//! at the same time; a claim keeps each message to one of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use lettre::message::Mailbox;

use super::file_outbox::{write_mail, write_sms};
use super::letter::{Letter, delivery_key, name_of};
use super::refusal::Refusal;
use super::settings::{Mail, Settings, Sms};
use super::sms_gateway::SmsGateway;
use super::smtp::MailServer;
use super::webhook::{self, Told};
use redress_domain::calendar::Calendar;
use redress_domain::calendar_file::CalendarFile;
use redress_domain::vocabulary::Means;
use redress_register::{Claim, Message, MessageState, Queued, Register, RegisterError};

/// Messages claimed at once: few enough that their claims outlast the sending.
const BATCH: u32 = 8;

/// Failures in a row after which a gateway is left alone for the rest of the run.
const PATIENCE: u32 = 3;

/// How long messages wait for a gateway that could not be used.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// How often a record is tried while another process writes; each time waits for some seconds.
const RECORD_TRIES: u32 = 5;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// Reminders, surveys and lapses that became due; `None` when they had been queued that day already.
    pub follow_ups: Option<Queued>,
    /// Why what became due could not be queued; messages were sent all the same.
    pub not_queued: Option<String>,
    /// Messages that a gateway took.
    pub delivered: u64,
    /// Messages that are tried again later.
    pub later: u64,
    /// Messages that were given up for good: the dead-letter list.
    pub dead: u64,
    /// Messages that another process settled meanwhile, or that became untrue.
    pub settled_elsewhere: u64,
    /// Messages whose time has come and for whose means no gateway is set.
    pub without_gateway: u64,
    /// Gateways that could not be used.
    pub faults: Vec<Fault>,
    /// What webhooks were told.
    pub webhooks: Told,
    /// Whether traces of delivered passwords are left for the next run, because another process was reading.
    pub traces_left: bool,
}

/// A gateway that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub means: Means,
    pub why: String,
}

/// One message of a run, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub message_id: i64,
    pub outcome: Outcome,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    Later,
    Dead,
    /// Given back unsent: its gateway cannot be used, or an earlier message of the case has not gone.
    GivenBack,
    SettledElsewhere,
}

/// Why a run ended.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error("the calendar in force cannot be read: {0}")]
    Calendar(String),
}

/// Queues what became due, once a day, and sends what is due. It blocks as long as the gateways take; to be
/// called in the background.
///
/// # Errors
/// When the register cannot be read or written. What was sent before is recorded.
pub fn run_once(
    register: &mut Register,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Sent, NotifyError> {
    let mut follow_ups = None;
    let mut not_queued = None;
    if !register.follow_ups_are_queued(now)? {
        match queue_follow_ups(register, now) {
            Ok(queued) => follow_ups = Some(queued),
            Err(error) => not_queued = Some(error.to_string()),
        }
    }
    let sent = send_due(register, settings, now, &mut |_| {})?;
    Ok(Sent {
        follow_ups,
        not_queued,
        ..sent
    })
}

/// Sends what is due at `now`, and tells webhooks what happened; each message is tried once. `watch` hears of each.
///
/// # Errors
/// As [`run_once`].
pub fn send_due(
    register: &mut Register,
    settings: &Settings,
    now: DateTime<Utc>,
    watch: &mut dyn FnMut(Step),
) -> Result<Sent, NotifyError> {
    let mut run = Run {
        register_id: register.identity()?,
        gateways: Gateways::new(settings),
        settings,
        clock: Clock {
            began: Instant::now(),
            now,
        },
        sent: Sent::default(),
    };
    run.send_all(register, watch)?;
    run.sent.without_gateway = register.due_without_gateway(&served(settings), now)?;
    run.sent.traces_left = !register.forget_delivered_passwords()?;
    run.sent.webhooks = webhook::tell(register, run.clock.now())?;
    Ok(run.sent)
}

/// Queues what became due by the calendar that the register holds.
///
/// # Errors
/// When the register holds no calendar that can be read, or cannot be written.
pub fn queue_follow_ups(
    register: &mut Register,
    now: DateTime<Utc>,
) -> Result<Queued, NotifyError> {
    let calendar = calendar_in_force(register)?;
    Ok(register.queue_follow_ups(&calendar, now)?)
}

/// The means that the settings have a gateway for.
pub fn served(settings: &Settings) -> Vec<Means> {
    let sms = settings.sms.as_ref().map(|_| Means::Sms);
    let mail = settings.mail.as_ref().map(|_| Means::Email);
    sms.into_iter().chain(mail).collect()
}

fn calendar_in_force(register: &Register) -> Result<Calendar, NotifyError> {
    let newest = register
        .calendar_versions(None)?
        .into_iter()
        .max_by_key(|version| version.version)
        .ok_or_else(|| NotifyError::Calendar("the register holds none".to_owned()))?;
    CalendarFile::from_toml(&newest.toml)
        .map_err(|e| NotifyError::Calendar(e.to_string()))?
        .calendar()
        .map_err(|e| NotifyError::Calendar(e.to_string()))
}

/// The moment of the run, moved on by the time that passed since it began.
#[derive(Debug, Clone, Copy)]
struct Clock {
    began: Instant,
    now: DateTime<Utc>,
}

impl Clock {
    fn now(&self) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(self.began.elapsed()).unwrap_or(TimeDelta::zero());
        self.now + passed
    }
}

/// The gateways of a run, and which of them can still be used.
struct Gateways<'s> {
    sms: Option<Gateway<'s>>,
    mail: Option<Gateway<'s>>,
}

struct Gateway<'s> {
    way: Way<'s>,
    failures_in_a_row: u32,
    is_usable: bool,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there are two of them, for as long as a round lasts"
)]
enum Way<'s> {
    SmsOverHttp(SmsGateway<'s>),
    SmsIntoFiles(&'s Path),
    Mail(MailServer<'s>),
    MailIntoFiles(&'s Path, &'s Mailbox),
}

impl<'s> Gateways<'s> {
    fn new(settings: &'s Settings) -> Self {
        let fresh = |way| Gateway {
            way,
            failures_in_a_row: 0,
            is_usable: true,
        };
        let sms = settings.sms.as_ref().map(|sms| match sms {
            Sms::Http(http) => Way::SmsOverHttp(SmsGateway::new(http)),
            Sms::File(folder) => Way::SmsIntoFiles(folder),
        });
        let mail = settings.mail.as_ref().map(|mail| match mail {
            Mail::Smtp(smtp) => Way::Mail(MailServer::new(smtp)),
            Mail::File { folder, from } => Way::MailIntoFiles(folder, from),
        });
        Gateways {
            sms: sms.map(fresh),
            mail: mail.map(fresh),
        }
    }

    /// The gateway for a means, as long as it can be used.
    fn usable(&mut self, means: Means) -> Option<&mut Gateway<'s>> {
        let gateway = match means {
            Means::Sms => self.sms.as_mut(),
            Means::Email => self.mail.as_mut(),
            Means::Phone | Means::Letter | Means::InPerson | Means::Web => None,
        };
        gateway.filter(|gateway| gateway.is_usable)
    }

    fn means(&mut self) -> Vec<Means> {
        let all = [Means::Sms, Means::Email];
        all.into_iter()
            .filter(|means| self.usable(*means).is_some())
            .collect()
    }
}

impl Gateway<'_> {
    fn send(&mut self, letter: &Letter<'_>) -> Result<(), Refusal> {
        match &mut self.way {
            Way::SmsOverHttp(gateway) => gateway.send(letter),
            Way::SmsIntoFiles(folder) => write_sms(folder, letter),
            Way::Mail(server) => server.send(letter),
            Way::MailIntoFiles(folder, from) => write_mail(folder, letter, from),
        }
    }
}

/// One run.
struct Run<'s> {
    register_id: String,
    gateways: Gateways<'s>,
    settings: &'s Settings,
    clock: Clock,
    sent: Sent,
}

impl Run<'_> {
    /// Batch after batch, until nothing is due that was not tried.
    fn send_all(
        &mut self,
        register: &mut Register,
        watch: &mut dyn FnMut(Step),
    ) -> Result<(), NotifyError> {
        loop {
            let means = self.gateways.means();
            if means.is_empty() {
                return Ok(());
            }
            let served = served(self.settings);
            let not_behind: Vec<Means> =
                served.into_iter().filter(|m| !means.contains(m)).collect();
            let batch = register.claim_messages(&Claim {
                means: &means,
                not_behind: &not_behind,
                due: self.clock.now,
                now: self.clock.now(),
                limit: BATCH,
            })?;
            if batch.is_empty() {
                return Ok(());
            }
            // Cases of which a message of this batch did not go: what comes after it waits.
            let mut held = BTreeSet::new();
            for mut message in batch {
                let outcome = if message.case_key.is_some_and(|key| held.contains(&key)) {
                    register.give_back(&message, self.clock.now(), None)?;
                    Outcome::GivenBack
                } else {
                    self.send_one(register, &mut message)?
                };
                match outcome {
                    Outcome::Delivered | Outcome::Dead | Outcome::SettledElsewhere => {}
                    Outcome::Later | Outcome::GivenBack => held.extend(message.case_key),
                }
                self.count(outcome);
                watch(Step {
                    message_id: message.message_id,
                    outcome,
                });
            }
        }
    }

    fn send_one(
        &mut self,
        register: &mut Register,
        message: &mut Message,
    ) -> Result<Outcome, NotifyError> {
        let now = self.clock.now();
        let Some(gateway) = self.gateways.usable(message.means) else {
            register.give_back(message, now + PAUSE, None)?;
            return Ok(Outcome::GivenBack);
        };
        if !register.keep_claim(message, now)? {
            return Ok(Outcome::SettledElsewhere);
        }
        let (Some(to), Some(text)) = (&message.recipient, &message.body) else {
            // Erased between the claim and now; the erasure made it dead.
            return Ok(Outcome::SettledElsewhere);
        };
        let words = match message.means {
            Means::Email => Some(register.email_words(message, self.settings.language, now)?),
            Means::Sms | Means::Phone | Means::Letter | Means::InPerson | Means::Web => None,
        };
        let letter = Letter {
            message: &*message,
            to,
            text,
            key: delivery_key(&self.register_id, &message.idempotency_key),
            words,
            at: now,
        };
        let answer = gateway.send(&letter);
        gateway.failures_in_a_row = match &answer {
            Ok(()) | Err(Refusal::Never(_)) => 0,
            Err(Refusal::Later(_)) => gateway.failures_in_a_row + 1,
            Err(Refusal::Gateway(_)) => PATIENCE,
        };
        gateway.is_usable = gateway.failures_in_a_row < PATIENCE;
        if let (false, Err(why)) = (gateway.is_usable, &answer) {
            self.sent.faults.push(Fault {
                means: message.means,
                why: why.to_string(),
            });
        }
        self.record(register, message, answer)
    }

    fn record(
        &self,
        register: &mut Register,
        message: &Message,
        answer: Result<(), Refusal>,
    ) -> Result<Outcome, NotifyError> {
        let id = message.message_id;
        let outcome = match answer {
            Ok(()) => patiently(|| register.message_delivered(id, self.clock.now()))
                .map(|()| Outcome::Delivered),
            Err(Refusal::Gateway(why)) => patiently(|| {
                register.give_back(message, self.clock.now() + PAUSE, Some(why.as_str()))
            })
            .map(|_| Outcome::GivenBack),
            Err(Refusal::Later(why)) => self.failed(register, id, &why, false),
            Err(Refusal::Never(why)) => self.failed(register, id, &why, true),
        };
        Ok(outcome?)
    }

    fn failed(
        &self,
        register: &mut Register,
        id: i64,
        why: &str,
        for_good: bool,
    ) -> Result<Outcome, RegisterError> {
        match patiently(|| register.message_failed(id, why, for_good, self.clock.now())) {
            Ok(MessageState::Dead) => Ok(Outcome::Dead),
            Ok(MessageState::Queued | MessageState::Sent | MessageState::Failed) => {
                Ok(Outcome::Later)
            }
            // It was given up, or another process sent it, while the gateway was asked.
            Err(RegisterError::Invalid { .. }) => Ok(Outcome::SettledElsewhere),
            Err(error) => Err(error),
        }
    }

    const fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Delivered => self.sent.delivered += 1,
            Outcome::Later | Outcome::GivenBack => self.sent.later += 1,
            Outcome::Dead => self.sent.dead += 1,
            Outcome::SettledElsewhere => self.sent.settled_elsewhere += 1,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", name_of(self.means), self.why)
    }
}

/// Records again and again while another process writes: what a gateway took must not be forgotten.
fn patiently<T>(mut record: impl FnMut() -> Result<T, RegisterError>) -> Result<T, RegisterError> {
    let mut tries = 1;
    loop {
        match record() {
            Err(RegisterError::Busy { .. }) if tries < RECORD_TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}
