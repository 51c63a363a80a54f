//! Commands broken off at their calls to the disk: killed, refused, torn, out of room, without power. Afterwards the
//! register opens and is clean, what was told to be done is there, what was told to have failed left nothing, what stood
//! before stands, and the command goes through when it is run again.

use std::collections::BTreeMap;

use super::full;
use super::hits::{Hits, phase};
use super::jobs::{House, Job};
use super::shim::{Call, Deed, Shim, Wrong, shim};

/// Hits that each phase gets in the long form.
const LEAST: u32 = 20;

/// One try. What is wrong afterwards, each with where it came from.
fn tried(
    shim: &Shim,
    job: Job,
    at: usize,
    deed: Deed,
    wrong: Option<Wrong>,
    hits: &mut Hits,
) -> Vec<String> {
    let house = House::new(job);
    let ran = shim.run(house.at(), &mut house.command(), at, Some(deed), wrong);
    let said = String::from_utf8_lossy(&ran.output.stderr).into_owned();
    let place = match &ran.hit {
        Some(Call { name, path }) => {
            hits.add(name, path);
            format!("{name} of {path}")
        }
        None => "nothing".to_owned(),
    };
    let mut faults = house.fallen();
    match ran.output.status.code() {
        Some(0) => faults.extend(house.undone()),
        Some(1..=99) if said.trim().is_empty() => {
            faults.push("it failed without a word".to_owned())
        }
        // A disk that is gone keeps what it has: nobody can take anything back then.
        Some(1..=99) if deed == Deed::Dead => {}
        Some(1..=99) => faults.extend(house.left()),
        Some(code) => faults.push(format!("it ended with {code}: {said}")),
        // Killed.
        None => {}
    }
    if said.contains("panicked") {
        faults.push(said.clone());
    }
    faults.extend(house.again());
    faults
        .into_iter()
        .map(|fault| {
            format!(
                "{job:?}, {deed:?} at call {at} ({place}): {fault} [{}]",
                said.trim()
            )
        })
        .collect()
}

/// The calls at which a job is broken off: some of every phase, the first and the last among them.
fn places(calls: &[Call], of_each: usize) -> Vec<usize> {
    let mut phases: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, call) in calls.iter().enumerate() {
        phases.entry(phase(&call.path)).or_default().push(place + 1);
    }
    let mut chosen = Vec::new();
    for places in phases.values() {
        // A phase of few calls has each of them hit several times.
        for turn in 0..of_each {
            let at = match of_each {
                1 => places.len() / 2,
                _ => turn * (places.len() - 1) / (of_each - 1),
            };
            chosen.extend(places.get(at));
        }
    }
    chosen
}

/// Breaks a job off at many calls; `of_each` places of every phase in the long form, and a handful in the short one.
fn broken_off(job: Job, of_each: usize) {
    let Some(shim) = shim() else { return };
    let house = House::new(job);
    let whole = shim.run(house.at(), &mut house.command(), 0, None, None);
    let said = String::from_utf8_lossy(&whole.output.stderr);
    assert!(whole.output.status.success(), "{job:?}: {said}");
    assert_eq!(house.undone(), [""; 0], "{job:?}");
    let mut hits = Hits::default();
    let mut faults = Vec::new();
    let mut tries = 0;
    if full() {
        for at in places(&whole.calls, of_each) {
            for deed in Deed::ALL {
                faults.extend(tried(shim, job, at, deed, None, &mut hits));
                tries += 1;
            }
        }
    } else {
        let chosen = places(&whole.calls, 1);
        // Each in another way, so that all ways come by in every run of all jobs.
        for (turn, at) in chosen.iter().rev().take(4).enumerate() {
            let deed = Deed::ALL[(turn * 2 + job as usize) % Deed::ALL.len()];
            faults.extend(tried(shim, job, *at, deed, None, &mut hits));
            tries += 1;
        }
    }
    // The power goes when the command has just said that it is done.
    faults.extend(tried(
        shim,
        job,
        usize::MAX >> 1,
        Deed::Cut,
        None,
        &mut hits,
    ));
    println!("{job:?}: {} calls, {tries} tries", whole.calls.len());
    hits.report(job);
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
    if full() {
        for (phase, times) in hits.phases() {
            let is_small = phase == phase_of_the_end();
            assert!(
                is_small || times >= LEAST,
                "{job:?}: {phase} was hit {times} times only"
            );
        }
    }
}

