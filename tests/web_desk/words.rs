//! What people wrote is never markup, and every page speaks three languages.

use redress::register::{Actor, Setting};

use super::{DECISION, Desk, Page};

/// What somebody may write into any field.
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// A key of the texts that stands where its text should.
fn missing_key(body: &str) -> Option<&str> {
    let sections = [
        "shell",
        "ways",
        "failure",
        "time",
        "sign_in",
        "password",
        "queue",
        "waits",
        "case",
        "ledger",
        "day",
        "pause",
        "means",
        "purposes",
        "message_states",
        "scores",
        "history",
        "facts",
        "labels",
        "hints",
        "entry",
        "command",
        "commands",
        "leads",
        "buttons",
        "refusals",
        "register",
        "similar",
        "search",
        "outbox",
        "done",
    ];
    body.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
        .find(|word| match word.split_once('.') {
            Some((section, key)) => {
                sections.contains(&section) && key.starts_with(|c: char| c.is_ascii_lowercase())
            }
            None => false,
        })
}

/// No markup of anybody's is in a page.
#[track_caller]
fn is_clean(page: &Page) {
    page.is_silent_on("<script>alert");
    page.is_silent_on("<img src=x");
    page.is_silent_on("\"'>");
}

#[test]
fn what_people_wrote_is_shown_and_never_run() {
    let desk = Desk::of(&["ayse", "mehmet", "kemal"]);
    let (ayse, mehmet) = (desk.sign_in("ayse"), desk.sign_in("mehmet"));
    let once = desk.get("/desk/register", &ayse).hidden("once");
    let fields = [
        ("once", once.as_str()),
        ("confirmed", "yes"),
        ("text", EVIL),
        ("name", EVIL),
        ("phone", "+90 555 111 22 33"),
        ("channel", "phone"),
        ("product", EVIL),
        ("lot", EVIL),
        ("site", EVIL),
        ("address", EVIL),
        ("immediate_action", EVIL),
    ];
    let page = desk.post("/desk/register", &ayse, &fields);
    is_clean(&page);
    let number = page.receipt()[0].clone();
    desk.done(&ayse, &number, "note", &[("text", EVIL)]);
    desk.done(
        &ayse,
        &number,
        "classify",
        &[("category", EVIL), ("product", EVIL)],
    );
    let route = [("department", EVIL), ("site", EVIL), ("also", EVIL)];
    desk.done(&ayse, &number, "route", &route);
    let mut decision = DECISION.to_vec();
    decision.retain(|(name, _)| !["rule", "text"].contains(name));
    decision.extend([
        ("rule", EVIL),
        ("text", EVIL),
        ("root_cause", EVIL),
        ("second", "yes"),
    ]);
    desk.done(&ayse, &number, "decide", &decision);
    let case = format!("/desk/case/{number}");
    let seen = desk
        .get(&format!("{case}/note"), &mehmet)
        .hidden("last_seq");
    desk.done(&ayse, &number, "escalate", &[("by", EVIL), ("text", EVIL)]);

    let mut paths = [
        "/desk",
        "/desk/search?q=alert",
        "/desk/outbox",
        "/desk/register",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.push(case.clone());
    paths.extend(["form", "route", "amend", "assign"].map(|part| format!("{case}/{part}")));
    for path in &paths {
        is_clean(&desk.get(path, &ayse));
    }
    is_clean(&desk.get("/desk/search?q=%3Cscript%3E%22'%3E", &ayse));
    let typed = [("text", EVIL), ("name", EVIL), ("phone", "0555 111 22 33")];
    is_clean(&desk.post("/desk/similar", &ayse, &typed));
    let kept = [("text", EVIL), ("last_seq", seen.as_str())];
    is_clean(&desk.post(&format!("{case}/note"), &mehmet, &kept));
    is_clean(&desk.post(&format!("{case}/note"), "", &kept));
    let carried = [
        ("kept_to", case.as_str()),
        ("kept.text", EVIL),
        ("name", EVIL),
        ("password", EVIL),
    ];
    is_clean(&desk.post("/desk/sign-in", "", &carried));
}

#[test]
fn every_page_of_the_desk_has_its_texts_in_three_languages() {
    let desk = Desk::of(&["ayse", "mehmet", "zeynep"]);
    desk.register()
        .set_setting(Setting::LapseAfterDays, "1")
        .unwrap();
    let (ayse, mehmet) = (desk.sign_in("ayse"), desk.sign_in("mehmet"));
    // One case in each part of its way.
    let mut numbers = Vec::new();
    for no in 0..6 {
        let number = desk.register_call(&ayse, &format!("Kişi {no}"), "Kapı çatladı.");
        numbers.push(number);
    }
    let [
        registered,
        paused,
        decided,
        resolved,
        completed,
        outstanding,
    ] = &numbers[..]
    else {
        unreachable!("six were registered");
    };
    for number in [paused, decided, resolved, completed, outstanding] {
        desk.routed(&ayse, number);
    }
    desk.done(&ayse, registered, "assess", &[("severity", "low")]);
    desk.done(&ayse, paused, "pause", &[("pause", "customer_appointment")]);
    let mut second = DECISION.to_vec();
    second.push(("second", "yes"));
    desk.done(&ayse, decided, "decide", &second);
    for number in [resolved, completed, outstanding] {
        desk.resolved(&ayse, number);
    }
    let answer = |answer| [("answer", answer), ("means", "letter"), ("proof", "letter")];
    desk.done(&ayse, completed, "answer", &answer("accepted"));
    desk.done(&ayse, outstanding, "answer", &answer("rejected"));
    desk.resolved(&mehmet, outstanding);
    desk.done(&ayse, outstanding, "answer", &answer("rejected"));
    let by = Actor::staff(redress::domain::vocabulary::Role::Agent, "ayse");
    let amendment = redress::register::Amendment {
        seq: desk.register().events(desk.key(registered)).unwrap()[0].seq,
        field: "channel".to_owned(),
        new: "email".into(),
        reason: "yanlış".to_owned(),
    };
    let key = desk.key(registered);
    desk.register()
        .amend(key, &amendment, &by, desk.now())
        .unwrap();

    let mut paths: Vec<String> = [
        "/desk",
        "/desk?late=yes",
        "/desk/register",
        "/desk/search",
        "/desk/search?q=kapi",
        "/desk/search?q=k",
        "/desk/outbox",
        "/desk/password",
        "/desk/sign-in",
    ]
    .map(str::to_owned)
    .to_vec();
    for number in &numbers {
        let case = format!("/desk/case/{number}");
        for command in desk.offers(&ayse, number) {
            paths.push(format!("{case}/{command}"));
        }
        paths.push(format!("{case}/reopen"));
        paths.push(case);
    }
    let registered_event = amendment.seq;
    paths.push(format!(
        "/desk/case/{registered}/amend?event={registered_event}"
    ));
    paths.push(format!(
        "/desk/case/{registered}/amend?event={registered_event}&field=received_at"
    ));
    let done = [
        "case_second",
        "case_gone",
        "case_unreachable",
        "password",
        "retried",
    ];
    paths.extend(done.map(|key| format!("/desk?done={key}")));
    for language in ["en", "tr", "ru"] {
        for path in &paths {
            let page = desk.get_in(language, path, &ayse);
            assert_eq!(missing_key(&page.body), None, "{language} {path}");
            page.says(&format!("<html lang=\"{language}\">"));
            assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
        }
        // What is wrong is said in words too.
        for command in [
            "note", "assess", "classify", "route", "ask", "pause", "assign",
        ] {
            let path = format!("/desk/case/{registered}/{command}");
            let seq = desk.get(&path, &ayse).hidden("last_seq");
            let page = desk.post_in(language, &path, &ayse, &[("last_seq", &seq)]);
            assert_eq!(missing_key(&page.body), None, "{language} {path}");
        }
        let path = format!("/desk/case/{outstanding}/refer");
        let page = desk.post_in(language, &path, &ayse, &[("last_seq", "1")]);
        assert_eq!(missing_key(&page.body), None, "{language} {path}");
        let wrong = desk.post_in(language, "/desk/sign-in", "", &[("name", "x")]);
        assert_eq!(missing_key(&wrong.body), None, "{language} sign-in");
    }
}

#[test]
fn every_field_of_a_form_has_its_label_and_every_error_its_place() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    for command in desk.offers(&ayse, &number) {
        let page = desk.get(&format!("/desk/case/{number}/{command}"), &ayse);
        for part in page.body.split(" id=\"c-").skip(1) {
            let id = part.split('"').next().unwrap();
            if !id.ends_with("-hint") && !id.ends_with("-error") && !id.ends_with("-list") {
                page.says(&format!("for=\"c-{id}\""));
            }
        }
        page.is_silent_on(" style=\"");
        page.is_silent_on("<script");
    }
}
