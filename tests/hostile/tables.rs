//! CSV files and event logs as they are staged, files that nobody has described, and tables for `redress stat`.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use redress::guess::guess;
use redress::source::mapping::Mapping;
use redress::source::staging::StagingError;
use redress::source::store::{Source, SourceError};
use redress::table_file::TableFile;

use super::harness::{Seen, Target, Try, attack};

/// Two cases in the words of the shipped mapping `csv`.
const EVENTS: &str = "case_id,seq,kind,occurred_at,recorded_at,role,actor,late_reason,data\n\
KY-1,1,registered,2026-01-05T06:00:00Z,2026-01-05T06:05:00Z,contact,ayse,,\"{\"\"received_at\"\":\"\"2026-01-05T06:00:00Z\"\"}\"\n\
KY-1,2,classified,2026-01-05T07:00:00Z,2026-01-05T07:00:00Z,agent,veli,,\"{\"\"category\"\":\"\"delivery\"\"}\"\n\
KY-2,3,registered,2026-01-06T06:00:00+03:00,2026-01-06T06:05:00Z,contact,ayse,\"typed in, later\",{}\n";

const TABLE_WORDS: &[&str] = &[
    "case_id",
    "seq",
    "occurred_at",
    "recorded_at",
    "data",
    "registered",
    "2026-01-05T06:00:00Z",
    "05.01.2026 09:40",
    "2026-13-01",
    "\"\"",
    "\"\n",
    "\n\n",
    ";",
    "\t",
    "|",
    ",,,,,,,,",
    "\u{feff}case_id",
    "sep=;\n",
];

