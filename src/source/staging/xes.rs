//! An event log in XES (IEEE 1849-2016): traces of events, all with typed attributes.
//!
//! | table | one row per | columns |
//! |---|---|---|
//! | `trace` | trace | `trace_no` (from 1), `name` (`concept:name`), `attributes` (a JSON object) |
//! | `event` | event, in the order of the file | `event_no` (from 1), `trace_no`, `activity` (`concept:name`), `resource` (`org:resource`), `transition` (`lifecycle:transition`), `at` (`time:timestamp`), `attributes` |
//! | `attribute` | key and type of attribute | `level` (`log`, `trace`, `event`), `key`, `type`, `rows` |
//! | `log_attribute` | attribute of the log itself | `key`, `type`, `value` |
//!
//! Dates are microseconds in UTC, also within `attributes`; one that names no offset is local time of the mapping's
//! zone. Attributes of attributes are not kept. The file is read piece by piece and one entry is held at a time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use chrono_tz::Tz;
use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use rusqlite::{Connection, OptionalExtension as _, Statement, params};
use serde_json::{Map, Value};

use super::super::attendance::Stop;
use super::StagingError;
use super::bounded::Bounded;
use super::opened::bytes_of;
use super::xes_attributes::{Kind, OpenAttribute, Unreadable, moment};

/// Deeper than this no log goes; lists of lists are rare.
const DEEPEST: usize = 64;

/// Different attributes of a log; the public ones have some dozens.
const MOST_KEYS: usize = 20_000;

/// Attributes of an element: `key` and `value`, and what other programs put beside them.
const MOST_NAMES: usize = 64;

const TABLES: &str = "
CREATE TABLE trace (trace_no INTEGER PRIMARY KEY, name TEXT, attributes TEXT NOT NULL);
CREATE TABLE event (event_no INTEGER PRIMARY KEY, trace_no INTEGER NOT NULL, activity TEXT, resource TEXT, transition TEXT,
    at INTEGER, attributes TEXT NOT NULL);
CREATE TABLE attribute (level TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, rows INTEGER NOT NULL);
CREATE TABLE log_attribute (key TEXT NOT NULL, type TEXT NOT NULL, value);
";

