//! Nothing that somebody entered is lost: neither when the language changes nor when the session ends.

use super::*;

/// The cookie of the language that was chosen.
fn language(page: &Page) -> String {
    let cookies = page.headers.get_all(SET_COOKIE).iter();
    let mut texts = cookies.map(|cookie| cookie.to_str().unwrap());
    let chosen = texts.find(|cookie| cookie.starts_with("language="));
    chosen.unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn a_complaint_half_written_is_there_in_another_language() {
    let site = Site::new();
    let page = site.get("/complain", "");
    // The languages send the form, and are no links that begin it anew.
    page.says("form=\"form\" name=\"lang\" value=\"tr\"");
    page.is_silent_on("hreflang");
    // Enter in a field presses the first button of its form, which turns to no language.
    let first = page.body.split(" form=\"form\"").next().unwrap();
    let first = &page.body[first.len()..];
    assert!(
        first.starts_with(" form=\"form\" tabindex=\"-1\""),
        "{first}"
    );
    let once = page.hidden("once");
    let turned = site.post(
        "/complain",
        "",
        &[
            ("once", &once),
            ("step", "problem"),
            ("lang", "tr"),
            ("text", "Half a sen"),
            ("occurred_on", "tomorrow"),
            ("name", "Ayşe"),
        ],
    );
    // Nothing is found wrong with what is still being written.
    assert_eq!(turned.status, StatusCode::OK);
    turned.says("<html lang=\"tr\">");
    turned.says("Half a sen</textarea>");
    turned.says("value=\"tomorrow\"");
    turned.is_silent_on("aria-invalid");
    assert_eq!(turned.hidden("name"), "Ayşe");
    assert_eq!(turned.hidden("once"), once);
    assert_eq!(language(&turned), "language=tr");
}

#[test]
fn files_of_a_complaint_are_there_in_another_language() {
    let site = Site::new();
    let once = site.get("/complain", "").hidden("once");
    let fields = [
        ("once", once.as_str()),
        ("step", "files"),
        ("lang", "ru"),
        ("text", "x"),
    ];
    let turned = site.upload("/complain", "", &fields, &[("duvar.jpg", JPEG)]);
    assert_eq!(turned.status, StatusCode::OK);
    turned.says("<html lang=\"ru\">");
    turned.says("duvar.jpg");
    let shown = site
        .post("/complain", &language(&turned), &whole(&once, "x"))
        .receipt();
    let row = site.register().case_by_number(&shown[0]).unwrap();
    let files = site.register().attachments(row.case_key).unwrap();
    assert_eq!(files.len(), 1);
}

#[test]
fn an_addition_with_its_file_is_there_in_another_language_and_not_sent() {
    let site = Site::new();
    let case = site.complain("x");
    let cookie = site.track(&case);
    let form = site.get("/case/add", &cookie);
    form.says("name=\"lang\" value=\"tr\"");
    let once = form.hidden("once");
    let before = site.kinds(&case);
    let fields = [
        ("for", case.number.as_str()),
        ("once", once.as_str()),
        ("text", "The kitch"),
        ("lang", "tr"),
    ];
    let turned = site.upload("/case/add", &cookie, &fields, &[("kitchen.jpg", JPEG)]);
    assert_eq!(turned.status, StatusCode::OK);
    turned.says("<html lang=\"tr\">");
    turned.says("The kitch</textarea>");
    turned.says("kitchen.jpg");
    assert_eq!(site.kinds(&case), before);
}

#[test]
fn an_answer_half_written_is_there_in_another_language_and_not_recorded() {
    let site = Site::new();
    let case = site.complain("x");
    site.decide(&case, 1, "ayse", None, "No.");
    let cookie = site.track(&case);
    let form = site.get("/case", &cookie);
    form.says("form=\"form\" name=\"lang\"");
    let seen = form.hidden("last_seq");
    let fields = [
        ("for", case.number.as_str()),
        ("last_seq", seen.as_str()),
        ("answer", "rejected"),
        ("words", "It was d"),
        ("confirmed", "1"),
        ("lang", "ru"),
    ];
    let turned = site.post("/case/answer", &cookie, &fields);
    assert_eq!(turned.status, StatusCode::OK);
    turned.says("<html lang=\"ru\">");
    turned.says("It was d</textarea>");
    turned.says("value=\"rejected\" checked");
    assert_eq!(site.state(&case), StateName::Resolved);
}

#[test]
fn what_is_shown_once_has_no_link_that_leads_away_from_it() {
    let site = Site::new();
    let once = site.get("/complain", "").hidden("once");
    let receipt = site.post("/complain", "", &whole(&once, "x"));
    assert_eq!(receipt.receipt().len(), 2);
    receipt.is_silent_on("lang=ru");
    receipt.is_silent_on("name=\"lang\"");
}

#[test]
fn a_file_that_was_chosen_when_the_session_ended_is_there_after_the_password() {
    let site = Site::new();
    let case = site.complain("x");
    let cookie = site.track(&case);
    let once = site.get("/case/add", &cookie).hidden("once");
    site.pass(TimeDelta::minutes(31));
    let fields = [
        ("for", case.number.as_str()),
        ("once", once.as_str()),
        ("go", "send"),
        ("text", "The kitchen."),
    ];
    let asked = site.upload("/case/add", &cookie, &fields, &[("kitchen.jpg", JPEG)]);
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    let to = asked.hidden("kept_to");
    assert_eq!(asked.hidden("kept.once"), once);
    let signed = [
        ("number", case.number.as_str()),
        ("password", case.password.as_str()),
        ("kept_to", to.as_str()),
        ("kept.for", case.number.as_str()),
        ("kept.once", once.as_str()),
        ("kept.text", "The kitchen."),
    ];
    let form = site.post("/track", "", &signed);
    assert_eq!(form.status, StatusCode::OK);
    form.says("kitchen.jpg");
    let sent = site.post("/case/add", &form.cookie(), &fields);
    assert_eq!(sent.location(), "/case?done=case_added");
    let files = site.register().attachments(site.key(&case)).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].name.as_deref(), Some("kitchen.jpg"));
}
