//! What outsiders and careless people can hand to the program, by the thousand: mails, tables, event logs, settings,
//! queries, requests and histories that are nearly right. No input breaks it, none takes for ever, none makes it grow, and
//! what it takes from them holds together. `docs/testing.md` says how to run the long form and how to add a finding.

mod api;
mod bombs;
mod folds;
mod harness;
mod lines;
mod mails;
mod mutate;
mod pages;
mod queries;
mod random;
mod settings;
mod tables;

use std::time::Duration;

use harness::{Seen, Target, Try, search};

/// A target of its own, for trying the harness.
fn target() -> Target {
    Target {
        name: "none",
        share: 1,
        seeds: vec![b"a plain line\n".to_vec()],
        words: &["needle"],
    }
}

/// Breaks on a word that no seed has.
fn breaks() -> Try {
    Box::new(|input| {
        let found = input.windows(6).any(|part| part == b"needle");
        assert!(!found, "the needle");
        Ok(Seen::Read)
    })
}

/// Says that something does not hold where a byte is no ASCII.
fn objects() -> Try {
    Box::new(|input| match input.is_ascii() {
        true => Ok(Seen::Read),
        false => Err("not ASCII".to_owned()),
    })
}

/// Never comes back from a word.
fn hangs() -> Try {
    Box::new(|input| {
        if input.windows(6).any(|part| part == b"needle") {
            loop {
                std::thread::park();
            }
        }
        Ok(Seen::Read)
    })
}

#[test]
fn the_harness_finds_what_is_planted_and_makes_it_small() {
    let guard = Duration::from_secs(60);
    let finding = search(target(), 20_000, guard, breaks).expect_err("a panic");
    assert!(finding.why.contains("the needle"), "{}", finding.why);
    assert_eq!(finding.input, b"needle");
    let finding = search(target(), 20_000, guard, objects).expect_err("an objection");
    assert_eq!(finding.why, "not ASCII");
    assert_eq!(finding.input.len(), 1);
}

#[test]
fn the_harness_ends_an_input_that_does_not() {
    let guard = Duration::from_secs(1);
    let finding = search(target(), 20_000, guard, hangs).expect_err("an end");
    assert!(finding.why.contains("took longer"), "{}", finding.why);
    assert!(finding.input.windows(6).any(|part| part == b"needle"));
}

/// The same inputs on every machine: a finding can be shown again by its target and seed.
#[test]
fn the_inputs_are_the_same_in_every_run() {
    let seeds = [b"one, two\nthree\n".to_vec(), b"four".to_vec()];
    let made = || -> Vec<Vec<u8>> {
        (0..200)
            .map(|place| {
                let mut random = random::Random::of(1, "x", place);
                mutate::input(&mut random, &seeds, &["five"])
            })
            .collect()
    };
    let inputs = made();
    assert_eq!(inputs, made());
    let distinct: std::collections::BTreeSet<&Vec<u8>> = inputs.iter().collect();
    assert!(distinct.len() > 150, "{} distinct inputs", distinct.len());
    assert!(inputs.iter().all(|input| input.len() <= mutate::LONGEST));
}
