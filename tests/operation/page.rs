//! The page on security names tests that are there.

use std::collections::BTreeSet;
use std::path::Path;

/// The names of all functions of the tests and of the source.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix("fn ")?.split('(').next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_defence_of_the_page_names_a_test_that_is_there_and_a_file_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    functions(&root.join("tests"), &mut known);
    functions(&root.join("src"), &mut known);
    let page = include_str!("../../docs/SECURITY.md");
    let defended = page.split_once("## What is defended").unwrap().1;
    let defended = defended.split_once("## What is not covered").unwrap().0;
    let rows: Vec<Vec<&str>> = defended
        .lines()
        .filter(|line| line.starts_with("| T"))
        .map(|line| line.trim_matches('|').split(" | ").collect())
        .collect();
    assert!(rows.len() > 20, "{} rows", rows.len());
    let quoted = |cell: &str| -> Vec<String> {
        let inside = cell.split('`').skip(1).step_by(2);
        inside.map(str::to_owned).collect()
    };
    for row in rows {
        let [_, _, places, tests] = row.as_slice() else {
            panic!("not four cells: {row:?}");
        };
        for place in quoted(places) {
            let there = root.join("src").join(&place);
            assert!(there.exists(), "{place} of {row:?}");
        }
        let named = quoted(tests);
        assert!(!named.is_empty(), "nothing attacks {row:?}");
        for test in named {
            let there = match test.split_once(' ').map_or(test.as_str(), |(file, _)| file) {
                file if file.contains('/') => root.join(file).exists(),
                name => known.contains(name),
            };
            assert!(there, "{test} of {row:?}");
        }
    }
}
