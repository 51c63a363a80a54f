//! Complaints about several matters.

use super::*;

const LID: &str = "the lid of the ten litre tin leaks and the paint ran over the carpet.";
const INVOICE: &str = "we were charged twice for one invoice and nobody returns our calls.";
const COURIER: &str = "your courier drove backwards into the sign before our shop.";

/// Texts among others that have nothing to do with them: the problems of the texts.
fn among_others(texts: &[String]) -> Vec<Option<u32>> {
    let mut all = texts.to_vec();
    all.extend(complaints(100, 1));
    let mut found = run(&all).problem_of;
    found.truncate(texts.len());
    found
}

fn told(matters: &[&str]) -> String {
    matters.join(" ")
}

#[test]
fn a_complaint_about_several_matters_is_no_bridge() {
    let all = told(&[LID, COURIER, INVOICE]);
    let again = all.replace("charged", "chraged");
    let found = among_others(&[told(&[LID]), told(&[INVOICE]), all.clone(), again.clone()]);
    assert_ne!(found[0], found[1]);
    assert_eq!(found[2], found[3]);
    assert!(found[2] == found[0] || found[2] == found[1]);
    // In any order.
    let turned = among_others(&[again, told(&[INVOICE]), all, told(&[LID])]);
    assert_ne!(turned[1], turned[3]);
    assert_eq!(turned[0], turned[2]);
}

#[test]
fn nor_is_it_one_in_the_nightly_run() {
    let mut old = vec![told(&[LID, INVOICE]), told(&[LID])];
    old.extend(complaints(100, 1));
    let first = run(&old);
    assert_eq!(first.problem_of[0], first.problem_of[1]);
    let (problem_of, theme_of) = (first.problem_of.clone(), first.theme_of.clone());
    let mut state = State::of(first);
    let standing = Standing {
        problem_of: &problem_of,
        theme_of: &theme_of,
        ..Standing::default()
    };
    let new = [told(&[INVOICE]), told(&[LID, "please answer."])];
    let next = extend(&mut state, &standing, &plain(&new), &Options::default());
    let next = next.expect("extension").problem_of;
    assert_ne!(next[old.len()], problem_of[0]);
    assert_eq!(next[old.len() + 1], problem_of[0]);
}

#[test]
fn two_wordings_that_an_analyst_made_one_both_go_on_growing() {
    let other = "paint everywhere in the boot, because its cover does not close.";
    let new = [
        format!("good morning, {LID}"),
        format!("good morning, {other}"),
    ];
    let mut old = vec![LID.to_owned(), other.to_owned()];
    old.extend(complaints(100, 1));

    let mut all = plain(&old);
    all[0].anchor = Some(3);
    all[1].anchor = Some(3);
    let first = cluster(&all, &Options::default());
    let (problem_of, theme_of) = (first.problem_of.clone(), first.theme_of.clone());
    assert_eq!(problem_of[0], problem_of[1]);
    all.extend(plain(&new));
    let full = cluster(&all, &Options::default()).problem_of;
    assert!(full[old.len()..].iter().all(|own| *own == full[0]));

    let mut state = State::of(first);
    let standing = Standing {
        problem_of: &problem_of,
        theme_of: &theme_of,
        ..Standing::default()
    };
    let next = extend(&mut state, &standing, &plain(&new), &Options::default());
    let next = next.expect("extension").problem_of;
    assert!(next[old.len()..].iter().all(|own| *own == problem_of[0]));
}

#[test]
fn any_two_of_a_problem_share_a_matter() {
    let mut numbers = Numbers(11);
    let sentences = complaints(120, 1);
    let own: Vec<Vec<usize>> = (0..400)
        .map(|_| {
            let count = 1 + numbers.below(3);
            (0..count).map(|_| numbers.below(sentences.len())).collect()
        })
        .collect();
    let texts: Vec<String> = own
        .iter()
        .map(|matters| {
            let each: Vec<&str> = matters.iter().map(|m| sentences[*m].as_str()).collect();
            each.join(". ")
        })
        .collect();
    let found = run(&texts).problem_of;
    let (mut pairs, mut sharing) = (0, 0);
    for a in 0..texts.len() {
        for b in (0..a).filter(|b| found[*b] == found[a]) {
            pairs += 1;
            sharing += usize::from(own[a].iter().any(|matter| own[b].contains(matter)));
        }
    }
    assert!(pairs >= 200, "{pairs}");
    assert_eq!(sharing, pairs);
}
