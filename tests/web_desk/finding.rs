//! Registering with its warning, the queue, the search, the messages that went nowhere.

use axum::http::StatusCode;
use chrono::TimeDelta;
use redress::domain::vocabulary::{Channel, Language, MessagePurpose, Role, Severity};
use redress::register::{Actor, CaseFilter, MessageFilter, MessageState};

use super::Desk;

/// A call as it is typed in.
fn call<'a>(once: &'a str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("once", once),
        ("text", text),
        ("name", "Elif Kaya"),
        ("phone", "0555 111 22 33"),
        ("channel", "phone"),
        ("received", "2026-03-02T08:45"),
        ("product", "Facade 10"),
        ("severity", "high"),
        ("language", "tr"),
        ("remedy", "replacement"),
    ]
}

#[test]
fn a_call_is_registered_with_what_was_typed_in_and_its_password_is_shown_once() {
    let desk = Desk::of(&["deniz"]);
    let deniz = desk.sign_in("deniz");
    let form = desk.get("/desk/register", &deniz);
    // The present minute stands there already.
    form.says("value=\"2026-03-02T09:00\"");
    form.says("data-similar=\"/desk/similar\"");
    let once = form.hidden("once");
    let page = desk.post(
        "/desk/register",
        &deniz,
        &call(&once, "Kapının boyası çatladı."),
    );
    assert_eq!(page.status, StatusCode::OK);
    let shown = page.receipt();
    assert_eq!(shown[0], "2026-000001");
    let register = desk.register();
    let key = desk.key("2026-000001");
    assert_eq!(
        register.verify_tracking("2026-000001", &shown[1]).unwrap(),
        Some(key)
    );
    let file = register.case_file(key, None).unwrap();
    assert_eq!(file.received_at().to_rfc3339(), "2026-03-02T05:45:00+00:00");
    assert_eq!(file.registration.channel, Channel::Phone);
    assert_eq!(file.registration.language, Language::Tr);
    assert_eq!(file.registered_role, Role::Contact);
    assert_eq!(file.severities().unwrap().0, Severity::High);

    // Sent twice, it counts once, and the password is not shown again.
    let again = desk.post(
        "/desk/register",
        &deniz,
        &call(&once, "Kapının boyası çatladı."),
    );
    assert!(again.location().starts_with("/desk/case/2026-000001"));
    assert_eq!(
        register.list_cases(&CaseFilter::default()).unwrap().len(),
        1
    );
}

#[test]
fn goods_of_a_day_that_has_not_come_are_refused_beside_their_field() {
    let desk = Desk::of(&["deniz"]);
    let deniz = desk.sign_in("deniz");
    for (field, name) in [
        ("sold_on", "Day of sale"),
        ("produced_on", "Day of production"),
    ] {
        let once = desk.get("/desk/register", &deniz).hidden("once");
        let mut fields = call(&once, "Kapının boyası çatladı.");
        fields.push((field, "2199-01-01"));
        let page = desk.post("/desk/register", &deniz, &fields);
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.says(&format!("{name}: this lies in the future"));
    }
    let cases = desk.register().list_cases(&CaseFilter::default()).unwrap();
    assert!(cases.is_empty());
}

#[test]
fn a_complaint_that_is_here_already_is_warned_of_before_it_is_registered() {
    let desk = Desk::of(&["deniz", "kemal"]);
    let deniz = desk.sign_in("deniz");
    let words = "Kapının boyası iki haftada çatladı, renk de değişti.";
    let first = desk.register_call(&deniz, "Elif Kaya", words);
    // While it is typed in, by words alone, without Turkish letters.
    let typed = [("text", "KAPININ BOYASI iki haftada catladi renk degisti")];
    let fragment = desk.post("/desk/similar", &deniz, &typed);
    fragment.says(&first);
    fragment.says("words in common");
    fragment.is_silent_on("<html");
    let nothing = desk.post("/desk/similar", &deniz, &[("text", "Fatura yanlış")]);
    nothing.is_silent_on(&first);

    // Without a script the first sending warns, and nothing is recorded.
    let once = desk.get("/desk/register", &deniz).hidden("once");
    let fields = call(&once, "Yine aynı kapı için arıyorum.");
    let warned = desk.post("/desk/register", &deniz, &fields);
    assert_eq!(warned.status, StatusCode::OK);
    warned.says(&first);
    warned.says("same phone");
    warned.says("same name");
    warned.says("Yine aynı kapı için arıyorum.");
    assert!(warned.receipt().is_empty());
    assert_eq!(
        desk.register()
            .list_cases(&CaseFilter::default())
            .unwrap()
            .len(),
        1
    );
    let confirmed = warned.hidden("confirmed");
    let mut fields = fields;
    fields.push(("confirmed", &confirmed));
    let page = desk.post("/desk/register", &deniz, &fields);
    assert_eq!(page.receipt()[0], "2026-000002");
    // Months later it is another complaint.
    desk.pass(TimeDelta::days(120));
    let deniz = desk.sign_in("deniz");
    let later = desk.post("/desk/similar", &deniz, &[("phone", "0555 111 22 33")]);
    later.is_silent_on(&first);
}

