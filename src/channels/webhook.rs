//! Webhooks: what happened to cases and actions goes to the addresses that asked for it, as the Standard Webhooks
//! specification has it (<https://www.standardwebhooks.com/>), signed, in order for each subject, at least once.
//!
//! `docs/api.md` says what a receiver has to do.

mod address;
mod post;
mod sign;

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use address::AddressFault;
use post::{Posted, post};
use redress_plain::base64::base64;
use redress_register::{ClaimedDelivery, MessageState, Register, RegisterError, Webhook};

/// Deliveries claimed at once: few enough that their claims outlast the sending.
const BATCH: u32 = 8;
/// Failures in a row after which a webhook is left alone for the rest of the run.
const PATIENCE: u32 = 3;
/// Deliveries of one run; the rest waits for the next.
const MOST: u64 = 2_000;
/// How often a record is tried while another process writes.
const RECORD_TRIES: u32 = 5;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Events that were queued for a webhook.
    pub queued: u64,
    pub delivered: u64,
    /// Deliveries that are tried again later.
    pub later: u64,
    /// Deliveries that were given up: `redress webhook deliveries --state dead`.
    pub dead: u64,
    /// Webhooks that were left alone after failures in a row.
    pub left_alone: Vec<String>,
}

/// Why an address cannot be a webhook's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address `{url}` is no webhook's: {why}")]
pub struct BadUrl {
    url: String,
    why: AddressFault,
}

/// Checks the address of a webhook that is to be added.
///
/// # Errors
/// When it is no `https` address, has a user or a fragment, or leads to a private network without leave.
pub fn check_url(url: &str, allows_private: bool) -> Result<(), BadUrl> {
    address::check(url, allows_private).map_err(|why| BadUrl {
        url: url.to_owned(),
        why,
    })
}

/// A webhook's secret as the specification writes it: `whsec_` and base64.
pub fn secret_text(secret: &[u8]) -> String {
    format!("{}{}", sign::SECRET_PREFIX, base64(secret))
}

/// Queues what happened since, and tells what is due at `now`. It blocks as long as the receivers take; to be called in
/// the background.
///
/// # Errors
/// When the register cannot be read or written. What was told before is recorded.
pub fn tell(register: &mut Register, now: DateTime<Utc>) -> Result<Told, RegisterError> {
    let clock = Clock {
        began: Instant::now(),
        now,
    };
    let mut told = Told {
        queued: register.queue_deliveries(now)?,
        ..Told::default()
    };
    let mut failures: Vec<(i64, String, u32)> = Vec::new();
    while told.delivered + told.later + told.dead < MOST {
        let left_alone: Vec<i64> = failures
            .iter()
            .filter(|(_, _, in_a_row)| *in_a_row >= PATIENCE)
            .map(|(id, _, _)| *id)
            .collect();
        let batch = register.claim_deliveries(now, clock.now(), &left_alone, BATCH)?;
        if batch.is_empty() {
            break;
        }
        for claimed in batch {
            let place = place_of(&mut failures, &claimed.webhook);
            let is_left_alone = failures
                .get(place)
                .is_some_and(|(_, _, in_a_row)| *in_a_row >= PATIENCE);
            if is_left_alone {
                register.give_back_delivery(claimed.delivery.delivery_id, clock.now())?;
                continue;
            }
            let posted = post(&claimed, clock.now());
            if let Some((_, _, in_a_row)) = failures.get_mut(place) {
                *in_a_row = match &posted {
                    Posted::Taken => 0,
                    Posted::Later(_) | Posted::Never(_) => *in_a_row + 1,
                };
            }
            match record(register, &claimed, &posted, clock.now())? {
                MessageState::Sent => told.delivered += 1,
                MessageState::Queued | MessageState::Failed => told.later += 1,
                MessageState::Dead => told.dead += 1,
            }
        }
    }
    told.left_alone = failures
        .into_iter()
        .filter(|(_, _, in_a_row)| *in_a_row >= PATIENCE)
        .map(|(_, name, _)| name)
        .collect();
    Ok(told)
}

/// Sends a webhook a trial event, past the queue; answers what it said, or why nothing came.
///
/// # Errors
/// What the receiver answered instead of a yes, or why it could not be reached.
pub fn try_out(webhook: &Webhook, secret: &[u8], now: DateTime<Utc>) -> Result<(), String> {
    match post::ping(webhook, secret, now) {
        Posted::Taken => Ok(()),
        Posted::Later(why) | Posted::Never(why) => Err(why),
    }
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

/// Where a webhook's failures in a row are counted.
fn place_of(failures: &mut Vec<(i64, String, u32)>, webhook: &Webhook) -> usize {
    let found = failures
        .iter()
        .position(|(id, _, _)| *id == webhook.webhook_id);
    found.unwrap_or_else(|| {
        failures.push((webhook.webhook_id, webhook.name.clone(), 0));
        failures.len() - 1
    })
}

/// Records what became of a delivery, again and again while another process writes.
fn record(
    register: &mut Register,
    claimed: &ClaimedDelivery,
    posted: &Posted,
    now: DateTime<Utc>,
) -> Result<MessageState, RegisterError> {
    let id = claimed.delivery.delivery_id;
    let mut tries = 1;
    loop {
        let outcome = match posted {
            Posted::Taken => register.delivery_done(id, now).map(|()| MessageState::Sent),
            Posted::Later(why) => register.delivery_failed(id, why, false, now),
            Posted::Never(why) => register.delivery_failed(id, why, true, now),
        };
        match outcome {
            Err(RegisterError::Busy { .. }) if tries < RECORD_TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}
