//! `redress import guess`: what is found in files that nobody has described, what is said to be unsure, and that the
//! proposal can be used as it stands.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::Command as Program;
use redress::guess::{Guess, guess};

use super::{on_weekdays, try_extract};
use crate::metrics::{engine, repository};

/// The post room's list: semicolons, Turkish dates, and two ways of writing a date in one column.
const LETTERS: &str = "No;Geliş;Konu;Birim;Havale;Cevap\n\
2026/1;05.01.2026 09:40;Teslimat gecikmesi;Lojistik;05.01.2026 14:00;09.01.2026 16:30\n\
2026/2;06.01.2026 11:15;Kırık ürün;Kalite;08.01.2026 10:00;22.01.2026 12:00\n\
2026/3;2026-01-07 15:20:00;Yanlış fatura;Muhasebe;-;-\n\
2026/4;31.02.2026 10:00;Şikâyet, geç iade;Lojistik;02.03.2026 09:00;-\n";

/// A log of a desk; lines are in the order in which the rows were written.
const LOG: &str = "ticket_id,status,updated_at,opened,requester,category,team,contact_type\n\
T-1,New,3/4/2026 09:00,3/4/2026 08:50,ali,price,desk,Phone\n\
T-1,Awaiting customer,3/4/2026 10:00,3/4/2026 08:50,ali,price,desk,Phone\n\
T-1,Active,6/4/2026 10:00,3/4/2026 08:50,ali,price,desk,Phone\n\
T-1,Resolved,7/4/2026 10:00,3/4/2026 08:50,ali,price,desk,Phone\n\
T-1,Closed,9/4/2026 10:00,3/4/2026 08:50,ali,price,desk,Phone\n\
T-2,New,13/4/2026 09:00,13/4/2026 08:50,veli,delivery,store,Fax\n\
T-2,Parked,14/4/2026 09:00,13/4/2026 08:50,veli,delivery,store,Fax\n\
T-2,Resolved,15/4/2026 09:00,13/4/2026 08:50,veli,delivery,store,Fax\n\
T-2,Reopened,16/4/2026 09:00,13/4/2026 08:50,veli,delivery,store,Fax\n\
T-2,Resolved,17/4/2026 09:00,13/4/2026 08:50,veli,delivery,store,Fax\n";

fn guessed(folder: &Path, name: &str, bytes: &[u8]) -> (PathBuf, Guess) {
    let file = folder.join(name);
    fs::write(&file, bytes).unwrap();
    let found = guess(&file).unwrap();
    (file, found)
}

fn taken<'g>(found: &'g Guess, column: &str) -> Option<&'g str> {
    found
        .columns
        .iter()
        .find(|c| c.column == column)
        .unwrap()
        .taken_for
}

fn says(found: &Guess, words: &str) -> bool {
    found.unsure.iter().any(|sentence| sentence.contains(words))
}

#[test]
fn a_list_is_known_with_its_columns_and_both_ways_of_writing_a_date() {
    let folder = tempfile::tempdir().unwrap();
    let (file, found) = guessed(folder.path(), "list.csv", LETTERS.as_bytes());
    assert_eq!(
        (found.rows, found.separator, found.form),
        (4, ';', "case_list")
    );
    assert!(!says(&found, "not UTF-8"), "{:?}", found.unsure);
    for (column, role) in [
        ("No", "number of the case"),
        ("Geliş", "receipt"),
        ("Konu", "category"),
        ("Birim", "department"),
        ("Havale", "routing"),
        ("Cevap", "answer"),
    ] {
        assert_eq!(taken(&found, column), Some(role), "{column}");
    }
    assert!(
        says(
            &found,
            "`Geliş` writes its dates in 2 ways, which are tried in this order: `%d.%m.%Y %H:%M` in 3 row(s) (first in line 2: `05.01.2026 09:40`), `%Y-%m-%d %H:%M:%S` in 1 row(s) (first in line 4: `2026-01-07 15:20:00`)"
        ),
        "{:?}",
        found.unsure
    );
    assert!(says(&found, "`-` (3 cell(s))"), "{:?}", found.unsure);

    // The proposal as it stands: three complaints, and the one of 31 February is refused.
    let mapping = folder.path().join("mapping");
    found.write(&mapping).unwrap();
    let done = try_extract(
        &file,
        mapping.to_str().unwrap(),
        &folder.path().join("lake"),
    )
    .unwrap();
    let totals = done.manifest.totals();
    assert_eq!((totals.cases_in, totals.cases_out), (4, 3));
    let days = engine(&done.snapshot)
        .sql(
            "SELECT case_id, received_on, routed_on, decided_on FROM cases ORDER BY case_id",
            "days",
        )
        .unwrap();
    let csv = String::from_utf8(redress::engine::export::csv_bytes(&days).unwrap()).unwrap();
    assert_eq!(
        csv,
        "case_id,received_on,routed_on,decided_on\n2026/1,2026-01-05,2026-01-05,2026-01-09\n2026/2,2026-01-06,2026-01-08,2026-01-22\n2026/3,2026-01-07,,\n"
    );
}

