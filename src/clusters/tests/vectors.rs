//! Files of vectors that these tests make.

use std::path::Path;

use super::*;
use crate::{Options, Text, cluster};

fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    (folder, path)
}

fn error_of(name: &str, bytes: &[u8]) -> String {
    let (_folder, path) = written(name, bytes);
    Vectors::read(&path).expect_err("refused").to_string()
}

/// Two meanings in three languages; the other numbers tell languages and words apart.
const WORDS: &str = "lid 1 0 0 .1\nkapak 1 0 .1 0\nкрышка 1 0 0 0\nleaks .9 .1 0 0\nakıtıyor .9 .1 0 0\nтечёт .9 .1 .1 0\n\
    invoice 0 1 0 .1\nfatura 0 1 .1 0\nсчёт 0 1 0 0\ntwice .1 .9 0 0\niki .1 .9 .1 0\nдважды .1 .9 0 0\nTwice 1 1 1 1\nnew_york 1 1 1 1\n";

#[test]
fn words_are_looked_up_as_they_are_folded() {
    let (_folder, path) = written("vectors.txt", WORDS.as_bytes());
    let vectors = Vectors::read(&path).expect("read");
    assert_eq!((vectors.dimension(), vectors.len()), (4, 12));
    assert_eq!(vectors.of("akitiyor"), Some(&[0.9, 0.1, 0.0, 0.0][..]));
    assert_eq!(vectors.of("twice"), Some(&[0.1, 0.9, 0.0, 0.0][..]));
    let (_folder, headed) = written("vectors.vec", format!("14 4\n{WORDS}").as_bytes());
    assert_eq!(
        Vectors::read(&headed).expect("read").numbers,
        vectors.numbers
    );
}

#[test]
fn what_is_wrong_is_said_with_file_and_line() {
    for (text, said) in [
        ("", "hold no word"),
        ("\n\n", "hold no word"),
        ("a 1 2\nb 1\n", "line 2: 1 numbers where 2 are expected"),
        ("a 1 2\nb 1 NaN\n", "line 2: \"NaN\" is no finite number"),
        ("a 1 2\nb 1 inf\n", "line 2: \"inf\""),
        ("a 1 2\nb 1 x\n", "line 2: \"x\""),
        (
            "a 1 2\nb 3 4\na 1 2\n",
            "line 3: the word \"a\" is given twice",
        ),
        ("3 2\na 1 2\n", "line 1: 3 words are announced, 1 follow"),
        ("1 3\na 1 2\n", "line 2: 2 numbers where 3 are expected"),
        ("alone\n", "line 1: a word without numbers"),
    ] {
        let error = error_of("v.txt", text.as_bytes());
        assert!(
            error.contains(said) && error.contains("v.txt"),
            "{text:?}: {error}"
        );
    }
    assert!(error_of("v.txt", b"a 1\n\xff\xfe 2\n").contains("line 2: not UTF-8"));
    let missing = Vectors::read(Path::new("/nowhere/v.txt")).expect_err("refused");
    assert!(matches!(missing, VectorsError::Io { .. }));
}

fn tensor(head: &str, data: &[u8]) -> Vec<u8> {
    [&(head.len() as u64).to_le_bytes(), head.as_bytes(), data].concat()
}

