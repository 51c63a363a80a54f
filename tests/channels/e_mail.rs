//! E-mail over a mail server; what arrives is read by another program's parser.

use chrono::{Days, NaiveDate};
use mail_parser::MessageParser;
use redress::domain::vocabulary::Language;
use redress::register::{MessageState, Setting};

use super::fake_gateway::dead_port;
use super::fake_mail_server::{FakeMailServer, usual};
use super::{
    AWKWARD, ask, assert_clean, at, by_email, decide, fresh, messages, person, register_for, send,
    settings, stands_in,
};

/// Subject, text and Message-ID as a mail program shows them.
fn read(content: &[u8]) -> (String, String, String) {
    let mail = MessageParser::default().parse(content).unwrap();
    (
        mail.subject().unwrap().to_owned(),
        mail.body_text(0).unwrap().into_owned(),
        mail.message_id().unwrap().to_owned(),
    )
}

/// The token of the link in a text.
fn token(text: &str) -> String {
    let (_, rest) = text.split_once("https://example.org/t/").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn an_e_mail_says_its_subject_in_the_customers_language_and_opens_the_case_by_its_link() {
    let subjects = [
        (Language::En, "Complaint 2026-000001: registered"),
        (Language::Tr, "Şikâyet 2026-000002: kaydınız alındı"),
        (Language::Ru, "Жалоба 2026-000003: зарегистрирована"),
    ];
    let (dir, mut register) = fresh();
    let page = "https://example.org/track";
    register.set_setting(Setting::TrackingUrl, page).unwrap();
    let mut cases = Vec::new();
    for (language, _) in subjects {
        let mut who = by_email();
        who.name = Some(language.to_string());
        who.language = language;
        cases.push(register_for(&mut register, who, at(0)));
    }
    let server = FakeMailServer::willing();
    let sent = send(
        &mut register,
        &settings(&server.mail("reply_to = \"yardim@example.org\"")),
        at(1),
    );
    assert_eq!(sent.delivered, 3);
    assert_eq!(server.connections(), 1, "one connection serves all");
    for ((case, (_, subject)), mail) in cases.iter().zip(subjects).zip(server.mails()) {
        assert_eq!(mail.to, "elif@example.org");
        assert!(mail.content.is_ascii());
        let (found, text, id) = read(&mail.content);
        assert_eq!(found, subject);
        assert!(
            text.contains(&case.number) && text.contains(&case.password),
            "{text}"
        );
        assert!(id.ends_with("@example.org"), "{id}");
        let token = token(&text);
        assert_eq!(
            register.case_by_token(&token, at(2)).unwrap(),
            Some(case.case_key)
        );
        assert!(!stands_in(dir.path(), token.rsplit('.').next().unwrap()));
    }
    let parser = MessageParser::default();
    let mail = &server.mails()[0];
    let parsed = parser.parse(&mail.content).unwrap();
    let from = parsed.from().unwrap().first().unwrap();
    assert_eq!(
        (from.name(), from.address()),
        (Some("Kuzey Yapı"), Some("sikayet@example.org"))
    );
    let reply_to = parsed.reply_to().unwrap().first().unwrap();
    assert_eq!(reply_to.address(), Some("yardim@example.org"));
    assert_eq!(
        parsed.header_raw("Auto-Submitted").unwrap().trim(),
        "auto-generated"
    );
    assert_clean(&register);
}

#[test]
fn a_link_ends_with_its_day_with_a_new_password_and_with_every_change_of_a_sign() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_email(), at(0));
    let last = NaiveDate::from_ymd_opt(2026, 3, 5).unwrap();
    let token = register
        .tracking_token(case.case_key, last)
        .unwrap()
        .unwrap();
    assert!(token.starts_with("2026-000001.20260305."), "{token}");
    // 5 March ends in Istanbul at 21:00 of UTC.
    let minutes = 3 * 24 * 60 + 15 * 60;
    let open = |register: &redress::register::Register, minute| {
        register.case_by_token(&token, at(minute)).unwrap()
    };
    assert_eq!(open(&register, minutes - 1), Some(case.case_key));
    assert_eq!(open(&register, minutes), None);
    let further = last.checked_add_days(Days::new(1)).unwrap();
    let other = register
        .tracking_token(case.case_key, further)
        .unwrap()
        .unwrap();
    assert_ne!(token, other);
    for position in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'1' { b'2' } else { b'1' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(
            register.case_by_token(&changed, at(1)).unwrap(),
            None,
            "{changed}"
        );
    }
    register
        .reset_tracking_password(case.case_key, at(2))
        .unwrap();
    assert_eq!(open(&register, 3), None);
    // Another register has another key.
    let (_other_dir, mut other_register) = fresh();
    register_for(&mut other_register, by_email(), at(0));
    assert_eq!(other_register.case_by_token(&token, at(1)).unwrap(), None);
    let (key, day) = (case.case_key, further);
    register
        .erase(key, "KVKK", &super::contact(), at(4))
        .unwrap();
    assert_eq!(register.tracking_token(key, day).unwrap(), None);
}