#[test]
fn a_number_that_comes_again_in_a_list_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let twice = LETTERS.replace("2026/3;", "2026/2;");
    let (_, found) = guessed(folder.path(), "list.csv", twice.as_bytes());
    assert!(
        says(&found, "`No` is not another one in every row"),
        "{:?}",
        found.unsure
    );
    let (_, found) = guessed(folder.path(), "once.csv", LETTERS.as_bytes());
    assert!(
        !says(&found, "is not another one in every row"),
        "{:?}",
        found.unsure
    );
}

#[test]
fn an_encoding_that_is_not_utf_8_is_guessed_said_and_written_into_the_proposal() {
    let folder = tempfile::tempdir().unwrap();
    let text = "No;Geliş;Mesaj\n\
        1;05.01.2026;Ödeme iadesi geç yapıldı, şikâyetçiyim.\n\
        2;06.01.2026;Ürün kutusu ezik geldi, ağzı açıktı, içi boştu.\n\
        3;07.01.2026;Müşteri hizmetleri dönüş yapmadı, çok üzüldük.\n";
    let (bytes, _, lost) = encoding_rs::WINDOWS_1254.encode(text);
    assert!(!lost);
    let (_, found) = guessed(folder.path(), "list.csv", &bytes);
    assert!(
        says(&found, "not UTF-8; windows-1254 was guessed"),
        "{:?}",
        found.unsure
    );
    assert_eq!(taken(&found, "Geliş"), Some("receipt"));
    let mapping = folder.path().join("mapping");
    found.write(&mapping).unwrap();
    let settings = fs::read_to_string(mapping.join("mapping.toml")).unwrap();
    assert!(
        settings.contains("encoding = \"windows-1254\""),
        "{settings}"
    );
}

#[test]
fn a_log_is_known_by_what_changes_within_its_cases() {
    let folder = tempfile::tempdir().unwrap();
    let (file, found) = guessed(folder.path(), "desk.csv", LOG.as_bytes());
    assert_eq!((found.rows, found.form), (10, "event_log"));
    for (column, role) in [
        ("ticket_id", "number of the case"),
        ("status", "state"),
        ("updated_at", "when it happened"),
        ("opened", "receipt"),
        ("requester", "complainant"),
        ("category", "category"),
        ("team", "department"),
        ("contact_type", "channel"),
    ] {
        assert_eq!(taken(&found, column), Some(role), "{column}");
    }
    // One day beyond the twelfth decides the order, so that nothing is said of it.
    assert_eq!(found.columns[2].forms[0].form, "%d/%m/%Y %H:%M");
    assert!(!says(&found, "can be read both ways"), "{:?}", found.unsure);
    assert!(
        says(
            &found,
            "were not understood; their rows are kept as notes: `Parked` (1 row(s))"
        ),
        "{:?}",
        found.unsure
    );
    assert!(says(&found, "What 6 of the 7 values"), "{:?}", found.unsure);

    let mapping = folder.path().join("mapping");
    found.write(&mapping).unwrap();
    let done = try_extract(
        &file,
        mapping.to_str().unwrap(),
        &folder.path().join("lake"),
    )
    .unwrap();
    let unknown: Vec<(&str, u64)> = done
        .manifest
        .unknown
        .iter()
        .map(|w| (w.word.as_str(), w.rows))
        .collect();
    assert_eq!(unknown, [("Parked", 1)]);
    let cases = engine(&done.snapshot)
        .sql("SELECT case_id, state, passes, channel, category, department, first_answer FROM cases ORDER BY case_id", "cases")
        .unwrap();
    let csv = String::from_utf8(redress::engine::export::csv_bytes(&cases).unwrap()).unwrap();
    assert_eq!(
        csv,
        "case_id,state,passes,channel,category,department,first_answer\nT-1,unanswered,1,phone,price,desk,\nT-2,resolved,2,other,delivery,store,rejected\n"
    );
}