/// A separator, quotation marks and line ends of every kind, in two encodings.
fn tables() -> Vec<Vec<u8>> {
    let letters = "No;Geliş;Konu;Birim\n2026/1;05.01.2026 09:40;Teslimat;Lojistik\n2026/1;06.01.2026 11:15;\"Kırık; ürün\";Kalite\n2026/3;2026-01-07 15:20:00;Fatura;-\n";
    let log = "ticket,status,updated\nT-1,New,3/4/2026 09:00\nT-1,Active,6/4/2026 10:00\nT-2,New,13/4/2026 09:00\nT-2,Closed,14/4/2026 09:00\n";
    let turkish: Vec<u8> = letters
        .chars()
        .map(|c| match c {
            'ş' => 0xFE,
            'ı' => 0xFD,
            'ü' => 0xFC,
            other => u8::try_from(u32::from(other)).unwrap_or(b'?'),
        })
        .collect();
    let wide: Vec<u8> = [0xFEFF_u16]
        .into_iter()
        .chain(log.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    vec![
        EVENTS.as_bytes().to_vec(),
        letters.as_bytes().to_vec(),
        log.replace('\n', "\r\n").replace(',', "\t").into_bytes(),
        turkish,
        wide,
    ]
}

/// A staged cell is a cell of the file: no more bytes come out than went in, but for what an encoding adds.
fn a_staged_csv() -> Try {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = "case_id,complainant_id,source_verdict,received_at,channel\nKY-1,1,met,,\n";
    std::fs::write(folder.path().join("cases.csv"), cases).expect("the cases");
    let mapping = Mapping::load("csv").expect("the mapping");
    Box::new(move |input| {
        std::fs::write(folder.path().join("events.csv"), input).expect("the events");
        let zone = chrono_tz::Europe::Istanbul;
        let Ok(source) = Source::open(folder.path(), &mapping, zone) else {
            return Ok(Seen::Refused);
        };
        let readers = source.readers(1).map_err(|e| e.to_string())?;
        let staged = readers.first().ok_or("no connection")?;
        let (rows, bytes): (i64, i64) = staged
            .query_row(
                "SELECT COUNT(*), COALESCE(SUM(LENGTH(CAST(data AS BLOB))), 0) FROM events",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(|e| e.to_string())?;
        let most = i64::try_from(input.len()).unwrap_or(i64::MAX);
        if rows > most || bytes > 3 * most {
            return Err(format!("{rows} rows with {bytes} bytes"));
        }
        Ok(Seen::Read)
    })
}

#[test]
fn no_csv_breaks_the_staging_or_grows_in_it() {
    let target = Target {
        name: "csv",
        share: 6,
        seeds: tables(),
        words: TABLE_WORDS,
    };
    attack(target, a_staged_csv);
}

const LOG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<global scope="event"><string key="concept:name" value="x"/></global>
<classifier name="Activity" keys="concept:name"/>
<trace><string key="concept:name" value="case 1"/>
<event><string key="concept:name" value="register &amp; file"/><date key="time:timestamp" value="2012-10-03T08:00:00.000+02:00"/><string key="lifecycle:transition" value="complete"/>
<list key="parts"><values><int key="n" value="3"/><float key="f" value="0.5"/></values></list></event>
<event><string key="concept:name" value="close"/><date key="time:timestamp" value="2012-10-04T08:00:00Z"/><boolean key="ok" value="true"/><id key="i" value="6d8f"/></event>
</trace><trace/></log>
"#;

const LOG_WORDS: &[&str] = &[
    "<trace>",
    "</trace>",
    "<event>",
    "</event>",
    "<list key=\"a\"><values>",
    "<container key=\"c\">",
    "<string key=\"concept:name\" value=\"",
    "<date key=\"time:timestamp\" value=\"",
    "/>",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&b;",
    "&#0;",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    "xmlns:x=\"y\"",
    "<!-- -- -->",
];

fn a_log(packed: bool) -> Try {
    let folder = tempfile::tempdir().expect("a folder");
    let mapping = Mapping::load("xes").expect("the mapping");
    Box::new(move |input| {
        let path = folder.path().join("log.xes");
        if packed {
            // Half of the inputs are damaged packages, half are packages of damaged logs.
            let is_package = input.starts_with(&[0x1F, 0x8B]);
            let bytes = match is_package {
                true => input.to_vec(),
                false => gzipped(input),
            };
            std::fs::write(&path, bytes).expect("a log");
        } else {
            std::fs::write(&path, input).expect("a log");
        }
        match Source::open(&path, &mapping, chrono_tz::UTC) {
            Ok(_) => Ok(Seen::Read),
            Err(error) if error.to_string().contains('\n') => Err(format!("not one line: {error}")),
            Err(_) => Ok(Seen::Refused),
        }
    })
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).expect("it is packed");
    packer.finish().expect("it is packed")
}

#[test]
fn no_event_log_breaks_the_staging() {
    let target = Target {
        name: "xes",
        share: 6,
        seeds: vec![LOG.as_bytes().to_vec()],
        words: LOG_WORDS,
    };
    attack(target, || a_log(false));
}

#[test]
fn no_packed_event_log_breaks_the_staging() {
    let target = Target {
        name: "xes_gz",
        share: 4,
        seeds: vec![gzipped(LOG.as_bytes()), LOG.as_bytes().to_vec()],
        words: LOG_WORDS,
    };
    attack(target, || a_log(true));
}

fn a_guess() -> Try {
    let folder = tempfile::tempdir().expect("a folder");
    Box::new(move |input| {
        let path = folder.path().join("list.csv");
        std::fs::write(&path, input).expect("a file");
        let Ok(found) = guess(&path) else {
            return Ok(Seen::Refused);
        };
        // What is proposed can be loaded as it stands: names from the file cannot break out of its SQL or TOML.
        let proposal = folder.path().join("proposal");
        found.write(&proposal).map_err(|e| e.to_string())?;
        let loaded = proposed(&proposal, &path);
        std::fs::remove_dir_all(&proposal).expect("it goes");
        loaded?;
        Ok(Seen::Read)
    })
}

fn proposed(proposal: &Path, file: &Path) -> Result<(), String> {
    let name = proposal.to_string_lossy().into_owned();
    let mapping = Mapping::load(&name).map_err(|e| format!("the proposal: {e}"))?;
    let source = match Source::open(file, &mapping, chrono_tz::Europe::Istanbul) {
        Ok(source) => source,
        // Rows may be refused; text that is no SQL may not be proposed.
        Err(SourceError::Staging(StagingError::Prepare { source, .. })) => {
            let why = source.to_string();
            let is_broken = ["syntax error", "no such", "unrecognized", "incomplete"]
                .iter()
                .any(|mark| why.contains(mark));
            return match is_broken {
                true => Err(format!("the proposal's prepare.sql: {why}")),
                false => Ok(()),
            };
        }
        Err(_) => return Ok(()),
    };
    let readers = source.readers(1).map_err(|e| e.to_string())?;
    let reader = readers.first().ok_or("no connection")?;
    for sql in ["case.sql", "event.sql", "months.sql"] {
        let text = mapping.sql(sql).unwrap_or_default();
        reader
            .prepare(text)
            .map_err(|e| format!("the proposal's {sql}: {e}"))?;
    }
    Ok(())
}

#[test]
fn whatever_is_guessed_can_be_used_as_it_stands() {
    let target = Target {
        name: "guess",
        share: 4,
        seeds: tables(),
        words: TABLE_WORDS,
    };
    attack(target, a_guess);
}

fn a_table() -> Try {
    let folder = tempfile::tempdir().expect("a folder");
    Box::new(move |input| {
        let path = folder.path().join("table");
        std::fs::write(&path, input).expect("a file");
        let Ok(table) = TableFile::read(&path, &["n", "x"]) else {
            return Ok(Seen::Refused);
        };
        if table.rows() > input.len() {
            return Err(format!("{} rows", table.rows()));
        }
        // Each may refuse its cells; none may break.
        let numbers = table.numbers("x").map(|cells| cells.len());
        let counts = table.counts("n").map(|cells| cells.len());
        let texts = table.texts("x").map(|cells| cells.len());
        for cells in [numbers, counts, texts].into_iter().flatten() {
            if cells != table.rows() {
                return Err(format!("{cells} cells in {} rows", table.rows()));
            }
        }
        Ok(Seen::Read)
    })
}

#[test]
fn no_table_of_an_analyst_breaks_the_reader() {
    let target = Target {
        name: "table",
        share: 30,
        seeds: vec![
            b"n,x\n10,0.5\n12,NA\n7,-1e3\n".to_vec(),
            b"n;x;y\n10;0,5;a\n12;;b\n".to_vec(),
            b"n\tx\n1\t\"2\"\n".to_vec(),
        ],
        words: &["n", "x", "NA", "0.5", "1e400", "\"", "PAR1", "\t", ";"],
    };
    attack(target, a_table);
}