#[test]
fn what_is_wrong_with_a_call_stands_beside_its_field_and_nothing_is_lost() {
    let desk = Desk::of(&["deniz"]);
    let deniz = desk.sign_in("deniz");
    let once = desk.get("/desk/register", &deniz).hidden("once");
    let fields = [
        ("once", once.as_str()),
        ("text", "Kapı çatladı."),
        ("email", "nobody"),
        ("channel", "form"),
        ("received", "2026-03-05T08:45"),
        ("sold_on", "yesterday"),
    ];
    let page = desk.post("/desk/register", &deniz, &fields);
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["r-email", "r-channel", "r-received", "r-sold_on"] {
        page.says(&format!("<a href=\"#{field}\">"));
        page.says(&format!("id=\"{field}-error\""));
    }
    page.says("Kapı çatladı.");
    page.says("value=\"nobody\"");
    assert_eq!(page.hidden("once"), once);
    assert!(
        desk.register()
            .list_cases(&CaseFilter::default())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn the_queue_puts_the_least_time_first_and_says_what_is_late_and_what_is_waited_for() {
    let desk = Desk::of(&["ayse", "mehmet"]);
    let ayse = desk.sign_in("ayse");
    let old = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    // Thursday: acknowledgement (one working day) and intake (two) are over.
    desk.pass(TimeDelta::days(3));
    let ayse = desk.sign_in("ayse");
    let fresh = desk.register_call(&ayse, "Ali Can", "Renk tutmadı.");
    let queue = desk.get("/desk", &ayse);
    queue.says("2 open complaints");
    queue.says("1 of them is late");
    let at = |number: &str| queue.body.find(&format!(">{number}<")).unwrap();
    assert!(at(&old) < at(&fresh));
    queue.says("late, was due on 3\u{a0}March 2026");
    queue.says("Acknowledgement, Intake");
    queue.says("1 working day");
    queue.says("classification and routing");

    desk.get("/desk?late=yes", &ayse).is_silent_on(&fresh);
    desk.done(&ayse, &fresh, "take", &[]);
    let mine = desk.get("/desk?mine=yes", &ayse);
    mine.says(&fresh);
    mine.is_silent_on(&old);
    desk.routed(&ayse, &old);
    let plant = desk.get("/desk?department=technical_gebze&site=gebze", &ayse);
    plant.says(&old);
    plant.is_silent_on(&fresh);
    desk.get("/desk?state=registered", &ayse).is_silent_on(&old);
    desk.done(&ayse, &old, "withdraw", &[("text", "Telefonda söyledi.")]);
    desk.get("/desk", &ayse).is_silent_on(&old);
}

#[test]
fn a_list_of_more_than_a_hundred_goes_on_on_another_page() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let mut register = desk.register();
    for no in 0..101 {
        let new = complaint(&format!("Kapı {no} çatladı."), desk.now());
        let by = Actor::staff(Role::Agent, "ayse");
        register.register_case(&new, &by, desk.now()).unwrap();
    }
    let first = desk.get("/desk?mine=&late=", &ayse);
    first.says("101 open complaints");
    first.says("page=2");
    first.is_silent_on(">2026-000101<");
    let second = desk.get("/desk?page=2", &ayse);
    second.says(">2026-000101<");
    second.is_silent_on(">2026-000100<");
}

/// A complaint of nobody in particular.
pub fn complaint(text: &str, now: chrono::DateTime<chrono::Utc>) -> redress::register::NewCase {
    redress::register::NewCase {
        registered: redress::domain::event::Registered {
            received_at: now,
            channel: Channel::Phone,
            language: Language::Tr,
            product: None,
            lot: None,
            site: None,
            unit: None,
            remedy_sought: None,
            sold_on: None,
            produced_on: None,
            immediate_action: None,
        },
        complainant: redress::register::Complaining::Person(redress::register::Person {
            name: None,
            phone: None,
            email: None,
            address: None,
            language: Language::Tr,
        }),
        narrative: text.to_owned(),
        occurred_at: now,
        late_reason: None,
    }
}

#[test]
fn complaints_are_found_by_what_is_known_of_them_in_three_languages() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let turkish = desk.register_call(&ayse, "Işıl Çınar", "IŞIKTA boyası soldu, ŞİKÂYETÇİYİM.");
    let russian = desk.register_call(&ayse, "Олег Ким", "Ёмкость протекает с самого начала.");
    let english = desk.register_call(&ayse, "Ann Lee", "The lid doesn't close.");
    desk.done(
        &ayse,
        &english,
        "classify",
        &[("category", "packaging"), ("lot", "LOT-9")],
    );
    let find = |asked: &str| {
        let encoded: String = asked.bytes().map(|b| format!("%{b:02X}")).collect();
        desk.get(&format!("/desk/search?q={encoded}"), &ayse)
    };
    for (asked, wanted) in [
        ("isikta", &turkish),
        ("ışıkta SOLDU", &turkish),
        ("sikayetciyim", &turkish),
        ("ısıl cinar", &turkish),
        ("емкость", &russian),
        ("ПРОТЕКАЕТ", &russian),
        ("lid CLOSE", &english),
        ("lot-9", &english),
    ] {
        let page = find(asked);
        for number in [&turkish, &russian, &english] {
            match number == wanted {
                true => page.says(number),
                false => page.is_silent_on(&format!(">{number}<")),
            }
        }
    }
    find("0555 111 22 33").says("3 complaints found. 3 complaints were looked through.");
    find("nowhere to be found").says("0 complaints found.");
    // A number leads to its case.
    let itself = find(&turkish);
    assert_eq!(itself.location(), format!("/desk/case/{turkish}"));

    let by = Actor::staff(Role::Admin, "tekin");
    let key = desk.key(&turkish);
    desk.register()
        .erase(key, "request of the person", &by, desk.now())
        .unwrap();
    find("isikta").says("0 complaints found.");
    find("cinar").says("0 complaints found.");
}