/// Stages a log, and notes what could not be read.
pub(super) fn stage(
    into: &mut Connection,
    path: &Path,
    zone: Tz,
    stop: &Stop,
) -> Result<Vec<String>, StagingError> {
    let sqlite = |source| StagingError::Prepare {
        path: path.to_owned(),
        source,
        hint: String::new(),
    };
    let unreadable = |source| StagingError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut bytes = BufReader::with_capacity(1 << 17, bytes_of(path).map_err(unreadable)?);
    let encoding = declared(bytes.fill_buf().map_err(unreadable)?);
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .build(bytes);
    let decoded = BufReader::with_capacity(1 << 17, decoded);
    let reader = Reader::from_reader(Bounded::new(decoded));
    into.execute_batch(TABLES).map_err(sqlite)?;
    let transaction = into.transaction().map_err(sqlite)?;
    let mut notes = {
        let mut log = Log {
            path,
            zone,
            stop,
            trace: transaction
                .prepare("INSERT INTO trace VALUES (?1, ?2, ?3)")
                .map_err(sqlite)?,
            event: transaction
                .prepare("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
                .map_err(sqlite)?,
            log_attribute: transaction
                .prepare("INSERT INTO log_attribute VALUES (?1, ?2, ?3)")
                .map_err(sqlite)?,
            stack: Vec::new(),
            traces: 0,
            events: 0,
            keys: BTreeMap::new(),
            unreadable: Unreadable::default(),
            dropped: 0,
        };
        log.read(reader)?;
        let mut insert = transaction
            .prepare("INSERT INTO attribute VALUES (?1, ?2, ?3, ?4)")
            .map_err(sqlite)?;
        for ((level, key, kind), rows) in &log.keys {
            insert
                .execute(params![level, key, kind, rows])
                .map_err(sqlite)?;
        }
        log.notes()
    };
    notes.extend(twins(&transaction, path).map_err(sqlite)?);
    transaction.commit().map_err(sqlite)?;
    Ok(notes)
}

/// Names that several traces have, in one line: people know a case by its name, and the log does not say whether two are one.
fn twins(log: &Connection, path: &Path) -> rusqlite::Result<Option<String>> {
    log.query_row(
        "WITH twin AS (SELECT name, COUNT(*) AS traces, MIN(trace_no) AS first, MAX(trace_no) AS last \
         FROM trace WHERE name IS NOT NULL GROUP BY name HAVING COUNT(*) > 1) \
         SELECT (SELECT SUM(traces) FROM twin), name, first, last FROM twin ORDER BY first LIMIT 1",
        [],
        |row| {
            let (traces, name): (i64, String) = (row.get(0)?, row.get(1)?);
            let (first, last): (i64, i64) = (row.get(2)?, row.get(3)?);
            Ok(format!(
                "{}: {traces} traces share their name with another one; the first is `{name}` (traces {first} and {last})",
                path.display()
            ))
        },
    )
    .optional()
}

/// The encoding that the XML declaration or a byte order mark names; UTF-8 where neither does.
fn declared(start: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(start) {
        return encoding;
    }
    let head = String::from_utf8_lossy(&start[..start.len().min(200)]).into_owned();
    head.split_once("encoding=")
        .and_then(|(_, rest)| {
            let quote = rest.chars().next()?;
            rest[quote.len_utf8()..].split(quote).next()
        })
        .and_then(|name| Encoding::for_label(name.as_bytes()))
        .unwrap_or(encoding_rs::UTF_8)
}

/// An element that is open.
enum Open {
    Log,
    Trace {
        number: i64,
        attributes: Map<String, Value>,
    },
    Event {
        attributes: Map<String, Value>,
    },
    Attribute(OpenAttribute),
    /// What is passed over: extensions, classifiers, declarations of what is global, the `values` of a list.
    Other {
        /// Attributes within belong to the element around it.
        transparent: bool,
    },
}

/// A log that is being read.
struct Log<'t> {
    path: &'t Path,
    zone: Tz,
    stop: &'t Stop,
    trace: Statement<'t>,
    event: Statement<'t>,
    log_attribute: Statement<'t>,
    stack: Vec<Open>,
    traces: i64,
    events: i64,
    /// How often each key came, by level and type.
    keys: BTreeMap<(&'static str, String, &'static str), i64>,
    unreadable: Unreadable,
    /// Attributes of attributes.
    dropped: u64,
}