#[test]
fn a_date_tells_the_end_where_no_state_does() {
    let folder = tempfile::tempdir().unwrap();
    let log = "case_id,activity,timestamp,start_date,end_date\n\
        A,Register,2026-01-05 09:00,2026-01-05 08:00,2026-01-09 10:00\n\
        A,Check,2026-01-06 09:00,2026-01-05 08:00,2026-01-09 10:00\n\
        B,Register,2026-01-07 09:00,2026-01-07 08:00,\n\
        B,Check,2026-01-08 09:00,2026-01-07 08:00,\n";
    let (file, found) = guessed(folder.path(), "log.csv", log.as_bytes());
    assert_eq!(taken(&found, "end_date"), Some("closing"));
    assert!(
        says(&found, "`end_date` is taken for it"),
        "{:?}",
        found.unsure
    );
    let mapping = folder.path().join("mapping");
    found.write(&mapping).unwrap();
    let done = try_extract(
        &file,
        mapping.to_str().unwrap(),
        &folder.path().join("lake"),
    )
    .unwrap();
    let ends = engine(&done.snapshot)
        .sql(
            "SELECT k.case_id, e.kind FROM events AS e JOIN cases AS k ON k.case_key = e.case_key \
             WHERE e.kind IN ('decided', 'communicated', 'answer_lapsed') ORDER BY k.case_id, e.seq",
            "ends",
        )
        .unwrap();
    let csv = String::from_utf8(redress::engine::export::csv_bytes(&ends).unwrap()).unwrap();
    assert_eq!(
        csv,
        "case_id,kind\nA,decided\nA,communicated\nA,answer_lapsed\n"
    );
}

#[test]
fn an_order_of_day_and_month_that_nothing_decides_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let undecided = LOG
        .replace("13/4", "10/4")
        .replace("14/4", "11/4")
        .replace("15/4", "12/4")
        .replace("16/4", "12/4")
        .replace("17/4", "12/4");
    let (_, found) = guessed(folder.path(), "desk.csv", undecided.as_bytes());
    assert!(
        says(
            &found,
            "`updated_at` does not show whether the day or the month comes first: 10 row(s)"
        ),
        "{:?}",
        found.unsure
    );
    let mixed = LOG.replace("17/4/2026", "4/17/2026");
    let (_, found) = guessed(folder.path(), "desk.csv", mixed.as_bytes());
    assert!(
        says(
            &found,
            "`updated_at` has the day first in some rows and the month in others: 5 row(s)"
        ),
        "{:?}",
        found.unsure
    );
    assert!(
        says(
            &found,
            "`%m/%d/%Y %H:%M` in 1 row(s) (first in line 11: `4/17/2026 09:00`)"
        ),
        "{:?}",
        found.unsure
    );
}

#[test]
fn what_cannot_be_a_list_of_cases_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str| {
        let file = folder.path().join("x.csv");
        fs::write(&file, text).unwrap();
        guess(&file).unwrap_err().to_string()
    };
    assert!(refused("id,text\n1,broken\n2,late\n").contains("no column holds dates"));
    assert!(refused("when\n05.01.2026\n").contains("one column only"));
    assert!(
        refused("when,until\n05.01.2026,06.01.2026\n").contains("no column tells the cases apart")
    );
    assert!(
        refused("<?xml version=\"1.0\"?>\n<log/>")
            .contains("is XML and no CSV; an event log in XES")
    );
    assert!(refused("id,when\n").contains("no rows below its header"));
}

#[test]
fn the_command_writes_a_folder_once_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("desk.csv"), LOG).unwrap();
    let run = |arguments: &[&str]| {
        let mut program = Program::new(env!("CARGO_BIN_EXE_redress"));
        let output = program
            .env_clear()
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said, _) = run(&["import", "guess", "desk.csv", "--dry-run"]);
    assert_eq!(code, 0);
    assert!(
        said.contains("Nothing was written") && !folder.path().join("desk_mapping").exists(),
        "{said}"
    );
    let (code, said, _) = run(&["import", "guess", "desk.csv"]);
    assert_eq!(code, 0);
    assert!(
        said.contains("redress extract --store desk.csv --mapping desk_mapping"),
        "{said}"
    );
    let head = fs::read_to_string(folder.path().join("desk_mapping/mapping.toml")).unwrap();
    assert!(
        head.starts_with("# A proposal") && head.contains("`Parked`"),
        "{head}"
    );
    // What was edited in the meantime stays.
    fs::write(folder.path().join("desk_mapping/mapping.toml"), "mine").unwrap();
    let (code, _, said) = run(&["import", "guess", "desk.csv"]);
    assert_eq!(code, 2);
    assert!(said.contains("desk_mapping: is there already"), "{said}");
    assert_eq!(
        fs::read_to_string(folder.path().join("desk_mapping/mapping.toml")).unwrap(),
        "mine"
    );
    let (code, said, _) = run(&[
        "import", "guess", "desk.csv", "--into", "second", "--format", "json",
    ]);
    assert_eq!(code, 0);
    let document: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(document["form"], "event_log");
    assert_eq!(document["mapping"], "second");
    let (code, _, said) = run(&["import", "guess", "nothing.csv"]);
    assert_eq!(code, 1);
    assert!(said.contains("nothing.csv: cannot be read"), "{said}");
}

