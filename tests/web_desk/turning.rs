//! A language that is chosen while a form of the desk is being filled in costs nothing of it, and does nothing of it.

use axum::http::StatusCode;

use super::{DECISION, Desk, JPEG, PASSWORD, Page};

/// Sends a form as the button of a language does.
fn turn(desk: &Desk, path: &str, cookie: &str, fields: &[(&str, &str)], language: &str) -> Page {
    let mut all = fields.to_vec();
    all.push(("lang", language));
    let page = desk.post(path, cookie, &all);
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
    page.says(&format!("<html lang=\"{language}\">"));
    // Nothing is found wrong with what is still being written.
    page.is_silent_on("aria-invalid");
    let chosen = format!("language={language}");
    let cookies = page.headers.get_all("set-cookie").iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    assert!(cookies.any(|cookie| cookie.starts_with(&chosen)), "{path}");
    page
}

#[test]
fn every_form_of_the_desk_turns_by_a_button_that_sends_it() {
    let desk = Desk::of(&["ayse", "zeynep", "tekin"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let (zeynep, tekin) = (desk.sign_in("zeynep"), desk.sign_in("tekin"));
    let (ayse, zeynep, tekin) = (ayse.as_str(), zeynep.as_str(), tekin.as_str());
    let note = format!("/desk/case/{number}/note");
    for (path, cookie) in [
        ("/desk/sign-in", ""),
        ("/desk/register", ayse),
        (note.as_str(), ayse),
        ("/desk/password", ayse),
        ("/desk", ayse),
        ("/desk/search?q=kap", ayse),
        ("/desk/actions", ayse),
        ("/desk/actions/new", ayse),
        ("/desk/records?add=evidence", zeynep),
        ("/desk/records?add=objective", zeynep),
        ("/desk/records?add=training", zeynep),
        ("/desk/reviews", zeynep),
        ("/desk/staff?change=add", tekin),
        ("/desk/staff?person=ayse&change=roles", tekin),
    ] {
        let page = desk.get(path, cookie);
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.is_silent_on("hreflang");
        let (_, main) = page.body.split_once("<main").unwrap();
        // A language can send one form alone.
        let forms: Vec<&str> = main.split("<form ").skip(1).collect();
        assert_eq!(forms.len(), 1, "{path}: {main}");
        let (_, rest) = forms[0].split_once("id=\"").unwrap();
        let id = rest.split('"').next().unwrap();
        for language in ["tr", "ru"] {
            page.says(&format!("form=\"{id}\" name=\"lang\" value=\"{language}\""));
        }
        // Enter in a field presses the first button of its form, which turns to no language.
        let first = page.body.split(&format!(" form=\"{id}\"")).nth(1).unwrap();
        assert!(first.starts_with(" tabindex=\"-1\""), "{path}: {first}");
    }
}

#[test]
fn a_command_half_written_is_there_in_another_language_and_was_not_given() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let before = desk.kinds(&number);
    let path = format!("/desk/case/{number}/decide");
    let seq = desk.get(&path, &ayse).hidden("last_seq");
    let fields = [
        ("last_seq", seq.as_str()),
        ("response", "replacement"),
        ("cost", "1.250,50"),
        ("rule", "CR-"),
        ("second", "yes"),
        ("text", "Half a sen"),
    ];
    let turned = turn(&desk, &path, &ayse, &fields, "ru");
    turned.says("Half a sen</textarea>");
    turned.says("value=\"CR-\"");
    turned.says("value=\"1.250,50\"");
    turned.says("value=\"replacement\" selected");
    turned.says("name=\"second\" value=\"yes\" checked");
    assert_eq!(turned.hidden("last_seq"), seq);
    assert_eq!(desk.kinds(&number), before);
}

#[test]
fn what_was_ticked_off_stays_so_in_another_language() {
    let desk = Desk::of(&["ayse", "tekin"]);
    let tekin = desk.sign_in("tekin");
    let fields = [("what", "active"), ("person", "ayse")];
    let turned = turn(&desk, "/desk/staff", &tekin, &fields, "tr");
    turned.is_silent_on("name=\"may_act\" value=\"yes\" checked");
    let fields = [("what", "roles"), ("person", "ayse"), ("roles", "quality")];
    let turned = turn(&desk, "/desk/staff", &tekin, &fields, "tr");
    turned.says("name=\"roles\" value=\"quality\" checked");
    turned.is_silent_on("name=\"roles\" value=\"agent\" checked");
    assert!(desk.register().staff("ayse").unwrap().active);
}

#[test]
fn a_category_is_named_in_the_new_language_and_is_no_new_one() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let path = format!("/desk/case/{number}/classify");
    let seq = desk.get(&path, &ayse).hidden("last_seq");
    let fields = [("last_seq", seq.as_str()), ("category", "Cracking")];
    let turned = turn(&desk, &path, &ayse, &fields, "tr");
    turned.says("name=\"category\" value=\"Çatlama\"");
    // Sent as it stands there, it is the code that was meant.
    let fields = [("last_seq", seq.as_str()), ("category", "Çatlama")];
    let taken = desk.post_in("tr", &path, &ayse, &fields);
    assert!(taken.location().contains("case_classify"), "{}", taken.body);
    let file = desk.register().case_file(desk.key(&number), None).unwrap();
    assert_eq!(file.category.as_deref(), Some("cracking"));
}

