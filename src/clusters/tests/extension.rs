//! New texts beside standing clusters, and the file between two runs.

use std::path::Path;

use super::*;

fn standing_run(texts: &[String]) -> (Vec<Option<u32>>, Vec<Option<u32>>, State) {
    let found = run(texts);
    (
        found.problem_of.clone(),
        found.theme_of.clone(),
        State::of(found),
    )
}

fn next(
    state: &mut State,
    problem_of: &[Option<u32>],
    theme_of: &[Option<u32>],
    new: &[String],
) -> Extension {
    let standing = Standing {
        problem_of,
        theme_of,
        ..Standing::default()
    };
    extend(state, &standing, &plain(new), &Options::default()).expect("extension")
}

#[test]
fn new_texts_join_what_stands_or_found_their_own() {
    let texts = complaints(300, 6);
    let (old, new) = texts.split_at(1_500);
    let (problem_of, theme_of, mut state) = standing_run(old);
    let mut more = new.to_vec();
    more.push("words that nobody said before ever".to_owned());
    more.push(old[3].clone());
    let found = next(&mut state, &problem_of, &theme_of, &more);
    let joined = (0..300)
        .filter(|n| found.problem_of[1_500 + n] == found.problem_of[*n])
        .count();
    assert!(joined >= 290, "{joined}");
    let greatest = problem_of.iter().flatten().max().copied().unwrap_or(0);
    assert!(found.problem_of[1_800] > Some(greatest));
    assert_eq!(found.problem_of[1_801], found.problem_of[3]);
    assert_eq!(state.texts(), 1_802);
}

#[test]
fn an_equal_text_joins_where_most_of_its_like_stand() {
    let texts = vec!["the lid leaks over the carpet".to_owned(); 5];
    let (_, theme_of, mut state) = standing_run(&texts);
    // An analyst moved one of them.
    let problem_of = [40, 40, 41, 40, 40].map(Some);
    let found = next(&mut state, &problem_of, &theme_of, &texts[..1]);
    assert_eq!(found.problem_of, [40, 40, 41, 40, 40, 40].map(Some));
}

#[test]
fn standing_clusters_of_another_length_are_refused() {
    let (problem_of, _, mut state) = standing_run(&complaints(3, 2));
    let standing = Standing {
        problem_of: &problem_of,
        ..Standing::default()
    };
    let refused = extend(&mut state, &standing, &[], &Options::default());
    assert!(matches!(
        refused,
        Err(StateError::Standing {
            given: 0,
            earlier: 6
        })
    ));
}

#[test]
fn two_halves_of_a_problem_merge_unless_an_analyst_forbids_it() {
    let told = complaints(60, 8);
    let (old, new) = told.split_at(360);
    let (found, theme_of, _) = standing_run(old);
    let mut problem_of = found.clone();
    let whole = problem_of[4];
    // Half of one problem stands under a number of its own.
    let halves = problem_of.iter_mut().filter(|problem| **problem == whole);
    halves.take(3).for_each(|problem| *problem = Some(900));
    let number = whole.unwrap_or_default();
    let pair = Refusal {
        problem: number,
        other: 900,
    };
    let open = Standing {
        problem_of: &problem_of,
        theme_of: &theme_of,
        ..Standing::default()
    };
    let confirmed = Standing {
        fixed: &[900],
        ..open
    };
    let held_apart = Standing {
        apart: &[(900, number)],
        ..open
    };
    for standing in [confirmed, held_apart] {
        let (_, _, mut state) = standing_run(old);
        let next =
            extend(&mut state, &standing, &plain(new), &Options::default()).expect("extension");
        assert!(next.merges.is_empty());
        assert_eq!(next.refused, [pair]);
    }
    let (_, _, mut state) = standing_run(old);
    let next = extend(&mut state, &open, &plain(new), &Options::default()).expect("extension");
    assert_eq!(next.merges.len(), 1);
    assert_eq!(
        next.problem_of[..360]
            .iter()
            .filter(|problem| **problem == Some(next.merges[0].kept))
            .count(),
        6
    );
    assert!(next.refused.is_empty());

    // In three numbers it takes two nights: the merge that waits is nobody's refusal.
    let mut problem_of = found;
    let whole = problem_of[4];
    let thirds = problem_of.iter_mut().filter(|problem| **problem == whole);
    for (place, problem) in thirds.take(4).enumerate() {
        *problem = Some(if place < 2 { 900 } else { 901 });
    }
    let open = Standing {
        problem_of: &problem_of,
        theme_of: &theme_of,
        ..Standing::default()
    };
    let (_, _, mut state) = standing_run(old);
    let next = extend(&mut state, &open, &plain(new), &Options::default()).expect("extension");
    assert_eq!(next.merges.len(), 1);
    assert!(next.refused.is_empty());
}

