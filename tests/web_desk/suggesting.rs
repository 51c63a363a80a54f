//! Suggestions of staff: anybody at the desk makes them, and quality says what becomes of them.

use axum::http::StatusCode;
use redress::domain::improvement::{RecordKind, Recorded, SuggestionFate};

use super::Desk;

fn fate(desk: &Desk, at: usize) -> SuggestionFate {
    let records = desk
        .register()
        .records_of(RecordKind::Suggestion, None)
        .unwrap();
    match &records[at].what {
        Recorded::Suggestion { fate, .. } => *fate,
        other => panic!("{other:?}"),
    }
}

#[test]
fn contact_staff_suggest_and_quality_decides_with_a_reason() {
    let desk = Desk::of(&["deniz", "zeynep"]);
    let (deniz, zeynep) = (desk.sign_in("deniz"), desk.sign_in("zeynep"));
    let once = desk.get("/desk/suggestions", &deniz).hidden("once");
    let empty = desk.post(
        "/desk/suggestions",
        &deniz,
        &[("once", once.as_str()), ("text", " ")],
    );
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [
        ("once", once.as_str()),
        ("text", "Print the <lot> on the lid"),
    ];
    for _ in 0..2 {
        let taken = desk.post("/desk/suggestions", &deniz, &fields);
        assert_eq!(taken.location(), "/desk/suggestions?done=suggested");
    }
    let records = desk
        .register()
        .records_of(RecordKind::Suggestion, None)
        .unwrap();
    assert_eq!(records.len(), 1, "sent twice, it counts once");
    let Recorded::Suggestion { made, .. } = &records[0].what else {
        panic!("a suggestion");
    };
    assert_eq!(made.from, "deniz");
    assert_eq!(made.on.to_string(), "2026-03-02");

    let path = format!("/desk/suggestions/{}", records[0].name());
    let list = desk.get("/desk/suggestions", &deniz);
    list.is_silent_on("<lot>");
    list.is_silent_on(&format!("href=\"{path}\""));
    assert_eq!(desk.get(&path, &deniz).status, StatusCode::FORBIDDEN);
    desk.get("/desk/suggestions", &zeynep)
        .says(&format!("href=\"{path}\""));
    let seq = desk.get(&path, &zeynep).hidden("last_seq");
    let reasonless = [("last_seq", seq.as_str()), ("fate", "trial")];
    let refused = desk.post(&path, &zeynep, &reasonless);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(fate(&desk, 0), SuggestionFate::Waiting);
    let trial = [reasonless[0], reasonless[1], ("reason", "One line first")];
    let decided = desk.post(&path, &zeynep, &trial);
    assert_eq!(
        decided.location(),
        "/desk/suggestions?done=suggestion_decided"
    );
    assert_eq!(fate(&desk, 0), SuggestionFate::Trial);
    desk.get("/desk/suggestions", &deniz).says("One line first");

    // Whoever saw it before that decision overwrites nothing.
    let late = [
        ("last_seq", seq.as_str()),
        ("fate", "declined"),
        ("reason", "Too dear"),
    ];
    let held = desk.post(&path, &zeynep, &late);
    assert_eq!(held.status, StatusCode::UNPROCESSABLE_ENTITY);
    held.says("Somebody else decided meanwhile");
    held.says("One line first");
    held.says("Too dear</textarea>");
    assert_eq!(fate(&desk, 0), SuggestionFate::Trial);
    let seq = held.hidden("last_seq");
    let again = [("last_seq", seq.as_str()), late[1], late[2]];
    let decided = desk.post(&path, &zeynep, &again);
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.body);
    assert_eq!(fate(&desk, 0), SuggestionFate::Declined);
}

#[test]
fn an_action_that_is_not_there_carries_out_nothing() {
    let desk = Desk::of(&["zeynep"]);
    let zeynep = desk.sign_in("zeynep");
    let once = desk.get("/desk/suggestions", &zeynep).hidden("once");
    let fields = [("once", once.as_str()), ("text", "Print the lot")];
    desk.post("/desk/suggestions", &zeynep, &fields).location();
    let fields = [
        ("fate", "adopted"),
        ("reason", "cheap"),
        ("action", "A-000099"),
    ];
    let refused = desk.post("/desk/suggestions/S-0001", &zeynep, &fields);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("There is no such action");
    assert_eq!(fate(&desk, 0), SuggestionFate::Waiting);
    let nothing = desk.get("/desk/suggestions/S-0002", &zeynep);
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[test]
fn suggestions_are_read_and_turned_in_three_languages() {
    let desk = Desk::of(&["zeynep"]);
    let zeynep = desk.sign_in("zeynep");
    let once = desk.get("/desk/suggestions", &zeynep).hidden("once");
    let half = [("once", once.as_str()), ("text", "Half a sen")];
    for (language, waits) in [
        ("en", "Waits for a word"),
        ("tr", "Karar bekliyor"),
        ("ru", "Ожидает решения"),
    ] {
        let mut turned = half.to_vec();
        turned.push(("lang", language));
        let page = desk.post("/desk/suggestions", &zeynep, &turned);
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        page.says("Half a sen</textarea>");
        page.is_silent_on(">suggestion.");
        assert_eq!(page.hidden("once"), once);
        let records = desk.register().records_of(RecordKind::Suggestion, None);
        let number = records.unwrap().len();
        let own = format!("{once}{number}");
        let fields = [("once", &own[own.len() - 64..]), ("text", "Print the lot")];
        desk.post("/desk/suggestions", &zeynep, &fields).location();
        let list = desk.get_in(language, "/desk/suggestions", &zeynep);
        list.says(waits);
        list.is_silent_on(">suggestion.");
    }
}