#[test]
fn files_of_a_form_go_along_into_another_language() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let path = format!("/desk/case/{number}/attach");
    let seq = desk.get(&path, &ayse).hidden("last_seq");
    let fields = [("last_seq", seq.as_str()), ("lang", "tr")];
    let turned = desk.upload(&path, &ayse, &fields, &[("duvar.jpg", JPEG)]);
    assert_eq!(turned.status, StatusCode::OK, "{}", turned.body);
    turned.says("<bdi>duvar.jpg</bdi>");
    assert!(
        desk.register()
            .attachments(desk.key(&number))
            .unwrap()
            .is_empty()
    );
    let held = turned.hidden("held_files");
    let fields = [("last_seq", seq.as_str()), ("held_files", held.as_str())];
    let sent = desk.post(&path, &ayse, &fields);
    assert!(sent.location().contains("done=case_attach"));
    let files = desk.register().attachments(desk.key(&number)).unwrap();
    assert_eq!(files.len(), 1);
}

#[test]
fn whoever_comes_second_reads_what_changed_in_every_language() {
    let desk = Desk::of(&["ayse", "mehmet"]);
    let (ayse, mehmet) = (desk.sign_in("ayse"), desk.sign_in("mehmet"));
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let path = format!("/desk/case/{number}/decide");
    let seen = desk.get(&path, &mehmet).hidden("last_seq");
    desk.done(&ayse, &number, "note", &[("text", "Müşteri yine aradı.")]);
    // Already the choice of a language tells it, and again the next one.
    let mut fields = DECISION.to_vec();
    fields.extend([("last_seq", seen.as_str()), ("lang", "tr")]);
    let first = desk.post(&path, &mehmet, &fields);
    assert_eq!(first.status, StatusCode::CONFLICT);
    first.says("Müşteri yine aradı.");
    first.says("value=\"CR-7\"");
    let (last, before) = (first.hidden("last_seq"), first.hidden("seen_before"));
    assert_eq!(before, seen);
    let mut fields = DECISION.to_vec();
    fields.extend([
        ("last_seq", last.as_str()),
        ("seen_before", before.as_str()),
    ]);
    let mut turned = fields.clone();
    turned.push(("lang", "ru"));
    let second = desk.post(&path, &mehmet, &turned);
    assert_eq!(second.status, StatusCode::CONFLICT);
    second.says("<html lang=\"ru\">");
    second.says("Müşteri yine aradı.");
    // Sent, it is taken: what changed has been read.
    let sent = desk.post(&path, &mehmet, &fields);
    assert!(sent.location().contains("case_decide"), "{}", sent.body);
}

