//! What runs beside the pages, in threads of its own: messages and the nightly batch. Each is told when the server
//! ends.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use super::super::config::Config;
use super::super::notify;
use super::program;

/// How often waiting messages are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(15);

const DAY: Duration = Duration::from_secs(86_400);

/// How often it is asked whether a batch has ended.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// How long a batch has to heed that it is to end.
const HEEDS_WITHIN: Duration = Duration::from_secs(10);

/// The jobs that were begun.
#[derive(Default)]
pub struct Jobs {
    end: Arc<End>,
    threads: Vec<JoinHandle<()>>,
}

/// The word that the server ends.
#[derive(Default)]
struct End {
    said: Mutex<bool>,
    heard: Condvar,
}

impl End {
    fn say(&self) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_all();
    }

    /// Waits for this time; `true` when the server ends meanwhile.
    fn within(&self, time: Duration) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let (said, _) = self
            .heard
            .wait_timeout_while(said, time, |said| !*said)
            .unwrap_or_else(PoisonError::into_inner);
        *said
    }
}

impl Jobs {
    /// Sends what waits, again and again: a slow gateway holds up no page.
    ///
    /// # Errors
    /// When the settings of the gateways do not fit.
    pub fn messages(&mut self, config: &Config) -> anyhow::Result<()> {
        let settings = notify::settings(config)?;
        let register = config.register.clone();
        self.begin(move |end| {
            loop {
                if let Err(error) = notify::round(&register, &settings, Utc::now()) {
                    tracing::warn!(%error, "messages");
                }
                if end.within(LOOK_EVERY) {
                    return;
                }
            }
        });
        Ok(())
    }

    /// The nightly batch at a local time of day.
    pub fn nightly(&mut self, config: Config, at: NaiveTime, zone: Tz) {
        self.begin(move |end| {
            while !end.within(until(at, zone, Utc::now())) {
                let begun = program(&config).and_then(|mut command| {
                    command
                        .args(["run", "--log-format", super::log_format()])
                        .spawn()
                        .map_err(|e| format!("the batch could not be begun: {e}"))
                });
                match begun {
                    Ok(batch) => attend(batch, end),
                    Err(error) => tracing::error!(error, "the nightly batch"),
                }
            }
        });
    }

    fn begin(&mut self, job: impl FnOnce(&End) + Send + 'static) {
        let end = Arc::clone(&self.end);
        self.threads.push(std::thread::spawn(move || job(&end)));
    }

    /// Tells every job that the server ends, and waits for them, at most this long. A message that is under way is
    /// told to its case; whatever is left undone the next server finds.
    pub fn end(self, within: Duration) {
        self.end.say();
        let until = Instant::now() + within;
        while Instant::now() < until && self.threads.iter().any(|thread| !thread.is_finished()) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let late = self.threads.iter().filter(|t| !t.is_finished()).count();
        if late > 0 {
            tracing::warn!(late, "some jobs did not finish in time");
        }
    }
}

/// Waits for a batch. When the server ends, so does the batch: it may be broken off at any moment, its snapshot
/// appears by one rename.
fn attend(mut batch: Child, end: &End) {
    loop {
        match batch.try_wait() {
            Ok(Some(status)) if status.success() => return,
            Ok(Some(status)) => {
                tracing::warn!(%status, "the nightly batch");
                return;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "the nightly batch");
                return;
            }
        }
        if end.within(ASK_EVERY) {
            tracing::warn!("the nightly batch is broken off: the server ends");
            break_off(batch);
            return;
        }
    }
}

/// Asks a batch to end, so that it can tell a store that it reads from; kills it when it does not heed.
fn break_off(mut batch: Child) {
    let asked = Command::new("kill")
        .args(["-TERM", &batch.id().to_string()])
        .stderr(Stdio::null())
        .status();
    let until = Instant::now() + HEEDS_WITHIN;
    while asked.as_ref().is_ok_and(ExitStatus::success) && Instant::now() < until {
        match batch.try_wait() {
            Ok(None) => std::thread::sleep(ASK_EVERY),
            Ok(Some(_)) | Err(_) => return,
        }
    }
    let _ = batch.kill();
    let _ = batch.wait();
}

/// The time until the next such moment of the day in a zone; at least a minute, so that no batch runs twice. Where clocks
/// are put forward over it, the batch waits for the day after.
fn until(at: NaiveTime, zone: Tz, now: DateTime<Utc>) -> Duration {
    let today = now.with_timezone(&zone).date_naive();
    (0..3)
        .filter_map(|days| {
            let day = today.checked_add_days(Days::new(days))?;
            let next = zone.from_local_datetime(&day.and_time(at)).earliest()?;
            let wait = next.with_timezone(&Utc) - now;
            (wait >= TimeDelta::minutes(1)).then_some(wait)
        })
        .find_map(|wait| wait.to_std().ok())
        .unwrap_or(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_batch_waits_for_its_time_of_day_where_the_register_is() {
        let at = NaiveTime::from_hms_opt(2, 30, 0).unwrap();
        let wait = |zone: Tz, now: &str| until(at, zone, now.parse().unwrap()).as_secs();
        // Istanbul is three hours before UTC all the year.
        let istanbul = chrono_tz::Europe::Istanbul;
        assert_eq!(wait(istanbul, "2026-03-02T20:30:00Z"), 3 * 3_600);
        assert_eq!(wait(istanbul, "2026-03-02T23:28:00Z"), 120);
        // Begun at its time, it waits for the next night.
        assert_eq!(wait(istanbul, "2026-03-02T23:29:30Z"), 86_400 + 30);
        assert_eq!(wait(istanbul, "2026-03-02T23:30:00Z"), 86_400);
        // On 29 March 2026 Berlin has no 02:30, on 25 October it has two.
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(wait(berlin, "2026-03-28T23:30:00Z"), 25 * 3_600);
        assert_eq!(wait(berlin, "2026-10-24T22:30:00Z"), 2 * 3_600);
    }

    #[test]
    fn a_job_that_waits_ends_when_it_is_told() {
        let mut jobs = Jobs::default();
        let (said, heard) = std::sync::mpsc::channel();
        jobs.begin(move |end| {
            let told = end.within(Duration::from_secs(600));
            said.send(told).unwrap();
        });
        jobs.end(Duration::from_secs(60));
        assert!(heard.recv().unwrap(), "it slept on");
    }

    #[test]
    fn a_batch_that_runs_is_stopped() {
        let end = End::default();
        end.say();
        let batch = Command::new("sleep").arg("600").spawn();
        // It comes back at all: the batch would take ten minutes.
        attend(batch.unwrap(), &end);
    }
}