#[test]
fn a_column_without_a_name_is_called_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    // Programs that write their row numbers give them no name.
    let numbered: String = LOG
        .lines()
        .enumerate()
        .map(|(row, line)| match row {
            0 => format!(",{line}\n"),
            row => format!("{row},{line}\n"),
        })
        .collect();
    fs::write(folder.path().join("my desk.csv"), numbered).unwrap();
    let output = Program::new(env!("CARGO_BIN_EXE_redress"))
        .env_clear()
        .current_dir(folder.path())
        .args(["import", "guess", "my desk.csv"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    for words in [
        "(column 1, without a name): numbers",
        "column 1, without a name (numbers)",
        "--store 'my desk.csv' --mapping 'my desk_mapping'",
    ] {
        assert!(said.contains(words), "`{words}` is not in:\n{said}");
    }
}

/// The public files, as somebody who sees them for the first time: what is proposed can be used as it stands.
#[test]
fn three_files_of_the_data_folder_are_proposed_for_and_read() {
    let data = repository().join("../shared/data");
    let zip = data.join("uci_incident_log/incident_event_log.zip");
    if !zip.is_file() {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: guessing: {} is not there",
            zip.display()
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let unzipped = Command::new("unzip")
        .arg("-q")
        .arg(&zip)
        .arg("-d")
        .arg(folder.path())
        .output();
    if !unzipped.is_ok_and(|output| output.status.success()) {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: guessing: `unzip` could not unpack {}",
            zip.display()
        );
        return;
    }
    let incidents = folder.path().join("incident_event_log.csv");
    // How many are answered, the log says by its states; the second by a column.
    for (file, cases, ended, roles) in [
        (
            incidents,
            24_918,
            24_918,
            &[
                ("number", "number of the case"),
                ("incident_state", "state"),
                ("sys_updated_at", "when it happened"),
                ("opened_at", "receipt"),
                ("assignment_group", "department"),
            ][..],
        ),
        (
            data.join("event_logs/receipt.csv.gz"),
            1_434,
            1_329,
            &[
                ("case:concept:name", "number of the case"),
                ("concept:name", "state"),
                ("time:timestamp", "when it happened"),
                ("case:startdate", "receipt"),
                ("case:enddate", "closing"),
            ][..],
        ),
        (
            data.join("event_logs/running-example.csv"),
            6,
            6,
            &[
                ("case:concept:name", "number of the case"),
                ("concept:name", "state"),
                ("time:timestamp", "when it happened"),
            ][..],
        ),
    ] {
        let found = guess(&file).unwrap();
        assert_eq!(found.form, "event_log", "{}", file.display());
        for (column, role) in roles {
            assert_eq!(
                taken(&found, column),
                Some(*role),
                "{}: {column}",
                file.display()
            );
        }
        let work = tempfile::tempdir().unwrap();
        let mapping = work.path().join("mapping");
        found.write(&mapping).unwrap();
        // The calendar of Turkey begins after two of them.
        let done = on_weekdays(
            &file,
            mapping.to_str().unwrap(),
            &work.path().join("lake"),
            "2026-10-10T09:00:00Z",
        );
        let totals = done.manifest.totals();
        assert_eq!(
            (totals.cases_in, totals.cases_out),
            (cases, cases),
            "{}: {:?}",
            file.display(),
            totals.refused
        );
        let answered = engine(&done.snapshot)
            .sql(
                "SELECT CAST(COUNT(DISTINCT case_key) AS BIGINT) AS n FROM events WHERE kind = 'communicated'",
                "answered",
            )
            .unwrap();
        assert_eq!(answered.count(0, "n"), ended, "{}", file.display());
    }
}
