//! The harness of load and kills finds what it is there to find.

use std::path::Path;
use std::process::Command;

/// What the harness says of confirmed writes when the register has them as given.
fn balanced(rows: &str, receipts: &str, notes: &str) -> Vec<String> {
    let script = format!(
        r#"
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("load", sys.argv[1])
load = importlib.util.module_from_spec(spec)
spec.loader.exec_module(load)
load.texts = lambda register, seed: {rows}
class Run: receipts, additions, notes = {receipts}, [], {notes}
print(json.dumps(load.balance(Run, "", 1)))
"#
    );
    let harness = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/load/load.py");
    let done = Command::new("python3")
        .args(["-c", &script])
        .arg(harness)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn a_lost_and_a_doubled_complaint_and_one_under_another_number_are_found() {
    let there = r#"[("registered", "2026-000001", "It broke. load-1-complaint-000001"),
                    ("note_added", "2026-000001", "load-1-note-000002")]"#;
    let receipt = r#"{"2026-000001": "load-1-complaint-000001"}"#;
    let note = r#"[("2026-000001", "load-1-note-000002")]"#;
    assert!(balanced(there, receipt, note).is_empty());
    let lost = balanced("[]", receipt, "[]");
    assert!(lost[0].contains("2026-000001"), "{lost:?}");
    let lost = balanced(there, receipt, r#"[("2026-000001", "load-1-note-000009")]"#);
    assert_eq!(lost.len(), 1, "{lost:?}");
    let elsewhere = balanced(there, r#"{"2026-000002": "load-1-complaint-000001"}"#, "[]");
    assert_eq!(elsewhere.len(), 1, "{elsewhere:?}");
    let twice = r#"[("registered", "2026-000001", "load-1-complaint-000001"),
                    ("registered", "2026-000002", "load-1-complaint-000001")]"#;
    // A complaint without a receipt may be missing, and may not be there twice.
    let doubled = balanced(twice, "{}", "[]");
    assert_eq!(doubled.len(), 1, "{doubled:?}");
    assert!(doubled[0].contains("2 times"), "{doubled:?}");
}
