//! The analyst's word.

use proptest::prelude::*;

use super::*;

const LEAK: &str = "the lid of the ten litre tin leaks over the carpet in the car";

#[test]
fn an_anchor_joins_and_parts() {
    let texts = [
        LEAK,
        "wholly other words about invoices and refunds",
        LEAK,
        "yet another delivery that was late",
    ];
    let mut given = plain(&texts);
    given[0].anchor = Some(5);
    given[1].anchor = Some(5);
    given[2].anchor = Some(9);
    let found = cluster(&given, &Options::default());
    assert_eq!(found.problem_of[0], found.problem_of[1]);
    assert_ne!(found.problem_of[0], found.problem_of[2]);
    assert_eq!(
        found.refused,
        [Refusal {
            problem: 0,
            other: 1
        }]
    );
}

#[test]
fn a_word_about_one_case_moves_no_other_of_equal_words() {
    let variants: Vec<String> = (0..6)
        .map(|n| {
            format!(
                "{LEAK} bought {} weeks ago",
                ["two", "three", "four", "five", "six", "seven"][n]
            )
        })
        .collect();
    let mut texts: Vec<&str> = variants.iter().map(String::as_str).collect();
    texts.extend([variants[0].as_str(), variants[0].as_str()]);
    let mut given = plain(&texts);
    for text in &mut given[1..4] {
        text.anchor = Some(1);
    }
    let before = cluster(&given, &Options::default());
    assert!(before.problem_of.iter().all(|problem| *problem == Some(0)));
    given[7].apart = &[1];
    let after = cluster(&given, &Options::default());
    assert_eq!(after.problem_of[..7], before.problem_of[..7]);
    assert_eq!(after.problem_of[7], Some(1));
    assert_eq!(
        after.refused,
        [Refusal {
            problem: 0,
            other: 1
        }]
    );
}

#[test]
fn problems_bound_to_one_theme_share_it_and_others_do_not() {
    let texts = complaints(40, 4);
    let mut given = plain(&texts);
    given[0].theme = Some(1);
    given[1].theme = Some(1);
    given[2].theme = Some(2);
    let found = cluster(&given, &Options::default());
    assert_eq!(found.theme_of[0], found.theme_of[1]);
    assert_ne!(found.theme_of[0], found.theme_of[2]);
    assert_each_problem_has_one_theme(&found.problem_of, &found.theme_of);
}

#[test]
fn gates_keep_texts_apart() {
    let given: Vec<Text<'_>> = (0..6)
        .map(|n| Text {
            text: LEAK,
            gate: n % 3,
            ..Text::default()
        })
        .collect();
    let found = cluster(&given, &Options::default());
    assert_eq!(found.problem_of, [0, 1, 2, 0, 1, 2].map(Some));
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "lid",
        "leak",
        "tin",
        "paint",
        "late",
        "refund",
        "boya",
        "kapak",
        "крышка",
        "течет",
        "123456",
        "油漆起皱",
        "",
        "🙂",
    ])
    .prop_map(str::to_owned)
}

type Said = (String, u32, Option<u32>, Vec<u32>, Option<u32>);

fn said() -> impl Strategy<Value = Said> {
    (
        prop::collection::vec(word(), 0..8).prop_map(|words| words.join(" ")),
        0..2_u32,
        prop::option::weighted(0.4, 0..4_u32),
        prop::collection::vec(0..4_u32, 0..3),
        prop::option::weighted(0.2, 0..3_u32),
    )
}

fn given(rows: &[Said]) -> Vec<Text<'_>> {
    rows.iter()
        .map(|(text, gate, anchor, apart, theme)| Text {
            text,
            gate: *gate,
            anchor: *anchor,
            apart,
            theme: *theme,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_that_contradict_each_other_harm_nothing(rows in prop::collection::vec(said(), 0..40)) {
        let texts = given(&rows);
        let found = cluster(&texts, &Options::default());
        assert_each_problem_has_one_theme(&found.problem_of, &found.theme_of);
        for (a, one) in texts.iter().enumerate() {
            for (b, other) in texts.iter().enumerate() {
                let (Some(p), Some(q)) = (found.problem_of[a], found.problem_of[b]) else { continue };
                if let (Some(x), Some(y)) = (one.anchor, other.anchor) {
                    prop_assert_eq!(x == y, p == q);
                }
                // A text that is bound to an anchor is with it whatever else was said.
                if let (None, Some(y)) = (one.anchor, other.anchor) {
                    prop_assert!(!one.apart.contains(&y) || p != q);
                }
            }
        }
        let again = cluster(&texts, &Options::default());
        prop_assert_eq!(again.problem_of, found.problem_of);
        prop_assert_eq!(again.theme_of, found.theme_of);
    }

    #[test]
    fn an_extension_keeps_what_stands(rows in prop::collection::vec(said(), 0..40), cut in 0..40_usize) {
        let texts = given(&rows);
        let cut = cut.min(texts.len());
        let first = cluster(&texts[..cut], &Options::default());
        let (problem_of, theme_of) = (first.problem_of.clone(), first.theme_of.clone());
        let mut state = State::of(first);
        let standing = Standing { problem_of: &problem_of, theme_of: &theme_of, ..Standing::default() };
        let next = extend(&mut state, &standing, &texts[cut..], &Options::default()).expect("extension");
        prop_assert_eq!(next.problem_of.len(), texts.len());
        assert_each_problem_has_one_theme(&next.problem_of, &next.theme_of);
        let gone = |problem: u32| next.merges.iter().find(|merge| merge.gone == problem).map_or(problem, |merge| merge.kept);
        for (before, after) in problem_of.iter().zip(&next.problem_of) {
            prop_assert_eq!(before.map(gone), *after);
        }
        for (text, problem) in texts[cut..].iter().zip(&next.problem_of[cut..]) {
            if let (Some(anchor), Some(problem)) = (text.anchor, problem) {
                prop_assert_eq!(gone(anchor), *problem);
            }
        }
    }
}
