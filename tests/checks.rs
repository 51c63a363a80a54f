//! The checks of `queries/checks/`: silent on good data, and each finds the fault that its header plants.

use redress::query::check_file::checks_with;

use crate::metrics::{engine, extract_csv, repository};

#[test]
fn every_check_is_silent_on_the_sample_and_finds_its_fault() {
    let lake = tempfile::tempdir().unwrap();
    let done = extract_csv(&repository().join("sample_data"), lake.path());
    let engine = engine(&done.snapshot);
    let checks = checks_with(None).unwrap();
    for check in &checks {
        let found = engine.check(check).unwrap();
        assert!(found.rows.is_empty(), "{}: {found:?}", check.id);
        let (table, sql) = check.fault.as_ref().unwrap();
        let faulty = engine.with_table(table, sql).unwrap();
        let found = faulty.check(check).unwrap();
        assert!(!found.rows.is_empty(), "{} finds nothing", check.id);
        for key in &check.key {
            assert!(
                found.position(key).is_some(),
                "{}: no column {key}",
                check.id
            );
        }
    }
}

#[test]
fn every_file_of_the_folder_is_shipped_and_speaks_three_languages() {
    let checks = checks_with(None).unwrap();
    let files = std::fs::read_dir(repository().join("queries/checks")).unwrap();
    assert_eq!(files.count(), checks.len());
    for check in &checks {
        assert_eq!(
            check.origin.file_stem().unwrap().to_str().unwrap(),
            check.id
        );
        assert!(
            !check.columns.is_empty(),
            "{} promises no columns",
            check.id
        );
        for language in ["tr", "ru"] {
            assert_ne!(check.title(language), check.title("en"), "{}", check.id);
            assert_ne!(
                check.definition(language),
                check.definition("en"),
                "{}",
                check.id
            );
        }
    }
}

#[test]
fn a_folder_of_ones_own_adds_checks_and_may_not_take_a_shipped_id() {
    let folder = tempfile::tempdir().unwrap();
    let text = "-- id: mine\n-- title.en: Mine\n-- key: case_key\n-- definition: Cases of Bursa.\n\
                SELECT case_key FROM cases WHERE site = 'Bursa'";
    std::fs::write(folder.path().join("mine.sql"), text).unwrap();
    let shipped = checks_with(None).unwrap().len();
    let all = checks_with(Some(folder.path())).unwrap();
    assert_eq!(all.len(), shipped + 1);
    let twice = text.replace("id: mine", "id: stock_identity");
    std::fs::write(folder.path().join("twice.sql"), twice).unwrap();
    let refused = checks_with(Some(folder.path())).unwrap_err().to_string();
    assert!(refused.contains("`stock_identity`"), "{refused}");
}

#[test]
fn the_data_dictionary_says_what_the_declarations_say() {
    let page = redress::query::dictionary::markdown().unwrap();
    let kept = std::fs::read_to_string(repository().join("docs/data-dictionary.md")).unwrap();
    assert!(
        page == kept,
        "docs/data-dictionary.md is out of date; redress lake dictionary > docs/data-dictionary.md"
    );
}
