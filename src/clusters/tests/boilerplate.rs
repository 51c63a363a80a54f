//! What many complaints say and none is about joins nobody.

use super::*;

const SIGNATURE: &str = "Kâmil Uzunsöğüt, site yöneticisi";

/// Complaints of one matter each, of which every `step`th ends in the same words.
fn signed(step: usize, with: &str) -> Vec<String> {
    let mut texts = complaints(100, 1);
    for text in texts.iter_mut().step_by(step) {
        text.push_str(". ");
        text.push_str(with);
    }
    texts
}

#[test]
fn a_signature_under_five_different_complaints_joins_nothing() {
    let found = run(&signed(20, SIGNATURE));
    assert_eq!(found.corpus.boilerplate.len(), 1);
    assert_eq!(biggest(&found.problem_of), 1);
    let plain = run(&complaints(100, 1));
    assert_eq!(found.problem_of, plain.problem_of);
    assert_eq!(found.theme_of, plain.theme_of);
}

#[test]
fn a_footer_of_several_lines_goes_as_a_whole() {
    let footer = "This message is confidential to you. / Tell us when it came in error. / \
                  Please think of the trees before you print.";
    let found = run(&signed(4, footer));
    assert_eq!(found.corpus.boilerplate.len(), 3);
    assert_eq!(biggest(&found.problem_of), 1);
}

#[test]
fn texts_that_are_equal_without_boilerplate_are_one_document() {
    let mut texts = signed(20, SIGNATURE);
    texts.push(complaints(100, 1).remove(0));
    let found = run(&texts);
    assert_eq!(found.corpus.document_of[0], found.corpus.document_of[100]);
    assert_eq!(found.corpus.copies[0], 2);
}

#[test]
fn a_text_that_says_little_else_keeps_all() {
    let mut texts = signed(20, SIGNATURE);
    texts.push(format!("Kapak akıtıyor. {SIGNATURE}"));
    let found = run(&texts);
    assert_eq!(found.corpus.words(100).len(), 6);
}

#[test]
fn complaints_of_one_fault_that_are_alike_stay_together() {
    let mut texts = complaints(60, 5);
    for text in texts.iter_mut().step_by(60) {
        text.push_str(". The lid leaks over the carpet.");
    }
    let found = run(&texts);
    assert!(found.corpus.boilerplate.is_empty());
    for turn in 1..5 {
        assert_eq!(found.problem_of[0], found.problem_of[60 * turn]);
    }
}

#[test]
fn form_letters_that_differ_in_two_words_stay_one() {
    let mut texts = complaints(100, 1);
    let names = ["tom hale", "ann lowe", "bob dunn", "eve marsh", "kim shaw"];
    texts.extend(names.iter().map(|name| {
        format!(
            "We ask you to bring back the old formula. The new one smells of rotten eggs for \
             weeks. Our children cannot sleep in their rooms. I, {name}, shall buy elsewhere \
             until you do."
        )
    }));
    let found = run(&texts);
    assert!(found.corpus.boilerplate.is_empty());
    assert!((101..105).all(|place| found.problem_of[place] == found.problem_of[100]));
}

#[test]
fn the_analysts_word_makes_no_text_two() {
    let texts = signed(50, SIGNATURE);
    let mut given = plain(&texts);
    given.push(Text {
        anchor: Some(7),
        ..given[0]
    });
    // Two distinct texts hold the signature, one of them under two standings.
    let found = cluster(&given, &Options::default());
    assert!(found.corpus.boilerplate.is_empty());
}

#[test]
fn any_number_of_threads_finds_the_same_boilerplate() {
    let texts = signed(3, SIGNATURE);
    let results: Vec<_> = [1, 2, 3, 8]
        .into_iter()
        .map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("pool");
            let found = pool.install(|| run(&texts));
            assert_eq!(found.corpus.boilerplate.len(), 1);
            (found.problem_of, found.theme_of, found.corpus.document_of)
        })
        .collect();
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn new_texts_leave_out_what_the_last_full_run_found() {
    let texts = signed(20, SIGNATURE);
    let found = run(&texts);
    let (problem_of, theme_of) = (found.problem_of.clone(), found.theme_of.clone());
    let mut state = State::of(found);
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("state");
    state.save(&path, 1).expect("saved");
    let (mut loaded, _) = State::load(&path).expect("loaded");
    let standing = Standing {
        problem_of: &problem_of,
        theme_of: &theme_of,
        ..Standing::default()
    };
    let new = [
        format!("Boya duvardan kabarıp pul pul dökülüyor. {SIGNATURE}"),
        texts[0].clone(),
        complaints(100, 1).remove(20),
    ];
    let options = Options::default();
    let direct = extend(&mut state, &standing, &plain(&new), &options).expect("extension");
    let again = extend(&mut loaded, &standing, &plain(&new), &options).expect("extension");
    assert_eq!(direct, again);
    assert!(!problem_of.contains(&direct.problem_of[100]));
    assert_eq!(direct.problem_of[101], problem_of[0]);
    assert_eq!(direct.problem_of[102], problem_of[20]);
    assert_eq!(loaded.corpus.boilerplate.len(), 1);
}

#[test]
fn a_long_footer_under_a_flood_costs_little() {
    let footer = "this message may hold what is meant for you alone and is to be deleted";
    let texts: Vec<String> = complaints(4_000, 1)
        .into_iter()
        .map(|text| format!("{text}. {footer}"))
        .collect();
    let start = std::time::Instant::now();
    let found = run(&texts);
    assert!(start.elapsed() < std::time::Duration::from_secs(120));
    assert_eq!(found.corpus.boilerplate.len(), 1);
    assert!(biggest(&found.problem_of) <= 3);
}