#[test]
fn awkward_words_arrive_as_they_were_written() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_email(), at(0));
    ask(&mut register, case.case_key, at(1));
    let server = FakeMailServer::willing();
    send(&mut register, &settings(&server.mail("")), at(2));
    let (subject, text, _) = read(&server.mails()[1].content);
    assert_eq!(subject, "Şikâyet 2026-000001: yanıtınız gerekiyor");
    assert!(text.trim_end().ends_with(AWKWARD), "{text}");
}

#[test]
fn a_recipient_that_does_not_exist_is_dead_and_one_that_is_full_is_tried_again() {
    let (_dir, mut register) = fresh();
    for (minute, user) in ["nobody", "full", "elif"].into_iter().enumerate() {
        let mut who = person(None, Some(&format!("{user}@example.org")));
        who.name = Some(user.to_owned());
        register_for(&mut register, who, at(i64::try_from(minute).unwrap()));
    }
    let server = FakeMailServer::start(|_, line| {
        if line.starts_with("RCPT TO:<nobody") {
            Some("550 5.1.1 no such user".to_owned())
        } else if line.starts_with("RCPT TO:<full") {
            Some("452 4.2.2 mailbox full".to_owned())
        } else {
            usual(line)
        }
    });
    let sent = send(&mut register, &settings(&server.mail("")), at(5));
    assert_eq!((sent.delivered, sent.later, sent.dead), (1, 1, 1));
    assert_eq!(server.connections(), 1, "a refusal ends no connection");
    let states: Vec<MessageState> = messages(&register).iter().map(|m| m.state).collect();
    assert_eq!(
        states,
        [MessageState::Dead, MessageState::Failed, MessageState::Sent]
    );
    assert_eq!(server.mails().len(), 1);
    assert_eq!(server.mails()[0].to, "elif@example.org");
}

#[test]
fn content_that_is_refused_for_good_is_dead() {
    let (_dir, mut register) = fresh();
    register_for(&mut register, by_email(), at(0));
    let server = FakeMailServer::start(|_, line| match line {
        "." => Some("554 5.7.1 spam".to_owned()),
        line => usual(line),
    });
    assert_eq!(
        send(&mut register, &settings(&server.mail("")), at(1)).dead,
        1
    );
}

#[test]
fn a_server_that_refuses_us_costs_no_message_an_attempt() {
    let wrong_password = FakeMailServer::start(|_, line| match line.starts_with("AUTH") {
        true => Some("535 5.7.8 wrong password".to_owned()),
        false => usual(line),
    });
    let wrong_sender = FakeMailServer::start(|_, line| match line.starts_with("MAIL") {
        true => Some("550 5.7.1 not your address".to_owned()),
        false => usual(line),
    });
    let no_tls = FakeMailServer::willing();
    let tables = [
        wrong_password.mail("user = \"u\"\npassword = \"p\""),
        wrong_sender.mail(""),
        no_tls.mail("").replace("\"none\"", "\"starttls\""),
        format!(
            "[mail]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"a@example.org\"\n",
            dead_port()
        ),
    ];
    for table in tables {
        let (_dir, mut register) = fresh();
        register_for(&mut register, by_email(), at(0));
        register_for(&mut register, by_email(), at(1));
        let sent = send(&mut register, &settings(&table), at(2));
        assert_eq!(
            (sent.delivered, sent.dead, sent.faults.len()),
            (0, 0, 1),
            "{table}"
        );
        assert!(messages(&register).iter().all(|m| m.attempts == 0));
        let willing = FakeMailServer::willing();
        assert_eq!(
            send(&mut register, &settings(&willing.mail("")), at(4)).delivered,
            2
        );
    }
    assert!(no_tls.mails().is_empty(), "nothing was said in clear");
}