#[test]
fn a_number_that_was_given_once_is_not_given_again() {
    let texts = complaints(3, 2);
    let (problem_of, theme_of, mut state) = standing_run(&texts);
    let new = plain(&["words that nobody said before ever"]);
    let standing = Standing {
        problem_of: &problem_of,
        theme_of: &theme_of,
        first_problem: 70,
        first_theme: 80,
        ..Standing::default()
    };
    let next = extend(&mut state, &standing, &new, &Options::default()).expect("extension");
    assert_eq!(next.problem_of[6], Some(70));
    assert_eq!(next.theme_of[6], Some(80));
    let full = Standing {
        problem_of: &next.problem_of,
        theme_of: &next.theme_of,
        first_problem: u32::MAX,
        ..Standing::default()
    };
    let refused = extend(&mut state, &full, &new, &Options::default());
    assert!(matches!(refused, Err(StateError::NoNumberLeft)));
}

#[test]
fn a_saved_state_goes_on_as_if_never_saved() {
    let texts = complaints(120, 5);
    let (old, new) = texts.split_at(480);
    let (problem_of, theme_of, mut state) = standing_run(old);
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("state");
    state.save(&path, 42).expect("saved");
    let (mut loaded, stamp) = State::load(&path).expect("loaded");
    assert_eq!(stamp, 42);
    let direct = next(&mut state, &problem_of, &theme_of, new);
    assert_eq!(next(&mut loaded, &problem_of, &theme_of, new), direct);
}

fn error_of(path: &Path) -> StateError {
    State::load(path).map(|_| ()).expect_err("refused")
}

#[test]
fn a_damaged_or_foreign_file_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("state");
    assert!(matches!(error_of(&path), StateError::Io { .. }));
    std::fs::write(&path, "").expect("written");
    assert!(matches!(error_of(&path), StateError::Foreign { .. }));
    std::fs::write(&path, "id,text\n1,this is a table, no state").expect("written");
    assert!(matches!(error_of(&path), StateError::Foreign { .. }));
    let (_, _, state) = standing_run(&complaints(10, 2));
    state.save(&path, 1).expect("saved");
    let whole = std::fs::read(&path).expect("read");
    let mut other = whole.clone();
    other[8] += 1;
    std::fs::write(&path, &other).expect("written");
    assert!(matches!(error_of(&path), StateError::Version { .. }));
    for cut in (12..whole.len()).step_by(whole.len() / 97) {
        std::fs::write(&path, &whole[..cut]).expect("written");
        assert!(
            matches!(error_of(&path), StateError::Damaged { .. }),
            "cut at {cut}"
        );
    }
    for place in (12..whole.len()).step_by(whole.len() / 211) {
        let mut changed = whole.clone();
        changed[place] ^= 0x10;
        std::fs::write(&path, &changed).expect("written");
        assert!(
            matches!(error_of(&path), StateError::Damaged { .. }),
            "changed at {place}"
        );
    }
    let longer = [whole.as_slice(), b"x"].concat();
    std::fs::write(&path, longer).expect("written");
    assert!(matches!(error_of(&path), StateError::Damaged { .. }));
}