impl Log<'_> {
    fn read<R: BufRead>(&mut self, mut reader: Reader<Bounded<R>>) -> Result<(), StagingError> {
        let mut buffer = Vec::new();
        let mut ended = false;
        loop {
            if self.stop.is_asked() {
                return Err(StagingError::Interrupted);
            }
            let event = reader
                .read_event_into(&mut buffer)
                .map_err(|e| self.bad(format!("is no well-formed XML: {e}")))?;
            let ends_event = matches!(&event, Event::End(_))
                && matches!(self.stack.last(), Some(Open::Event { .. }));
            let events = self.events;
            match event {
                Event::Start(element) => {
                    let open = self.open(&element)?;
                    self.stack.push(open);
                    if self.stack.len() > DEEPEST {
                        return Err(self.bad(format!("elements lie more than {DEEPEST} deep")));
                    }
                }
                Event::Empty(element) => {
                    let open = self.open(&element)?;
                    ended |= matches!(open, Open::Log);
                    self.close(open)?;
                }
                Event::End(_) => {
                    // The reader has checked that it closes what was opened.
                    if let Some(open) = self.stack.pop() {
                        ended |= matches!(open, Open::Log);
                        self.close(open)?;
                    }
                }
                Event::Eof => break,
                Event::Text(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_) => {}
            }
            buffer.clear();
            // What is held at a time: an event with its attributes, or what stands of a trace before its first one.
            if ends_event || self.events != events || self.stack.len() < 2 {
                reader.get_mut().begin_entry();
            }
        }
        if ended {
            Ok(())
        } else {
            Err(self.bad("ends before the log does: the file was cut short".to_owned()))
        }
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<Open, StagingError> {
        let name = element.local_name();
        let name = name.as_ref();
        if self.stack.is_empty() {
            return if name == "log" {
                Ok(Open::Log)
            } else {
                Err(self.bad(format!(
                    "is no XES log: its first element is `{name}`, not `log`"
                )))
            };
        }
        if self.passed_over() {
            return Ok(Open::Other { transparent: false });
        }
        Ok(match (name, self.stack.last()) {
            ("trace", Some(Open::Log)) => {
                self.traces += 1;
                Open::Trace {
                    number: self.traces,
                    attributes: Map::new(),
                }
            }
            ("event", Some(Open::Trace { .. })) => {
                self.events += 1;
                Open::Event {
                    attributes: Map::new(),
                }
            }
            ("values", Some(Open::Attribute(_))) => Open::Other { transparent: true },
            (name, Some(_)) => match Kind::of(name) {
                Some(kind) => Open::Attribute(self.attribute(kind, element)?),
                None => Open::Other { transparent: false },
            },
            (_, None) => Open::Other { transparent: false },
        })
    }

    /// Whether what is open now is passed over with all that is in it.
    fn passed_over(&self) -> bool {
        matches!(self.stack.last(), Some(Open::Other { transparent: false }))
    }

    fn attribute(
        &mut self,
        kind: Kind,
        element: &BytesStart<'_>,
    ) -> Result<OpenAttribute, StagingError> {
        // The reader compares each name with all before it, which takes its time where there are very many.
        let mut names = element.attributes();
        if names.with_checks(false).take(MOST_NAMES + 1).count() > MOST_NAMES {
            return Err(self.bad(format!(
                "a `{}` has more than {MOST_NAMES} attributes of XML, and needs two",
                kind.as_str()
            )));
        }
        let key = self
            .text(element, "key")?
            .ok_or_else(|| self.bad(format!("a `{}` has no key", kind.as_str())))?;
        let written = self.text(element, "value")?.unwrap_or_default();
        let value = kind.value(&written, self.zone);
        if value.is_none() {
            self.unreadable.add(&key, kind, &written, self.events);
        }
        Ok(OpenAttribute::new(key, kind, value.unwrap_or(Value::Null)))
    }

    fn text(&self, element: &BytesStart<'_>, name: &str) -> Result<Option<String>, StagingError> {
        let found = element
            .try_get_attribute(name)
            .map_err(|e| self.bad(format!("is no well-formed XML: {e}")))?;
        found
            .map(|attribute| {
                attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map(std::borrow::Cow::into_owned)
                    .map_err(|e| self.bad(format!("`{name}` cannot be read: {e}")))
            })
            .transpose()
    }

    fn close(&mut self, open: Open) -> Result<(), StagingError> {
        match open {
            Open::Log | Open::Other { .. } => Ok(()),
            Open::Attribute(attribute) => self.keep(attribute),
            Open::Trace { number, attributes } => {
                let name = attributes.get("concept:name").and_then(Value::as_str);
                self.trace
                    .execute(params![number, name, json(&attributes)])
                    .map(drop)
                    .map_err(|e| failed(self.path, e))
            }
            Open::Event { attributes } => {
                let word = |key: &str| attributes.get(key).and_then(Value::as_str);
                let at = attributes
                    .get("time:timestamp")
                    .and_then(|value| moment(value, self.zone));
                self.event
                    .execute(params![
                        self.events,
                        self.traces,
                        word("concept:name"),
                        word("org:resource"),
                        word("lifecycle:transition"),
                        at,
                        json(&attributes)
                    ])
                    .map(drop)
                    .map_err(|e| failed(self.path, e))
            }
        }
    }

    /// Gives a finished attribute to the entry or the attribute that it belongs to.
    fn keep(&mut self, attribute: OpenAttribute) -> Result<(), StagingError> {
        let (key, kind, value, dropped) = attribute.finish();
        self.dropped += dropped;
        let holder = self
            .stack
            .iter_mut()
            .rev()
            .find(|open| !matches!(open, Open::Other { transparent: true }));
        let level = match holder {
            Some(Open::Attribute(parent)) => {
                parent.add(key, value);
                return Ok(());
            }
            Some(Open::Trace { attributes, .. }) => {
                attributes.insert(key.clone(), value);
                "trace"
            }
            Some(Open::Event { attributes }) => {
                attributes.insert(key.clone(), value);
                "event"
            }
            Some(Open::Log) => {
                let text = match &value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                self.log_attribute
                    .execute(params![key, kind.as_str(), text])
                    .map_err(|e| failed(self.path, e))?;
                "log"
            }
            Some(Open::Other { .. }) | None => return Ok(()),
        };
        if self.keys.len() > MOST_KEYS {
            return Err(self.bad(format!(
                "has more than {MOST_KEYS} different attributes: is a value written as a key?"
            )));
        }
        *self.keys.entry((level, key, kind.as_str())).or_default() += 1;
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.unreadable.notes(self.path);
        if self.dropped > 0 {
            notes.push(format!(
                "{}: {} attribute(s) of attributes are not kept",
                self.path.display(),
                self.dropped
            ));
        }
        notes
    }

    /// What is said may quote the log, whose names and values may hold line ends; it is one line all the same.
    fn bad(&self, what: String) -> StagingError {
        let words: Vec<&str> = what.split(char::is_control).collect();
        StagingError::Xes {
            path: self.path.to_owned(),
            event: self.events,
            what: words.join(" "),
        }
    }
}