#[test]
fn a_tensor_with_its_words_beside_it() {
    let wide: Vec<u8> = [1.0_f32, 0.5, -2.0, 0.0]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .collect();
    let half: Vec<u8> = [0x3c00_u16, 0x3800, 0xc000, 0x0000]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .collect();
    for (kind, data) in [("F32", &wide), ("F16", &half)] {
        let end = data.len();
        let head = format!(
            r#"{{"__metadata__":{{"a":"b"}},"w":{{"dtype":"{kind}","shape":[2,2],"data_offsets":[0,{end}]}}}}"#
        );
        let (folder, path) = written("v.safetensors", &tensor(&head, data));
        for (name, words) in [
            ("v.json", r#"{"lid":1,"tin":0}"#),
            ("v.json", r#"["tin","lid"]"#),
            ("v.txt", "tin\nlid\n"),
        ] {
            std::fs::write(folder.path().join(name), words).expect("written");
            let vectors = Vectors::read(&path).expect("read");
            assert_eq!(vectors.of("tin"), Some(&[1.0, 0.5][..]));
            assert_eq!(vectors.of("lid"), Some(&[-2.0, 0.0][..]));
        }
        std::fs::write(folder.path().join("v.txt"), "tin\ntin\n").expect("written");
        let error = Vectors::read(&path).expect_err("refused").to_string();
        assert!(error.contains("v.txt, line 2"), "{error}");
        std::fs::write(folder.path().join("v.txt"), "tin\n").expect("written");
        let error = Vectors::read(&path).expect_err("refused").to_string();
        assert!(error.contains("1 words for 2 rows"), "{error}");
    }
}

#[test]
fn tensors_of_another_shape_are_refused() {
    let data = [0_u8; 16];
    for (head, said) in [
        ("{", "no JSON"),
        ("{}", "0 tensors"),
        (
            r#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
            "1 dimensions",
        ),
        (
            r#"{"w":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}"#,
            "F32 and F16",
        ),
        (
            r#"{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,16]}}"#,
            "does not fill",
        ),
        (
            r#"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,99]}}"#,
            "does not fill",
        ),
        (
            r#"{"w":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,16]}}"#,
            "does not fill",
        ),
        (r#"{"w":{"dtype":"F32"}}"#, "no shape"),
    ] {
        let error = error_of("v.safetensors", &tensor(head, &data));
        assert!(error.contains(said), "{head}: {error}");
    }
    assert!(error_of("v.safetensors", &[9; 20]).contains("cut short"));
    assert!(error_of("v.safetensors", b"abc").contains("shorter"));
    let head = r#"{"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}"#;
    assert!(error_of("v.safetensors", &tensor(head, &f32::NAN.to_le_bytes())).contains("row 0"));
}

#[test]
fn half_precision() {
    for (bits, value) in [
        (0x3555, 0.333_251_95),
        (0x7bff, 65_504.0),
        (0x0001, 5.960_464_5e-8),
        (0xbc00, -1.0),
    ] {
        assert_eq!(from_half(bits), value);
    }
    assert!(from_half(0x7e00).is_nan() && from_half(0xfc00) == f32::NEG_INFINITY);
}

#[test]
fn languages_meet_in_a_theme_when_vectors_say_so() {
    let (_folder, path) = written("vectors.txt", WORDS.as_bytes());
    let vectors = Vectors::read(&path).expect("read");
    let texts = [
        "lid leaks",
        "kapak akıtıyor",
        "крышка течёт",
        "invoice twice",
        "fatura iki",
        "счёт дважды",
        "the lid leaks",
        "bu kapak akıtıyor",
        "эта крышка течёт",
        "the invoice twice",
        "bu fatura iki",
        "этот счёт дважды",
    ];
    let given: Vec<Text<'_>> = texts
        .iter()
        .map(|text| Text {
            text,
            ..Text::default()
        })
        .collect();
    let without = cluster(&given, &Options::default());
    assert_ne!(without.theme_of[0], without.theme_of[2]);
    let with = cluster(
        &given,
        &Options {
            vectors: Some(&vectors),
        },
    );
    for other in [1, 2, 6, 7, 8] {
        assert_eq!(with.theme_of[0], with.theme_of[other], "{}", texts[other]);
    }
    for other in [3, 4, 5, 9, 10, 11] {
        assert_ne!(with.theme_of[0], with.theme_of[other], "{}", texts[other]);
    }
}

#[test]
fn many_documents_find_near_ones_by_hyperplanes() {
    let count = ALL_PAIRS + 2_000;
    let numbers: Vec<f32> = (0..count as u64)
        .flat_map(|document| {
            plane(document / 10 + 9_000, 32)
                .into_iter()
                .chain(plane(document + 90_000, 32).into_iter().map(|n| n * 0.3))
        })
        .collect();
    let mut own = TextVectors {
        dimension: 64,
        numbers,
        has: vec![true; count],
    };
    own.numbers.chunks_mut(64).for_each(unit);
    let near = own.nearest(&vec![0; count]);
    let found: usize = near
        .iter()
        .enumerate()
        .map(|(document, near)| {
            near.iter()
                .filter(|other| other.0 as usize / 10 == document / 10)
                .count()
        })
        .sum();
    assert!(found * 10 >= count * 9 * 8, "{found} of {}", count * 9);
}