#[test]
fn a_connection_that_breaks_off_with_the_content_sends_it_again_under_the_same_message_id() {
    let (_dir, mut register) = fresh();
    register_for(&mut register, by_email(), at(0));
    let server = FakeMailServer::start(|n, line| match (n, line) {
        (0, ".") => None,
        _ => usual(line),
    });
    let settings = settings(&server.mail(""));
    let sent = send(&mut register, &settings, at(1));
    assert_eq!((sent.later, sent.faults.len()), (1, 0));
    assert_eq!(send(&mut register, &settings, at(3)).delivered, 1);
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(read(&mails[0].content).2, read(&mails[1].content).2);
}

#[test]
fn a_server_that_closes_after_each_mail_is_asked_anew() {
    let (_dir, mut register) = fresh();
    for minute in 0..3 {
        register_for(&mut register, by_email(), at(minute));
    }
    let taken = std::sync::Mutex::new(std::collections::BTreeSet::new());
    let server = FakeMailServer::start(move |n, line| {
        let mut taken = taken.lock().unwrap();
        if line == "." {
            taken.insert(n);
        }
        if line.starts_with("MAIL") && taken.contains(&n) {
            return Some("421 4.7.0 too many messages on this connection".to_owned());
        }
        usual(line)
    });
    let sent = send(&mut register, &settings(&server.mail("")), at(5));
    assert_eq!((sent.delivered, sent.later), (3, 0));
    assert_eq!(server.connections(), 3);
}

#[test]
fn an_alarm_goes_to_the_organisation_in_its_own_language_and_without_a_link() {
    let (_dir, mut register) = fresh();
    let page = "https://example.org/track";
    register.set_setting(Setting::TrackingUrl, page).unwrap();
    register
        .queue_alarm(
            "quality@example.org",
            "sla.processing missed",
            "2026-Q1",
            at(0),
        )
        .unwrap();
    let server = FakeMailServer::willing();
    assert_eq!(
        send(&mut register, &settings(&server.mail("")), at(1)).delivered,
        1
    );
    let mail = &server.mails()[0];
    let (subject, text, _) = read(&mail.content);
    assert_eq!(mail.to, "quality@example.org");
    assert_eq!(subject, "Complaint handling: something needs attention");
    assert_eq!(text.trim_end(), "sla.processing missed");
}

#[test]
fn messages_go_into_files_for_trying_out_and_the_case_counts_them_as_sent() {
    let (dir, mut register) = fresh();
    let case = register_for(&mut register, by_email(), at(0));
    decide(&mut register, case.case_key, at(1));
    register_for(&mut register, super::by_phone(), at(2));
    let folder = dir.path().join("out");
    let settings = settings(&format!(
        "[sms]\nkind = \"file\"\n[mail]\nkind = \"file\"\nfrom = \"a@example.org\"\n[file]\nfolder = \"{}\"\n",
        folder.display()
    ));
    assert_eq!(send(&mut register, &settings, at(3)).delivered, 3);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[0].starts_with("000001-registration-") && names[0].ends_with(".eml"));
    assert!(names[1].starts_with("000002-decision-") && names[1].ends_with(".eml"));
    assert!(names[2].starts_with("000003-registration-") && names[2].ends_with(".json"));
    let sms: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join(&names[2])).unwrap()).unwrap();
    assert_eq!(sms["to"], "05551112233");
    let resolved = redress::domain::workflow::StateName::Resolved;
    assert_eq!(register.case_row(case.case_key).unwrap().state, resolved);
}