#[test]
fn a_message_that_was_given_up_is_tried_again_and_no_password_is_shown() {
    let desk = Desk::of(&["ayse", "kemal", "deniz"]);
    let ayse = desk.sign_in("ayse");
    let once = desk.get("/desk/register", &ayse).hidden("once");
    let mut fields = call(&once, "Kapı çatladı.");
    fields.push(("confirmed", "yes"));
    let password = desk.post("/desk/register", &ayse, &fields).receipt()[1].clone();
    let number = "2026-000001";
    desk.routed(&ayse, number);
    desk.done(&ayse, number, "decide", &super::DECISION);
    let now = desk.now();
    let mut register = desk.register();
    for message in register.claim_due_messages(now, 10).unwrap() {
        let failed = register.message_failed(message.message_id, "no such number", true, now);
        assert_eq!(failed.unwrap(), MessageState::Dead);
    }
    let page = desk.get("/desk/outbox", &ayse);
    page.says("no such number");
    page.says(number);
    page.is_silent_on(&password);
    let dead = register
        .messages(&MessageFilter {
            state: Some(MessageState::Dead),
            purpose: Some(MessagePurpose::Decision),
            ..MessageFilter::default()
        })
        .unwrap();
    let path = format!("/desk/outbox/{}/retry", dead[0].message_id);
    let retried = desk.post(&path, &ayse, &[]);
    assert_eq!(retried.location(), "/desk/outbox?done=retried");
    let twice = desk.post(&path, &ayse, &[]);
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let waiting = register.messages(&MessageFilter {
        state: Some(MessageState::Queued),
        ..MessageFilter::default()
    });
    assert_eq!(waiting.unwrap().len(), 1);
    // What customers are told is not everybody's to read.
    for name in ["kemal", "deniz"] {
        let cookie = desk.sign_in(name);
        assert_eq!(
            desk.get("/desk/outbox", &cookie).status,
            StatusCode::FORBIDDEN
        );
        assert_eq!(desk.post(&path, &cookie, &[]).status, StatusCode::FORBIDDEN);
    }
}

#[test]
fn the_case_page_names_what_is_like_it_and_what_the_person_complained_of_before() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let words = "Kapının boyası iki haftada çatladı, renk de değişti.";
    let first = desk.register_call(&ayse, "Elif Kaya", words);
    let before = desk.register_call(&ayse, "Elif Kaya", "Fatura yanlış yazılmış.");
    let new = complaint(
        "Kapının boyası iki haftada çatladı ve renk değişti",
        desk.now(),
    );
    let by = Actor::staff(Role::Agent, "ayse");
    let other = desk
        .register()
        .register_case(&new, &by, desk.now())
        .unwrap();
    let page = desk.get(&format!("/desk/case/{first}"), &ayse);
    page.says("Other complaints of this person");
    page.says(&before);
    page.says("Similar complaints");
    page.says(&other.number);
    // Nothing is said of groups before any were searched.
    page.is_silent_on("Same problem");
}