#[test]
fn a_call_that_resembles_another_is_still_warned_of_in_another_language() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let once = desk.get("/desk/register", &ayse).hidden("once");
    let mut fields = vec![
        ("once", once.as_str()),
        ("text", "Kapı çatladı."),
        ("name", "Elif Kaya"),
        ("phone", "+90 555 111 22 33"),
        ("channel", "in_person"),
    ];
    let warned = desk.post("/desk/register", &ayse, &fields);
    assert_eq!(warned.hidden("confirmed"), "yes");
    fields.push(("confirmed", "yes"));
    let turned = turn(&desk, "/desk/register", &ayse, &fields, "tr");
    turned.says(&number);
    turned.says("Kapı çatladı.</textarea>");
    turned.says("value=\"in_person\" selected");
    assert_eq!(turned.hidden("once"), once);
    assert_eq!(turned.hidden("confirmed"), "yes");
    // Nothing was registered by it.
    let number_after = desk.post("/desk/register", &ayse, &fields).receipt()[0].clone();
    assert_ne!(number_after, number);
    let last = |number: &str| number.rsplit('-').next().unwrap().parse::<u32>().unwrap();
    assert_eq!(last(&number_after), last(&number) + 1);
}

#[test]
fn records_and_reviews_half_entered_are_there_in_another_language() {
    let desk = Desk::of(&["zeynep"]);
    let zeynep = desk.sign_in("zeynep");
    let page = desk.get("/desk/records?add=objective", &zeynep);
    let (once, seen) = (page.hidden("once"), page.hidden("seen"));
    let fields = [
        ("what", "objective"),
        ("once", once.as_str()),
        ("seen", seen.as_str()),
        ("indicator", "sla.intake"),
        ("target", "ninety"),
        ("reason", "Half a sen"),
    ];
    let turned = turn(&desk, "/desk/records", &zeynep, &fields, "tr");
    turned.says("value=\"ninety\"");
    turned.says("Half a sen</textarea>");
    turned.says("value=\"sla.intake\" selected");
    assert_eq!(turned.hidden("once"), once);
    assert!(desk.register().objectives(None).unwrap().is_empty());
    let fields = [("period", "2026-Q"), ("language", "ru")];
    let turned = turn(&desk, "/desk/reviews/build", &zeynep, &fields, "tr");
    turned.says("value=\"2026-Q\"");
    turned.says("value=\"ru\" selected");
    let fields = [("title", "Lids"), ("kind", "preventive"), ("scope", "x =")];
    let turned = turn(&desk, "/desk/actions/new", &zeynep, &fields, "ru");
    turned.says("value=\"Lids\"");
    turned.says("value=\"preventive\" selected");
    turned.says("value=\"x =\"");
    assert!(desk.register().actions(None).unwrap().is_empty());
}

#[test]
fn the_page_that_asks_who_it_is_turns_with_the_name_and_with_what_waits() {
    let desk = Desk::of(&["ayse"]);
    let fields = [
        ("name", "ayse"),
        ("password", PASSWORD),
        ("kept_to", "/desk/case/2026-000001/note"),
        ("kept.text", "Half a sentence of mine"),
    ];
    let turned = turn(&desk, "/desk/sign-in", "", &fields, "tr");
    turned.says("name=\"name\" value=\"ayse\"");
    turned.is_silent_on(PASSWORD);
    assert_eq!(turned.hidden("kept_to"), "/desk/case/2026-000001/note");
    assert_eq!(turned.hidden("kept.text"), "Half a sentence of mine");
    assert!(!turned.headers.get_all("set-cookie").iter().any(|cookie| {
        let cookie = cookie.to_str().unwrap();
        cookie.starts_with("desk=")
    }));
}

#[test]
fn a_button_alone_does_nothing_when_a_language_is_chosen() {
    let desk = Desk::of(&["zeynep"]);
    let zeynep = desk.sign_in("zeynep");
    let page = desk.post("/desk/outbox/1/retry", &zeynep, &[("lang", "tr")]);
    assert_eq!(page.location(), "/desk");
}