/// What the shim names the end of the program.
fn phase_of_the_end() -> String {
    phase("-")
}

#[test]
fn registering_broken_off_leaves_a_whole_register() {
    broken_off(Job::Register, 12);
}

#[test]
fn a_note_broken_off_leaves_a_whole_register() {
    broken_off(Job::Note, 8);
}

#[test]
fn attaching_broken_off_leaves_a_whole_register_and_no_half_file() {
    broken_off(Job::Attach, 8);
}

#[test]
fn taking_mails_in_broken_off_loses_no_mail_and_takes_none_twice() {
    broken_off(Job::ImportMail, 8);
}

#[test]
fn a_backup_broken_off_leaves_the_old_one_and_no_half_one() {
    broken_off(Job::Backup, 8);
}

#[test]
fn an_extract_broken_off_leaves_the_old_snapshot_and_no_half_one() {
    broken_off(Job::Extract, 10);
}

#[test]
fn a_review_broken_off_leaves_the_old_pack_and_no_half_one() {
    broken_off(Job::Pack, 4);
}

#[test]
fn sending_to_files_broken_off_loses_no_message() {
    broken_off(Job::NotifyFile, 8);
}

#[test]
fn sending_by_a_gateway_broken_off_loses_no_message() {
    broken_off(Job::NotifySms, 8);
}

/// A program that copies where it should rename shows half a snapshot, and a `latest` that leads nowhere: the harness
/// sees both.
#[test]
fn a_program_without_atomic_renames_is_found_out() {
    let Some(shim) = shim() else { return };
    let wrong = Some(Wrong::Rename);
    let house = House::new(Job::Extract);
    let whole = shim.run(house.at(), &mut house.command(), 0, None, wrong);
    assert!(whole.output.status.success());
    let copies: Vec<usize> = whole
        .calls
        .iter()
        .enumerate()
        .filter(|(_, call)| call.name == "copy")
        .map(|(place, _)| place + 1)
        .collect();
    let (Some(middle), Some(last)) = (copies.get(copies.len() / 2), copies.last()) else {
        panic!("no rename was seen");
    };
    for (at, wanted) in [(middle, "it is missing"), (last, "latest")] {
        let mut hits = Hits::default();
        let faults = tried(shim, Job::Extract, *at, Deed::Kill, wrong, &mut hits);
        assert!(
            faults.iter().any(|fault| fault.contains(wanted)),
            "call {at}: {faults:?}"
        );
    }
}

/// A program that tells of a success before the disk has it loses a case when the power goes.
#[test]
fn a_program_that_does_not_flush_is_found_out() {
    let Some(shim) = shim() else { return };
    let mut hits = Hits::default();
    let at = usize::MAX >> 1;
    let faults = tried(
        shim,
        Job::Register,
        at,
        Deed::Cut,
        Some(Wrong::Sync),
        &mut hits,
    );
    let lost = "it said that it succeeded, but the case is not there";
    assert!(
        faults.iter().any(|fault| fault.contains(lost)),
        "{faults:?}"
    );
}

/// A program whose log is not written loses a case at once.
#[test]
fn a_program_that_does_not_write_its_log_is_found_out() {
    let Some(shim) = shim() else { return };
    let house = House::new(Job::Register);
    let ran = shim.run(house.at(), &mut house.command(), 0, None, Some(Wrong::Log));
    assert!(ran.output.status.success(), "it believes what it is told");
    let mut faults = house.fallen();
    faults.extend(house.undone());
    assert!(!faults.is_empty());
}
