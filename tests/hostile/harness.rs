//! Tries a target with many inputs, each bounded in time: no panic, no input without an end, and what the target says of
//! its results holds.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use super::mutate;
use super::random::Random;

/// Inputs of a run of all targets without `REDRESS_HOSTILE`.
const FEW: u64 = 20_000;

/// How long one input may take before it counts as one without an end. The slowest good one takes some milliseconds.
const GUARD: Duration = Duration::from_secs(120);

/// The stack of the threads in which the server answers and the extract reads.
const STACK: usize = 2 * 1024 * 1024;

/// What is tried.
#[derive(Clone)]
pub struct Target {
    /// Its folder of the corpus.
    pub name: &'static str,
    /// In a thousand of all inputs.
    pub share: u64,
    /// Good inputs, beside those of the corpus.
    pub seeds: Vec<Vec<u8>>,
    /// What stands in its inputs.
    pub words: &'static [&'static str],
}

/// What became of an input that did no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Read,
    Refused,
}

/// What went wrong.
#[derive(Debug)]
pub struct Finding {
    pub input: Vec<u8>,
    pub why: String,
}

/// How often what was seen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub read: u64,
    pub refused: u64,
}

/// A place of work for one target: made once in the thread, asked for each input.
pub type Try = Box<dyn FnMut(&[u8]) -> Result<Seen, String>>;

/// Tries a target with its share of the inputs. Panics with what was found, and where the input lies.
pub fn attack(target: Target, begin: fn() -> Try) {
    let count = inputs() * target.share / 1_000;
    attack_some(target, count, begin);
}

/// The same with so many inputs.
pub fn attack_some(target: Target, count: u64, begin: fn() -> Try) {
    let name = target.name;
    let began = Instant::now();
    match search(target, count, GUARD, begin) {
        Ok(tally) => {
            if std::env::var_os("REDRESS_HOSTILE").is_some() {
                let all = tally.read + tally.refused;
                let rate = all as f64 / began.elapsed().as_secs_f64().max(1e-6);
                println!(
                    "{name}: {all} inputs, {} read, {} refused, {rate:.0} a second",
                    tally.read, tally.refused
                );
            }
            // A harness that is refused at the door tries nothing.
            assert!(tally.read > 0, "{name}: every input was refused");
            assert!(
                tally.refused > 0,
                "{name}: no input was refused; are they hostile at all?"
            );
        }
        Err(finding) => {
            let place = keep(name, &finding.input);
            panic!(
                "{name}: {}\nthe input ({} bytes) lies at {}; when it is mended, add it to tests/hostile/corpus/{name}/",
                finding.why,
                finding.input.len(),
                place.display()
            );
        }
    }
}

/// The inputs of the corpus and then `count` made ones.
pub fn search(
    target: Target,
    count: u64,
    guard: Duration,
    begin: fn() -> Try,
) -> Result<Tally, Finding> {
    let current = Arc::new(Mutex::new(Vec::new()));
    let tried = Arc::new(AtomicU64::new(0));
    let (answer, answers) = mpsc::channel();
    let (theirs, counted) = (Arc::clone(&current), Arc::clone(&tried));
    let worker = std::thread::Builder::new()
        .name(format!("hostile-{}", target.name))
        .stack_size(STACK)
        .spawn(move || {
            let outcome = work(&target, count, begin, |input| {
                *theirs.lock().unwrap_or_else(PoisonError::into_inner) = input.to_vec();
                counted.fetch_add(1, Ordering::Relaxed);
            });
            // Nobody waits any more where an earlier input took too long.
            let _ = answer.send(outcome);
        })
        .expect("a thread");
    let mut before = u64::MAX;
    loop {
        match answers.recv_timeout(guard) {
            Ok(outcome) => return outcome,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let now = tried.load(Ordering::Relaxed);
                if now == before {
                    let input = current
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .clone();
                    let why = format!("an input took longer than {guard:?}");
                    return Err(Finding { input, why });
                }
                before = now;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let why = match worker.join() {
                    Ok(()) => "the thread ended without an answer".to_owned(),
                    Err(panic) => said(&*panic),
                };
                let input = Vec::new();
                return Err(Finding { input, why });
            }
        }
    }
}

fn work(
    target: &Target,
    count: u64,
    begin: fn() -> Try,
    watch: impl Fn(&[u8]),
) -> Result<Tally, Finding> {
    let mut try_one = begin();
    let known = corpus(target.name);
    let mut seeds = target.seeds.clone();
    seeds.extend(known.iter().map(|(_, bytes)| bytes.clone()));
    let seed = number("REDRESS_HOSTILE_SEED").unwrap_or(1);
    let mut tally = Tally::default();
    let trace = std::env::var_os("REDRESS_HOSTILE_TRACE").map(PathBuf::from);
    let mut one = |input: &[u8]| -> Result<(), Finding> {
        watch(input);
        if let Some(trace) = &trace {
            // For what ends the whole process: the last one written is the one.
            std::fs::write(trace, input).expect("the trace can be written");
        }
        match guarded(&mut try_one, input) {
            Ok(Seen::Read) => tally.read += 1,
            Ok(Seen::Refused) => tally.refused += 1,
            Err(why) => {
                let input = smaller(&mut try_one, input.to_vec());
                return Err(Finding { input, why });
            }
        }
        Ok(())
    };
    for input in &seeds {
        one(input)?;
    }
    for place in 0..count {
        let mut random = Random::of(seed, target.name, place);
        one(&mutate::input(&mut random, &seeds, target.words))?;
    }
    Ok(tally)
}

/// What became of an input; a panic is an error.
fn guarded(try_one: &mut Try, input: &[u8]) -> Result<Seen, String> {
    match catch_unwind(AssertUnwindSafe(|| try_one(input))) {
        Ok(outcome) => outcome,
        Err(panic) => Err(said(&*panic)),
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let words = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("a panic: {}", words.unwrap_or_default())
}

/// The input without the parts that the fault does not need.
fn smaller(try_one: &mut Try, mut input: Vec<u8>) -> Vec<u8> {
    let mut tries = 0;
    let mut part = input.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < input.len() && tries < 5_000 {
            tries += 1;
            let mut without = input.clone();
            without.drain(at..(at + part).min(input.len()));
            if guarded(try_one, &without).is_err() {
                input = without;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    input
}

/// Writes an input where it can be fetched.
fn keep(target: &str, input: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join("redress-hostile").join(target);
    let sum = input.iter().fold(0xCBF2_9CE4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let place = folder.join(format!("{sum:016x}"));
    let _ = std::fs::create_dir_all(&folder);
    let _ = std::fs::write(&place, input);
    place
}

/// The files of a target's folder, by name.
pub fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/hostile/corpus")
        .join(target);
    let mut found: Vec<(String, Vec<u8>)> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries
            .map(|entry| entry.expect("an entry").path())
            .map(|path| {
                let name = path.file_name().unwrap_or_default();
                let bytes = std::fs::read(&path).expect("a file of the corpus");
                (name.to_string_lossy().into_owned(), bytes)
            })
            .collect(),
        Err(_) => Vec::new(),
    };
    found.sort();
    found
}

/// Inputs of all targets together.
pub fn inputs() -> u64 {
    number("REDRESS_HOSTILE").unwrap_or(FEW)
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
    )
}
