//! Texts that nobody should send, and floods: no panic, no giant cluster, no time beyond measure.

use std::time::{Duration, Instant};

use super::*;

/// Far above what any of these needs, far below what comparing all pairs would take.
const LONG: Duration = Duration::from_secs(120);

fn in_time<S: AsRef<str>>(texts: &[S]) -> Clustering {
    let start = Instant::now();
    let found = run(texts);
    assert!(start.elapsed() < LONG, "took {:?}", start.elapsed());
    assert_each_problem_has_one_theme(&found.problem_of, &found.theme_of);
    found
}

#[test]
fn nothing_and_next_to_nothing() {
    assert!(run::<&str>(&[]).problem_of.is_empty());
    assert_eq!(
        run(&["", " \n", "...", "\u{0}\u{1}\u{fffd}"]).problem_of,
        [None; 4]
    );
    assert_eq!(run(&["lid"]).problem_of, [Some(0)]);
    assert_eq!(
        run(&["lid", "", "lid"]).problem_of,
        [Some(0), None, Some(0)]
    );
    assert_eq!(run(&["a", "b"]).theme_of.len(), 2);
}

#[test]
fn one_text_of_200_kilobytes() {
    let long: String = (0..25_000).map(|n| format!("w{} ", n % 7_000)).collect();
    let found = in_time(&[long.as_str(), "the lid leaks", "the lid leaks again"]);
    assert_ne!(found.problem_of[0], found.problem_of[1]);
    let endless = "x".repeat(200_000);
    assert_eq!(
        in_time(&[endless.as_str(), "y"]).problem_of,
        [Some(0), Some(1)]
    );
}

#[test]
fn many_long_texts_that_are_alike() {
    let texts: Vec<String> = (0..300)
        .map(|n| {
            (0..2_500)
                .map(|w| format!("word{} ", (w * 7 + n % 13) % 3_000))
                .collect()
        })
        .collect();
    in_time(&texts);
}

#[test]
fn a_flood_of_equal_texts_is_one_problem_and_draws_nothing_in() {
    let mut texts =
        vec!["my order was not delivered and nobody answers the telephone".to_owned(); 100_000];
    texts.extend(complaints(100, 3));
    let found = in_time(&texts);
    assert_eq!(found.corpus.copies[0], 100_000);
    assert_eq!(biggest(&found.problem_of), 100_000);
    assert_eq!(biggest(&found.problem_of[100_000..]).max(9), 9);
}

#[test]
fn form_letters_that_differ_in_two_words() {
    let letter = "dear sir or madam i write under section nine of the consumer act because the goods that i bought from you \
        are not of satisfactory quality and i ask for repair or replacement within thirty days or i take the matter to the \
        ombudsman my order is";
    let texts: Vec<String> = (0..100_000)
        .map(|n| format!("{letter} k{}x{} q{}z", n % 317, n % 311, n))
        .collect();
    in_time(&texts);
}

#[test]
fn one_common_word_and_one_of_its_own() {
    let mut numbers = Numbers(3);
    let texts: Vec<String> = (0..50_000)
        .map(|_| {
            let own: String = (0..9)
                .map(|_| char::from(b'a' + numbers.below(26) as u8))
                .collect();
            format!("complaint {own}")
        })
        .collect();
    let found = in_time(&texts);
    let share = biggest(&found.theme_of) as f64 / texts.len() as f64;
    assert!(
        biggest(&found.problem_of) < 500,
        "{}",
        biggest(&found.problem_of)
    );
    assert!(share < 0.2, "biggest theme {share}");
}

#[test]
fn only_digits() {
    let texts: Vec<String> = (0..30_000_u32)
        .map(|n| format!("{} {}", n.wrapping_mul(2_654_435_761), n % 97))
        .collect();
    in_time(&texts);
}

#[test]
fn binary_rubbish_emoji_mixed_scripts_and_right_to_left() {
    let mut numbers = Numbers(11);
    let mut texts: Vec<String> = (0..5_000)
        .map(|_| {
            let bytes: Vec<u8> = (0..80).map(|_| numbers.below(256) as u8).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        })
        .collect();
    texts.extend((0..2_000).map(|_| {
        (0..60)
            .filter_map(|_| char::from_u32(numbers.below(0x11_0000) as u32))
            .collect::<String>()
    }));
    for text in [
        "😀😀🔥 крышка течёт lid leaks kapak akıtıyor",
        "الغطاء يسرب الطلاء على السجادة",
        "המכסה דולף על השטיח",
        "油漆在墙上起皱了",
        "\u{202e}desrever txet\u{202c}",
        "Ⅷ ½ ﬁ ﷺ ߀߁ ᚠᚢᚦ",
        "ﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺ",
        "ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß",
    ] {
        texts.extend([text.to_owned(), format!("{text} {text}")]);
    }
    let found = in_time(&texts);
    let arabic = 7_002;
    assert_eq!(found.problem_of[arabic], found.problem_of[arabic + 1]);
}

#[test]
fn a_gate_of_one_value_or_of_one_value_a_text() {
    let texts = complaints(2_000, 3);
    let mut given = plain(&texts);
    let open = cluster(&given, &Options::default());
    given.iter_mut().for_each(|text| text.gate = 9);
    assert_eq!(
        cluster(&given, &Options::default()).problem_of,
        open.problem_of
    );
    for (number, text) in given.iter_mut().enumerate() {
        text.gate = number as u32;
    }
    assert_eq!(biggest(&cluster(&given, &Options::default()).problem_of), 1);
}
