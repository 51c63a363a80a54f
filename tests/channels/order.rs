//! Order within a case, several processes at once, and a process that dies in between.

use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use redress::domain::event::EventKind;
use redress::domain::vocabulary::Means;
use redress::register::{Claim, MessageState, Register, Setting};

use super::fake_gateway::{FakeGateway, Reply};
use super::fake_mail_server::FakeMailServer;
use super::{
    assert_clean, at, by_phone, decide, fresh, kinds, make, messages, person, register_for, send,
    settings,
};

#[test]
fn a_decision_does_not_overtake_its_registration() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    decide(&mut register, case.case_key, at(1));
    let other = register_for(&mut register, by_phone(), at(2));
    let gateway = FakeGateway::start(|n, _| match n {
        0 => Reply::Answer(500, "down"),
        _ => Reply::Answer(200, "ok"),
    });
    let settings = settings(&gateway.sms(""));
    let sent = send(&mut register, &settings, at(3));
    assert_eq!((sent.delivered, sent.later), (1, 2), "the other case goes");
    assert!(gateway.requests()[1].body.contains(&other.number));
    assert_eq!(messages(&register)[1].attempts, 0);
    assert_eq!(send(&mut register, &settings, at(5)).delivered, 2);
    let bodies: Vec<String> = gateway.requests().iter().map(|r| r.body.clone()).collect();
    assert_eq!(bodies[2], bodies[0], "the registration first");
    assert_eq!(
        kinds(&register, case.case_key),
        [
            EventKind::Registered,
            EventKind::Decided,
            EventKind::MessageSent,
            EventKind::Acknowledged,
            EventKind::MessageSent,
            EventKind::Communicated,
        ]
    );
    assert_clean(&register);
}

#[test]
fn an_e_mail_waits_for_the_sms_of_its_case_while_that_gateway_is_out_of_use() {
    let (_dir, mut register) = fresh();
    // Nine cases, so that the last one lies beyond the first batch.
    for minute in 0..9 {
        let case = register_for(
            &mut register,
            person(Some("05551112233"), Some("elif@example.org")),
            at(minute),
        );
        register
            .set_setting(Setting::PreferredMeans, "email")
            .unwrap();
        decide(&mut register, case.case_key, at(minute));
        register
            .set_setting(Setting::PreferredMeans, "sms")
            .unwrap();
    }
    let means: Vec<Means> = messages(&register).iter().map(|m| m.means).collect();
    assert_eq!(means[..2], [Means::Sms, Means::Email]);
    let gateway = FakeGateway::start(|n, _| match n {
        0 => Reply::Answer(401, "who are you?"),
        _ => Reply::Answer(200, "ok"),
    });
    let server = FakeMailServer::willing();
    let settings = settings(&format!("{}{}", gateway.sms(""), server.mail("")));
    let sent = send(&mut register, &settings, at(20));
    assert_eq!((sent.delivered, sent.faults.len()), (0, 1));
    assert!(server.mails().is_empty());
    let sent = send(&mut register, &settings, at(22));
    assert_eq!(sent.delivered, 18);
    assert_eq!(server.mails().len(), 9);
}

#[test]
fn a_claim_holds_back_what_comes_after_it_and_runs_out() {
    let (_dir, mut register) = fresh();
    let case = register_for(&mut register, by_phone(), at(0));
    let claim = |register: &mut Register, minute: i64| {
        register
            .claim_messages(&Claim {
                means: &[Means::Sms],
                not_behind: &[],
                due: at(minute),
                now: at(minute),
                limit: 9,
            })
            .unwrap()
    };
    let mut first = claim(&mut register, 1);
    assert_eq!(first.len(), 1);
    decide(&mut register, case.case_key, at(2));
    assert!(
        claim(&mut register, 3).is_empty(),
        "the registration is on its way"
    );
    assert!(register.keep_claim(&mut first[0], at(5)).unwrap());
    assert!(
        claim(&mut register, 7).is_empty(),
        "the claim was prolonged"
    );
    let second = claim(&mut register, 10);
    assert_eq!(second.len(), 2, "whoever claimed it died");
    assert!(!register.keep_claim(&mut first[0], at(10)).unwrap());
    assert!(!register.give_back(&first[0], at(10), None).unwrap());
    assert!(register.give_back(&second[0], at(10), None).unwrap());
    assert_eq!(
        claim(&mut register, 11).len(),
        1,
        "the decision is still claimed"
    );
    assert_clean(&register);
}

#[test]
fn several_processes_send_each_message_once() {
    let (dir, mut register) = fresh();
    for minute in 0..40 {
        register_for(&mut register, by_phone(), at(minute));
    }
    drop(register);
    let path = dir.path().join("register.sqlite");
    let gateway = FakeGateway::start(|_, _| {
        thread::sleep(Duration::from_millis(5));
        Reply::Answer(200, "ok")
    });
    let table = gateway.sms("");
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let (path, table) = (path.clone(), table.clone());
            thread::spawn(move || {
                let mut register = Register::open(&path).unwrap();
                send(&mut register, &settings(&table), at(60)).delivered
            })
        })
        .collect();
    let delivered: u64 = runs.into_iter().map(|run| run.join().unwrap()).sum();
    assert_eq!(delivered, 40);
    let mut keys: Vec<String> = gateway
        .requests()
        .iter()
        .map(|r| r.key().to_owned())
        .collect();
    assert_eq!(keys.len(), 40);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 40, "each once");
    let register = Register::open(&path).unwrap();
    assert!(
        messages(&register)
            .iter()
            .all(|m| m.state == MessageState::Sent)
    );
    assert_clean(&register);
}

#[test]
fn a_process_that_dies_before_it_records_a_yes_leaves_the_message_to_the_next_under_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("register.sqlite");
    // The program reads the clock of this machine.
    let now = Utc::now();
    let mut register = make(&path, now);
    let case = register_for(&mut register, by_phone(), now);
    let (took, taken) = mpsc::channel();
    let gateway = FakeGateway::start(move |n, _| {
        if n == 0 {
            took.send(()).unwrap();
            // The yes never reaches the program.
            thread::sleep(Duration::from_secs(30));
        }
        Reply::Answer(200, "ok")
    });
    let file = dir.path().join("redress.toml");
    std::fs::write(&file, gateway.sms("timeout = 60")).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_redress"))
        .env_clear()
        .arg("--config")
        .arg(&file)
        .arg("--register")
        .arg(&path)
        .args(["notify", "--no-follow-ups"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    taken.recv_timeout(Duration::from_secs(60)).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    let settings = settings(&gateway.sms(""));
    let soon = Utc::now() + TimeDelta::minutes(1);
    assert_eq!(
        send(&mut register, &settings, soon).delivered,
        0,
        "still claimed"
    );
    let later = Utc::now() + TimeDelta::minutes(8);
    assert_eq!(send(&mut register, &settings, later).delivered, 1);
    let requests = gateway.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].key(), requests[1].key());
    assert_eq!(requests[0].body, requests[1].body);
    let sent = kinds(&register, case.case_key);
    let sent = sent.iter().filter(|k| **k == EventKind::MessageSent);
    assert_eq!(sent.count(), 1, "the case counts it once");
    assert_clean(&register);
}
