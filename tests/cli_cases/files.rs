//! Registers that are no registers, locks, and input that does not fit.

use std::path::Path;

use super::{FAILED, Office, USAGE};

#[test]
fn a_register_is_never_overwritten() {
    let office = Office::open();
    let before = std::fs::read(office.path("redress.sqlite")).expect("a register");
    office.run("init").refused(FAILED, "exists already");
    std::fs::write(office.path("letter.txt"), "Dear Sir").expect("a file");
    office
        .run("init --register letter.txt")
        .refused(FAILED, "exists already");
    assert_eq!(
        std::fs::read(office.path("letter.txt")).expect("the letter"),
        b"Dear Sir"
    );
    assert_eq!(
        std::fs::read(office.path("redress.sqlite")).expect("a register"),
        before
    );
    office
        .run("init --register new.sqlite --calendar none.toml")
        .refused(USAGE, "none.toml: cannot be read");
    assert!(!office.path("new.sqlite").exists());
}

#[test]
fn a_file_that_is_no_sound_register_is_named_and_left_alone() {
    let office = Office::open();
    let list = |name: &str| office.run(&format!("case list --register {name}"));
    list("absent.sqlite").refused(FAILED, "make one with `redress init`");
    list(".").refused(FAILED, "is no file");
    std::fs::write(office.path("letter.txt"), "Dear Sir").expect("a file");
    list("letter.txt").refused(FAILED, "is no SQLite database");
    let other = rusqlite::Connection::open(office.path("other.sqlite")).expect("a database");
    other.execute_batch("CREATE TABLE t (x)").expect("a table");
    list("other.sqlite").refused(FAILED, "no register of this program");

    copy(&office.path("redress.sqlite"), &office.path("newer.sqlite"));
    let newer = rusqlite::Connection::open(office.path("newer.sqlite")).expect("a register");
    newer
        .pragma_update(None, "user_version", 9_999)
        .expect("a version");
    drop(newer);
    list("newer.sqlite").refused(FAILED, "use the newer program");

    copy(&office.path("redress.sqlite"), &office.path("cut.sqlite"));
    let cut = std::fs::OpenOptions::new()
        .write(true)
        .open(office.path("cut.sqlite"))
        .expect("a file");
    cut.set_len(3 * 8192).expect("a shorter file");
    list("cut.sqlite").refused(FAILED, "is cut short");
    assert_eq!(
        std::fs::metadata(office.path("cut.sqlite"))
            .expect("still there")
            .len(),
        3 * 8192
    );
}

#[test]
fn a_register_that_another_process_writes_is_waited_for_and_then_refused() {
    let office = Office::open();
    let (n, _) = office.register();
    let other = rusqlite::Connection::open(office.path("redress.sqlite")).expect("a register");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    office
        .run(&format!("case note {n} --by ayse --text x"))
        .refused(FAILED, "locked by another process");
    office.run("case list").done();
    other.execute_batch("ROLLBACK").expect("the lock goes");
    office
        .run(&format!("case note {n} --by ayse --text x"))
        .done();
}

#[cfg(unix)]
#[test]
fn a_read_only_register_is_read_but_not_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let office = Office::open();
    let (n, _) = office.register();
    let register = office.path("redress.sqlite");
    std::fs::set_permissions(&register, std::fs::Permissions::from_mode(0o444)).expect("rights");
    if std::fs::OpenOptions::new()
        .write(true)
        .open(&register)
        .is_ok()
    {
        eprintln!("skipped: this user may write any file");
        return;
    }
    office
        .run(&format!("case note {n} --by ayse --text x"))
        .refused(FAILED, "read-only");
}

#[test]
fn settings_and_arguments_that_do_not_fit_are_usage_errors() {
    let office = Office::open();
    office
        .run("case show 2024-999999")
        .refused(FAILED, "no case `2024-999999`");
    office.run("case show").refused(USAGE, "CASE");
    office
        .run("case frobnicate")
        .refused(USAGE, "unrecognized subcommand");
    office
        .run("case register --by ayse --channel fax --text x")
        .refused(USAGE, "possible values");
    office
        .run("case register --by ayse --channel phone --text x --sold-on 2024-02-30")
        .refused(USAGE, "2024-02-30");
    office
        .run("case register --by ayse --channel phone --phone 5551112233 --text x --received '30.02.2024'")
        .refused(USAGE, "is no instant");
    office
        .run("case register --by ayse --channel phone --phone 5551112233 --text ' '")
        .refused(FAILED, "narrative");
    office
        .run("case outcome 2024-000001 --by ayse")
        .refused(USAGE, "--satisfied");
    office
        .run("case outcome 2024-000001 --by ayse --satisfied --not-satisfied")
        .refused(USAGE, "cannot be used with");
    office
        .run("case verify 2024-000001 --by ayse")
        .refused(USAGE, "--holds");
    office
        .run("case survey 2024-000001 --by ayse")
        .refused(USAGE, "--score");
    office
        .run("limits set --from 2024-01-01 --reason x")
        .refused(USAGE, "--stage");
    office.run("case list --lang de").refused(USAGE, "language");
    std::fs::write(
        office.path("redress.toml"),
        "register = \"redress.sqlite\"\ncolour = 1\n",
    )
    .expect("a file");
    office.run("case list").refused(USAGE, "line 2");
    std::fs::write(office.path("redress.toml"), "calendar = \"own.toml\"\n").expect("a file");
    office
        .run("calendar amend 2024-11-01 --kind closure --name x --reason y")
        .refused(USAGE, "stands over the register's calendar");
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("a copy");
}

#[test]
fn a_folder_that_is_not_there_is_named_and_no_file_aside() {
    let office = Office::open();
    std::fs::write(office.path("letter.txt"), "Dear Sir").expect("a file");
    for line in ["backup", "case form complaint --out"] {
        for (place, words) in [
            ("none/f", "the folder none does not exist; make it first"),
            ("letter.txt/f", "letter.txt is no folder"),
        ] {
            let said = office.run(&format!("{line} {place}"));
            assert!(!said.err.contains("/."), "a name of ours: {}", said.err);
            said.refused(FAILED, words);
        }
    }
    std::fs::create_dir(office.path("none")).expect("a folder");
    office.run("backup none/f").done();
}

#[test]
fn a_folder_is_not_attached() {
    let office = Office::open();
    let (n, _) = office.register();
    std::fs::create_dir(office.path("photos")).expect("a folder");
    office
        .run(&format!("case attach {n} photos --by ayse"))
        .refused(USAGE, "photos: is a folder; attach the files in it");
}
