//! A pack that is being built, in a thread of its own: one at a time for each folder of packs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::app::Settings;
use redress_domain::vocabulary::Language;

/// A pack that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub period: String,
    pub language: Language,
    pub began_at: DateTime<Utc>,
    pub stage: Stage,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    Running,
    /// Its folder.
    Done(PathBuf),
    /// The builder's own sentence.
    Failed(String),
}

/// The last job of each folder of packs.
static JOBS: Mutex<BTreeMap<PathBuf, Job>> = Mutex::new(BTreeMap::new());

/// The last job of a folder of packs; `None` when there was none since the server began.
pub fn job(out: &Path) -> Option<Job> {
    held().get(out).cloned()
}

/// Begins to build a pack, unless one is being built; answers whether it was begun.
pub fn begin(settings: &Settings, period: &str, language: Language, now: DateTime<Utc>) -> bool {
    let mut jobs = held();
    let runs = jobs
        .get(&settings.out)
        .is_some_and(|job| job.stage == Stage::Running);
    if runs {
        return false;
    }
    let job = Job {
        period: period.to_owned(),
        language,
        began_at: now,
        stage: Stage::Running,
    };
    jobs.insert(settings.out.clone(), job);
    drop(jobs);
    let end = End {
        out: settings.out.clone(),
        stage: Stage::Failed("the builder ended without an answer".to_owned()),
    };
    let (packs, period) = (settings.packs.clone(), period.to_owned());
    std::thread::spawn(move || {
        let mut end = end;
        end.stage = match packs(&period, language) {
            Ok(folder) => Stage::Done(folder),
            Err(why) => {
                tracing::warn!(%period, %language, %why, "a review could not be built");
                Stage::Failed(why)
            }
        };
    });
    true
}

/// Says how a job ended, also when its thread ends by a panic.
struct End {
    out: PathBuf,
    stage: Stage,
}

impl Drop for End {
    fn drop(&mut self) {
        let stage = std::mem::replace(&mut self.stage, Stage::Running);
        if let Some(job) = held().get_mut(&self.out) {
            job.stage = stage;
        }
    }
}

fn held() -> MutexGuard<'static, BTreeMap<PathBuf, Job>> {
    JOBS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::{Duration, Instant};

    use super::*;

    /// Settings whose builder waits for its answer.
    fn settings(out: &str, answers: Receiver<Result<PathBuf, String>>) -> Settings {
        let answers = Mutex::new(answers);
        Settings {
            register: PathBuf::new(),
            lake: PathBuf::new(),
            out: PathBuf::from(out),
            organisation: String::new(),
            language: Language::En,
            currency: None,
            rules: Arc::new(|| Err("no rules".to_owned())),
            packs: Arc::new(move |_, _| match answers.lock() {
                Ok(answers) => answers.recv().expect("an answer"),
                Err(_) => Err("poisoned".to_owned()),
            }),
            secure_cookies: false,
            address_header: None,
            trusted_origins: Vec::new(),
        }
    }

    fn ended(out: &str) -> Stage {
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            match job(Path::new(out)) {
                Some(job) if job.stage != Stage::Running => return job.stage,
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        panic!("the job did not end");
    }

    #[test]
    fn one_pack_is_built_at_a_time() {
        let out = "packs of the first test";
        let (answer, answers) = channel();
        let settings = settings(out, answers);
        let now = DateTime::UNIX_EPOCH;
        assert!(begin(&settings, "2026-Q3", Language::En, now));
        assert!(!begin(&settings, "2026-Q2", Language::En, now));
        assert_eq!(job(Path::new(out)).unwrap().period, "2026-Q3");
        answer.send(Ok(PathBuf::from("2026-Q3-en"))).unwrap();
        assert_eq!(ended(out), Stage::Done(PathBuf::from("2026-Q3-en")));
        assert!(begin(&settings, "2026-Q2", Language::Tr, now));
        answer.send(Err("nothing was received".to_owned())).unwrap();
        assert_eq!(ended(out), Stage::Failed("nothing was received".to_owned()));
    }

    #[test]
    fn a_builder_that_panics_has_failed() {
        let out = "packs of the second test";
        let (answer, answers) = channel();
        let settings = settings(out, answers);
        drop(answer);
        assert!(begin(
            &settings,
            "2026-Q3",
            Language::En,
            DateTime::UNIX_EPOCH
        ));
        assert!(matches!(ended(out), Stage::Failed(_)));
    }
}
