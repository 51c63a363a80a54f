//! The drill of docs/operations.md, line by line as it stands there, while others write.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Utc;
use redress::domain::event::Registered;
use redress::domain::vocabulary::{Channel, Language};
use redress::register::{Actor, Complaining, NewCase, Person, Register};

/// What comes before the commands in the page.
const MARK: &str =
    "<!-- These lines are run as they stand by a test: tests/operation/drill.rs. -->";

fn commands() -> &'static str {
    let page = include_str!("../../docs/operations.md");
    let after = page.split_once(MARK).expect("the mark in the page").1;
    let block = after.split_once("```sh\n").expect("a block of commands").1;
    block.split_once("```").expect("the block's end").0
}

/// Registers a complaint; another process may write at the same moment.
fn complain(path: &Path) -> String {
    let now = Utc::now();
    let new = NewCase {
        registered: Registered {
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
        complainant: Complaining::Person(Person {
            name: Some("Elif Kaya".to_owned()),
            phone: Some("+905321112233".to_owned()),
            email: None,
            address: None,
            language: Language::Tr,
        }),
        narrative: "Kapının boyası çatladı.".to_owned(),
        occurred_at: now,
        late_reason: None,
    };
    let mut register = Register::open(path).unwrap();
    let by = Actor::staff(redress::domain::vocabulary::Role::Contact, "deniz");
    register.register_case(&new, &by, now).unwrap().number
}

#[test]
fn a_backup_taken_under_load_is_restored_audited_and_served() {
    let dir = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_redress");
    let bin = dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(program, bin.join("redress")).unwrap();
    let path = format!(
        "{}:{}",
        bin.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let office = dir.path().join("office");
    std::fs::create_dir_all(office.join("backup")).unwrap();
    std::fs::write(
        office.join("redress.toml"),
        "register = \"register.sqlite\"\nlake = \"lake\"\nout = \"out\"\n",
    )
    .unwrap();
    let redress = |arguments: &[&str]| {
        let done = Command::new(program)
            .args(arguments)
            .current_dir(&office)
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    };
    redress(&["init"]);
    redress(&["staff", "add", "deniz", "--roles", "contact"]);
    let register = office.join("register.sqlite");
    let before = complain(&register);

    let over = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (over, register) = (Arc::clone(&over), register.clone());
        move || {
            let mut numbers = Vec::new();
            while !over.load(Ordering::Relaxed) {
                numbers.push(complain(&register));
            }
            numbers
        }
    });
    let drill = Command::new("sh")
        .args(["-eux", "-c", commands()])
        .current_dir(&office)
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    over.store(true, Ordering::Relaxed);
    let meanwhile = writer.join().unwrap();
    let said = String::from_utf8_lossy(&drill.stdout);
    assert!(
        drill.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&drill.stderr)
    );
    assert!(
        said.contains("nothing differs from what was recorded"),
        "{said}"
    );
    assert!(said.contains("ready\n"), "{said}");

    // The copy has what was there when it was begun, and a whole beginning of what came later.
    let restored = Register::open_read_only(&office.join("restored/register.sqlite")).unwrap();
    assert!(restored.case_by_number(&before).is_ok());
    let kept = meanwhile
        .iter()
        .take_while(|number| restored.case_by_number(number).is_ok())
        .count();
    assert!(
        meanwhile[kept..]
            .iter()
            .all(|number| restored.case_by_number(number).is_err()),
        "a gap in {meanwhile:?}"
    );
    assert!(kept < meanwhile.len(), "nobody wrote during the drill");
    assert!(
        Register::open_read_only(&register)
            .unwrap()
            .audit_verify(None)
            .unwrap()
            .is_clean()
    );
}
