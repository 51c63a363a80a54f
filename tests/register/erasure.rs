//! What an erasure leaves: nothing.

use std::fs;
use std::path::{Path, PathBuf};

use redress::domain::event::{EventKind, NoteAdded};
use redress::register::Draft;

use super::{agent, assert_clean, at, complaint, contact, fresh, person, staffed};

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn stands_in(folder: &Path, needle: &str) -> bool {
    files_below(folder).iter().any(|path| {
        let content = fs::read(path).unwrap();
        content
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    })
}

#[test]
fn nothing_personal_of_an_erased_case_is_left_in_any_file() {
    let (dir, mut register) = fresh();
    staffed(&mut register);
    let (mut erased, mut waiting) = (Vec::new(), Vec::new());
    for i in 0..60_i64 {
        let mut who = person(
            &format!("Zübeyde Erasmus{i:03}"),
            Some(&format!("+90555000{i:03}")),
        );
        who.email = Some(format!("secret{i:03}@example.org"));
        who.address = Some(format!("Hidden Street {i:03}"));
        let mut new = complaint(who, at(i * 10));
        new.narrative = format!(
            "Narrative{i:03} {}",
            "about a cracked tile ".repeat(i as usize * 20)
        );
        let case = register
            .register_case(&new, &contact(), at(i * 10))
            .unwrap();
        let note = Draft::new(at(i * 10 + 1), NoteAdded {}).text(format!("Privatenote{i:03}"));
        register
            .append(case.case_key, note, &agent(), at(i * 10 + 1))
            .unwrap();
        let mut content = format!("Filecontent{i:03}").into_bytes();
        content.resize(100 + i as usize, b'.');
        register
            .attach(
                case.case_key,
                &format!("Filename{i:03}"),
                "text/plain",
                &mut &content[..],
                &agent(),
                at(i * 10 + 2),
            )
            .unwrap();
        if i % 2 == 0 {
            register
                .message_delivered(case.message_id.unwrap(), at(i * 10 + 3))
                .unwrap();
        } else {
            waiting.push(case.message_id.unwrap());
        }
        if i % 3 == 0 {
            erased.push((i, case));
        }
    }
    // Rows that grow move to other pages, and leave their old bytes in the unused part of the first.
    for (round, message) in [900, 2_000]
        .into_iter()
        .flat_map(|n| waiting.iter().map(move |m| (n, *m)))
    {
        let error = "gateway says no ".repeat(round / 16);
        register
            .message_failed(message, &error, false, at(650))
            .unwrap();
    }
    let traces = |i: i64, password: &str| {
        [
            format!("Erasmus{i:03}"),
            format!("555000{i:03}"),
            format!("secret{i:03}@"),
            format!("Street {i:03}"),
            format!("Narrative{i:03}"),
            format!("Privatenote{i:03}"),
            format!("Filecontent{i:03}"),
            format!("Filename{i:03}"),
            password.to_owned(),
        ]
    };
    assert!(
        stands_in(dir.path(), "Erasmus003"),
        "the search finds what is there"
    );
    let keys: Vec<i64> = erased.iter().map(|(_, case)| case.case_key).collect();
    let done = register
        .erase_many(&keys, "retention 5 years", &agent(), at(700))
        .unwrap();
    assert_eq!(
        (done.cases, done.persons, done.files, done.texts),
        (20, 20, 20, 40)
    );
    assert!(done.clean);
    for (i, case) in &erased {
        for trace in traces(*i, &case.password) {
            assert!(
                !stands_in(dir.path(), &trace),
                "{trace} of case {i} is left"
            );
        }
    }
    assert!(stands_in(dir.path(), "Erasmus001"), "others keep theirs");
    assert_clean(&register);
    let history = register.history(keys[0]).unwrap();
    assert!(history[0].text_erased);
    assert_eq!(history.last().unwrap().event.body.kind(), EventKind::Erased);
    let again = register
        .erase(keys[0], "retention 5 years", &agent(), at(701))
        .unwrap();
    assert_eq!(again.cases, 0, "there was nothing left to erase");
}

#[test]
fn erasing_one_case_leaves_the_complainants_other_case_alone() {
    let (_dir, mut register) = fresh();
    let new = complaint(person("Elif Kaya", Some("1")), at(0));
    let first = register.register_case(&new, &contact(), at(0)).unwrap();
    let second = register.register_case(&new, &contact(), at(1)).unwrap();
    let done = register
        .erase(first.case_key, "request", &agent(), at(2))
        .unwrap();
    assert_eq!((done.cases, done.persons), (1, 0));
    let who = |key: i64| {
        let id = register.case_row(key).unwrap().complainant_id;
        register.complainant(id).unwrap().person.name
    };
    assert_eq!(who(first.case_key), None);
    assert_eq!(who(second.case_key).as_deref(), Some("Elif Kaya"));
    assert_clean(&register);
}