fn json(attributes: &Map<String, Value>) -> String {
    // Texts and finite numbers can always be written.
    serde_json::to_string(attributes).unwrap_or_default()
}

fn failed(path: &Path, source: rusqlite::Error) -> StagingError {
    StagingError::Prepare {
        path: path.to_owned(),
        source,
        hint: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const LOG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xmlns="http://www.xes-standard.org/">
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <global scope="event"><string key="concept:name" value="none"/></global>
  <classifier name="Activity" keys="concept:name"/>
  <string key="origin" value="hand"/>
  <trace>
    <string key="concept:name" value="A &amp; B"/>
    <int key="amount" value="7"/>
    <event>
      <string key="concept:name" value="Kayıt"><string key="meta" value="x"/></string>
      <date key="time:timestamp" value="2026-01-05T09:40:00.250+03:00"/>
      <boolean key="urgent" value="true"/>
      <float key="cost" value="1.5"/>
      <list key="parts"><values><string key="part" value="lid"/><string key="part" value="box"/></values></list>
    </event>
    <event>
      <string key="concept:name" value="Kapanış"/>
      <date key="time:timestamp" value="2026-01-06T09:40:00"/>
      <date key="due" value="tomorrow"/>
    </event>
  </trace>
  <trace/>
</log>"#;

    fn staged(log: &[u8]) -> Result<(Connection, Vec<String>), StagingError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.xes");
        std::fs::write(&path, log).unwrap();
        let mut into = Connection::open_in_memory().unwrap();
        let notes = stage(
            &mut into,
            &path,
            chrono_tz::Europe::Istanbul,
            &Stop::default(),
        )?;
        Ok((into, notes))
    }

    fn text(from: &Connection, sql: &str) -> String {
        from.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn number(from: &Connection, sql: &str) -> i64 {
        from.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn traces_and_events_become_rows_with_typed_attributes() {
        let (log, notes) = staged(LOG.as_bytes()).unwrap();
        assert_eq!(number(&log, "SELECT COUNT(*) FROM trace"), 2);
        assert_eq!(
            text(&log, "SELECT name FROM trace WHERE trace_no = 1"),
            "A & B"
        );
        assert_eq!(
            number(
                &log,
                "SELECT attributes ->> 'amount' + 1 FROM trace WHERE trace_no = 1"
            ),
            8
        );
        assert_eq!(
            text(&log, "SELECT group_concat(activity) FROM event"),
            "Kayıt,Kapanış"
        );
        // 2026-01-05 06:40:00.250 UTC, and a time without an offset in the zone: 2026-01-06 06:40:00 UTC.
        assert_eq!(
            number(&log, "SELECT at FROM event WHERE event_no = 1"),
            1_767_595_200_250_000
        );
        assert_eq!(
            number(&log, "SELECT at FROM event WHERE event_no = 2"),
            1_767_681_600_000_000
        );
        assert_eq!(
            number(
                &log,
                "SELECT attributes ->> 'urgent' FROM event WHERE event_no = 1"
            ),
            1
        );
        assert_eq!(
            text(
                &log,
                "SELECT attributes ->> '$.parts[1]' FROM event WHERE event_no = 1"
            ),
            "box"
        );
        assert_eq!(text(&log, "SELECT value FROM log_attribute"), "hand");
        assert_eq!(
            number(
                &log,
                "SELECT rows FROM attribute WHERE level = 'event' AND key = 'time:timestamp' AND type = 'date'"
            ),
            2
        );
        assert!(
            notes[0].contains("`tomorrow` in due (date) is not to be read"),
            "{notes:?}"
        );
        assert!(
            notes[1].contains("1 attribute(s) of attributes"),
            "{notes:?}"
        );
        assert_eq!(notes.len(), 2);
    }

    #[test]
    fn a_packed_log_in_another_encoding_is_read_alike() {
        let other = LOG.replace("UTF-8", "windows-1254");
        let (bytes, _, _) = encoding_rs::WINDOWS_1254.encode(&other);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&bytes).unwrap();
        let (log, _) = staged(&packed.finish().unwrap()).unwrap();
        assert_eq!(
            text(&log, "SELECT group_concat(activity) FROM event"),
            "Kayıt,Kapanış"
        );
    }

    #[test]
    fn traces_of_one_name_stay_two_and_are_named() {
        let twin = "<trace><string key=\"concept:name\" value=\"A &amp; B\"/></trace>";
        let (log, notes) = staged(LOG.replace("<trace/>", twin).as_bytes()).unwrap();
        assert_eq!(number(&log, "SELECT COUNT(*) FROM trace"), 2);
        assert!(
            notes.iter().any(|note| note.contains(
                "2 traces share their name with another one; the first is `A & B` (traces 1 and 2)"
            )),
            "{notes:?}"
        );
    }

    #[test]
    fn a_cut_log_and_what_is_none_are_errors_that_say_where() {
        let refused = |log: &str| staged(log.as_bytes()).unwrap_err().to_string();
        let cut = &LOG[..LOG.find("<trace/>").unwrap()];
        assert!(
            refused(cut).contains("after event 2: ends before the log does"),
            "{}",
            refused(cut)
        );
        assert!(refused("<html></html>").contains("its first element is `html`"));
        assert!(refused("").contains("cut short"));
        let crossed = LOG.replace("</event>", "</trace>");
        assert!(
            refused(&crossed).contains("no well-formed XML"),
            "{}",
            refused(&crossed)
        );
        let broken = LOG.replace("</event>", "</eve\r\nnt>");
        assert!(
            refused(&broken).contains("`</eve  nt>`"),
            "{}",
            refused(&broken)
        );
        let nameless = LOG.replace("key=\"origin\" ", "");
        assert!(refused(&nameless).contains("a `string` has no key"));
    }
}
