//! Several people at one desk: who comes second, and who may not come at all.

use axum::http::StatusCode;
use chrono::TimeDelta;
use redress::domain::event::EventKind;
use redress::register::Doing;

use super::{DECISION, Desk, JPEG};

#[test]
fn whoever_comes_second_finds_what_changed_and_their_own_words_and_overwrites_nothing() {
    let desk = Desk::of(&["ayse", "mehmet"]);
    let (ayse, mehmet) = (desk.sign_in("ayse"), desk.sign_in("mehmet"));
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let path = format!("/desk/case/{number}/decide");
    let seen = desk.get(&path, &mehmet).hidden("last_seq");
    desk.done(&ayse, &number, "note", &[("text", "Müşteri yine aradı.")]);
    let mut fields = DECISION.to_vec();
    fields.push(("last_seq", &seen));
    let second = desk.post(&path, &mehmet, &fields);
    assert_eq!(second.status, StatusCode::CONFLICT);
    second.says("has changed meanwhile");
    second.says("Müşteri yine aradı.");
    second.says("Kapı doğru monte edilmiş");
    second.says("value=\"CR-7\"");
    assert!(!desk.kinds(&number).contains(&EventKind::Decided));

    // Having seen it, they send it again.
    let seen = second.hidden("last_seq");
    let mut fields = DECISION.to_vec();
    fields.push(("last_seq", &seen));
    assert!(
        desk.post(&path, &mehmet, &fields)
            .location()
            .contains("case_decide")
    );
    // And the first, with the page of before, decides nothing a second time.
    let mut fields = DECISION.to_vec();
    fields.push(("last_seq", &seen));
    let late = desk.post(&path, &ayse, &fields);
    assert_eq!(late.status, StatusCode::CONFLICT);
    late.says("cannot be done now");
    let decided = desk.kinds(&number);
    let decided = decided.iter().filter(|kind| **kind == EventKind::Decided);
    assert_eq!(decided.count(), 1);
}

#[test]
fn a_form_without_what_was_seen_records_nothing() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let before = desk.kinds(&number);
    let path = format!("/desk/case/{number}/note");
    let page = desk.post(&path, &ayse, &[("text", "Bir not.")]);
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("Bir not.");
    assert_eq!(desk.kinds(&number), before);
}

#[test]
fn technical_staff_open_no_case_file_or_command_of_another_plant() {
    let desk = Desk::of(&["ayse", "kemal", "selin"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let (kemal, selin) = (desk.sign_in("kemal"), desk.sign_in("selin"));
    let case = format!("/desk/case/{number}");
    // Nobody routed it yet: it is no plant's.
    let unseen = desk.get(&case, &kemal);
    assert_eq!(unseen.status, StatusCode::NOT_FOUND);
    unseen.says("What your role or your plant does not show you");
    unseen.says("<a href=\"/desk\">To the queue</a>");
    desk.routed(&ayse, &number);
    let attach = format!("{case}/attach");
    let seq = desk.get(&attach, &ayse).hidden("last_seq");
    let files: [(&str, &[u8]); 1] = [("a.jpg", JPEG)];
    desk.upload(&attach, &ayse, &[("last_seq", &seq)], &files)
        .location();
    let key = desk.key(&number);
    let sha256 = desk.register().attachments(key).unwrap()[0].sha256.clone();
    let seq = desk.register().case_row(key).unwrap().last_seq.to_string();
    let paths = [
        case.clone(),
        format!("{case}/form"),
        format!("{case}/note"),
        format!("{case}/decide"),
        format!("{case}/amend"),
        format!("{case}/file/{sha256}"),
    ];
    for path in &paths {
        assert_eq!(
            desk.get(path, &selin).status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let note = [("last_seq", seq.as_str()), ("text", "Bizde değil.")];
    let path = format!("{case}/note");
    assert_eq!(
        desk.post(&path, &selin, &note).status,
        StatusCode::NOT_FOUND
    );
    desk.get("/desk", &selin).is_silent_on(&number);
    desk.get("/desk/search?q=kaya", &selin)
        .is_silent_on(&number);
    desk.get(&format!("/desk/search?q={number}"), &selin)
        .is_silent_on(&case);
    let before = desk.kinds(&number).len();

    assert_eq!(desk.get(&case, &kemal).status, StatusCode::OK);
    desk.get("/desk", &kemal).says(&number);
    desk.get("/desk/search?q=kaya", &kemal).says(&number);
    let file = desk.get(&format!("{case}/file/{sha256}"), &kemal);
    assert_eq!(file.status, StatusCode::OK);
    let kept = file.headers["content-disposition"].to_str().unwrap();
    assert!(kept.starts_with("attachment"), "{kept}");
    // A file of another case is not this one's.
    let other = desk.register_call(&ayse, "Ali Can", "Renk tutmadı.");
    let strange = desk.get(&format!("/desk/case/{other}/file/{sha256}"), &ayse);
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.kinds(&number).len(), before);

    // A plant that takes part sees it; one that handed it on, no longer.
    desk.done(
        &kemal,
        &number,
        "route",
        &[
            ("department", "technical_bursa"),
            ("site", "bursa"),
            ("also", "quality"),
        ],
    );
    assert_eq!(desk.get(&case, &selin).status, StatusCode::OK);
    assert_eq!(desk.get(&case, &kemal).status, StatusCode::NOT_FOUND);
    desk.done(
        &selin,
        &number,
        "route",
        &[
            ("department", "technical_bursa"),
            ("site", "bursa"),
            ("also", "technical_gebze"),
        ],
    );
    assert_eq!(desk.get(&case, &kemal).status, StatusCode::OK);
}

#[test]
fn somebody_who_routes_a_case_away_is_told_where_it_went_and_not_that_it_is_missing() {
    let desk = Desk::of(&["ayse", "kemal"]);
    let (ayse, kemal) = (desk.sign_in("ayse"), desk.sign_in("kemal"));
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let to = [("department", "logistics"), ("site", "izmir")];
    let page = desk.give(&kemal, &number, "route", &to);
    assert_eq!(page.location(), "/desk?done=case_gone");
    desk.get("/desk?done=case_gone", &kemal)
        .says("now with another unit");
}

#[test]
fn somebody_who_left_is_out_at_once() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    desk.pass(TimeDelta::minutes(1));
    let doing = Doing::own("tekin", desk.now());
    desk.register().let_act("ayse", false, doing).unwrap();
    assert_eq!(desk.get("/desk", &ayse).status, StatusCode::UNAUTHORIZED);
}
