//! What a snapshot says of itself: where it came from, what it holds, and a hash of every file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use redress_plain::hex::hex;
use redress_plain::sha256;

/// Name of the manifest within a snapshot.
pub const MANIFEST: &str = "manifest.json";

/// One Parquet file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub table: String,
    /// Path within the snapshot, with `/`.
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// Rows of the source that could not be taken, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// `case` or `event`.
    pub what: String,
    pub reason: String,
    pub rows: u64,
    /// The first of them, so that it can be found in the source.
    pub first: String,
}

/// What the source calls something that the mapping does not know; its rows are kept and move nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownWord {
    /// What kind of word it is: a state, an activity, a priority.
    pub what: String,
    pub word: String,
    pub rows: u64,
    /// The first of them, so that it can be found in the source.
    pub first: String,
}

/// Cases that the source had and no longer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneCount {
    /// The snapshot that this one was compared with; `None` where the lake had none of this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<String>,
    /// Cases of it that are not in the source any more.
    pub cases: u64,
    /// Cases that were gone before and are back.
    pub returned: u64,
    /// All that are gone now, also those that earlier snapshots missed.
    pub in_all: u64,
    /// The first of those that went since, so that it can be looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
}

/// Whether a source was read whole, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// `None`: only what changed since the snapshot that this one was built upon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_because: Option<WholeBecause>,
    /// Rows that came from a server; `None` for any other store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_rows: Option<u64>,
}

/// What a server's cases were like when they were read, so that the next extract knows which months changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// By month of receipt.
    pub months: BTreeMap<String, MonthMark>,
    /// Hash over what all cases depend on: the other tables, and the key of the pseudonyms.
    pub common: String,
}

/// The marks of one month's cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthMark {
    pub cases: u64,
    /// Over the keys and marks of the cases, in the order of their keys.
    pub sha256: String,
}

/// Why a source was read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WholeBecause {
    /// A server's tables, and the mapping has no `watermark.sql`, or it could not be read.
    Server,
    /// A table of a server that all cases depend on is not what it was.
    CommonChanged,
    /// The last snapshot counts words that the mapping does not know; they are counted over all cases.
    UnknownWords,
    /// The changed months' cases lie too far apart in a server's tables.
    Scattered,
    /// The mapping has no `changed.sql`.
    ChangesUnknown,
    /// `--full`.
    Asked,
    /// The lake has no snapshot of the same source, mapping, rules and program that is older; what is restated is none.
    NothingEarlier,
    /// The store does not hold the event that the last snapshot ended with.
    OtherChain,
    /// Erased data may not live on in months that did not change.
    Erased,
}

impl std::fmt::Display for WholeBecause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            WholeBecause::Server => {
                "the mapping cannot say what changed in a server's tables (watermark.sql)"
            }
            WholeBecause::CommonChanged => "a table that all cases depend on has changed",
            WholeBecause::UnknownWords => {
                "the mapping does not know words of the store, and they are counted over all cases"
            }
            WholeBecause::Scattered => {
                "the changed months' cases lie too far apart in the server's tables"
            }
            WholeBecause::ChangesUnknown => "the mapping cannot say what changed (no changed.sql)",
            WholeBecause::Asked => "asked for (--full)",
            WholeBecause::NothingEarlier => {
                "no earlier snapshot of the same source, mapping, rules and program"
            }
            WholeBecause::OtherChain => "the store does not hold what the last snapshot ended with",
            WholeBecause::Erased => "data were erased since the last snapshot",
        })
    }
}

/// Texts that were taken out of a snapshot after it was written, because their cases were erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureNote {
    pub erased_at: DateTime<Utc>,
    /// Cases of the snapshot that were erased.
    pub cases: u64,
    /// Rows of `narratives` that went.
    pub texts: u64,
}

/// Rows read from the source against rows written: in = out + refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    pub cases_in: u64,
    pub cases_out: u64,
    /// Cases and events recorded only after `as_of`: no rows of this snapshot.
    pub cases_later: u64,
    pub events_later: u64,
    pub events_in: u64,
    pub events_out: u64,
    pub refused: Vec<Refused>,
}

/// The rules that a snapshot was computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesUsed {
    pub calendar_id: String,
    pub calendar_version: u32,
    /// Hash of the calendars, limits and settings that decide a stage's figures.
    pub sha256: String,
    pub zone: String,
    pub limits_version: u32,
}

/// Contents of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub schema_version: u32,
    pub tool: String,
    pub as_of: DateTime<Utc>,
    /// Restated: what had happened by `as_of`, as it was known at this later moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<DateTime<Utc>>,
    /// The source, without secrets: path or address.
    pub source: String,
    /// The name that the source was given; without one it goes by that of its mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    pub mapping: String,
    /// Hash of the mapping's files.
    pub mapping_sha256: String,
    /// Whether it was read whole; `None` in snapshots from before that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// What a server's cases were like; `None` for other stores, and where the mapping cannot say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Watermark>,
    pub rules: RulesUsed,
    /// What the source does not record; metrics that need it are not measured.
    pub not_recorded: Vec<String>,
    /// Words of the source that the mapping does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownWord>,
    /// Cases that the source of an earlier snapshot had and no longer has; `None` where none are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<GoneCount>,
    /// Head of the register's chain at reading, where it has one.
    pub chain_head: Option<String>,
    /// Highest position of an event that was read; an incremental extract goes on from here.
    pub last_seq: i64,
    pub rows: BTreeMap<String, u64>,
    pub ledger: BTreeMap<String, Ledger>,
    /// The earlier snapshot that files were linked or spliced from rather than read again.
    pub linked_from: Option<String>,
    /// What was taken out of it since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erasures: Vec<ErasureNote>,
    pub files: Vec<FileEntry>,
    /// SHA-256 of this document with this field empty.
    pub digest: String,
}

/// What is wrong with a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("{path}: cannot be read: {source}; a snapshot without its manifest is not used")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: is no manifest: {source}")]
    Malformed {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{path}: was altered after it was written (its digest does not match)")]
    Altered { path: PathBuf },
    #[error(
        "{path}: this layer was made from other facts than those beside it; make it again (`redress clusters run`)"
    )]
    OtherFacts { path: PathBuf },
    #[error(
        "{path}: was written with lake schema {found}; this program reads schema {known}: run `redress extract` again"
    )]
    OtherSchema {
        path: PathBuf,
        found: u32,
        known: u32,
    },
}

impl Manifest {
    /// The document with its digest filled in.
    ///
    /// # Errors
    /// When it cannot be written as JSON; the types here have no such value.
    pub fn to_json(&mut self) -> Result<String, serde_json::Error> {
        self.digest.clear();
        let bare = serde_json::to_string_pretty(self)?;
        self.digest = hex(&sha256::digest(bare.as_bytes()));
        serde_json::to_string_pretty(self)
    }

    /// Reads and checks the manifest of a snapshot.
    ///
    /// # Errors
    /// When it is missing, malformed, altered, or of another schema version.
    pub fn read(snapshot: &Path) -> Result<Manifest, ManifestError> {
        let path = snapshot.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(|source| ManifestError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let malformed = |source| ManifestError::Malformed {
            path: path.clone(),
            source,
        };
        let version: SchemaVersion = serde_json::from_str(&text).map_err(malformed)?;
        let known = super::tables::SCHEMA_VERSION;
        if version.schema_version != known {
            return Err(ManifestError::OtherSchema {
                path,
                found: version.schema_version,
                known,
            });
        }
        let manifest: Manifest = serde_json::from_str(&text).map_err(malformed)?;
        let mut again = manifest.clone();
        again.to_json().map_err(malformed)?;
        let understood = is_understood(text.as_bytes(), &manifest).map_err(malformed)?;
        if again.digest == manifest.digest && understood {
            Ok(manifest)
        } else {
            Err(ManifestError::Altered { path })
        }
    }

    /// The moment whose calendar, limits and records count.
    pub fn knowledge(&self) -> DateTime<Utc> {
        self.known_at.unwrap_or(self.as_of)
    }

    /// The name under which what is ours about its cases is kept: case 17 of one source is not case 17 of another.
    pub fn source_key(&self) -> &str {
        self.source_name.as_deref().unwrap_or(&self.mapping)
    }

    /// All rows read, written and refused over the months.
    pub fn totals(&self) -> Ledger {
        let mut sum = Ledger::default();
        for part in self.ledger.values() {
            sum.add(part);
        }
        sum
    }
}

impl Ledger {
    /// Adds another ledger; equal reasons are joined and keep the first example.
    pub fn add(&mut self, other: &Ledger) {
        self.cases_in += other.cases_in;
        self.cases_out += other.cases_out;
        self.cases_later += other.cases_later;
        self.events_later += other.events_later;
        self.events_in += other.events_in;
        self.events_out += other.events_out;
        for refused in &other.refused {
            self.refuse(&refused.what, &refused.reason, refused.rows, &refused.first);
        }
    }

    /// The ledger after some cases were read anew: `before` is what they added to it, `after` what they add
    /// now. `None` where that cannot be said without the other cases: refused rows keep their order and
    /// their first example.
    ///
    /// What is recorded later belongs to cases that were read anew, and to no others.
    pub fn with_read_anew(&self, before: &Ledger, after: &Ledger) -> Option<Ledger> {
        if !before.refused.is_empty() || !after.refused.is_empty() {
            return None;
        }
        Some(Ledger {
            cases_in: self.cases_in.checked_sub(before.cases_in)? + after.cases_in,
            cases_out: self.cases_out.checked_sub(before.cases_out)? + after.cases_out,
            cases_later: after.cases_later,
            events_later: after.events_later,
            events_in: self.events_in.checked_sub(before.events_in)? + after.events_in,
            events_out: self.events_out.checked_sub(before.events_out)? + after.events_out,
            refused: self.refused.clone(),
        })
    }

    /// Notes rows that could not be taken.
    pub fn refuse(&mut self, what: &str, reason: &str, rows: u64, example: &str) {
        match self
            .refused
            .iter_mut()
            .find(|r| r.what == what && r.reason == reason)
        {
            Some(known) => known.rows += rows,
            None => self.refused.push(Refused {
                what: what.to_owned(),
                reason: reason.to_owned(),
                rows,
                first: example.to_owned(),
            }),
        }
    }
}

/// Whether a document says nothing that was not understood: a name that is misspelt is passed over when it is read, and
/// what it named is taken for absent. An earlier program may have said less.
pub fn is_understood<T: Serialize>(text: &[u8], read: &T) -> Result<bool, serde_json::Error> {
    fn within(said: &Value, known: &Value) -> bool {
        match (said, known) {
            (Value::Object(said), Value::Object(known)) => said
                .iter()
                .all(|(name, own)| known.get(name).is_some_and(|known| within(own, known))),
            (Value::Array(said), Value::Array(known)) => {
                said.len() == known.len() && said.iter().zip(known).all(|(a, b)| within(a, b))
            }
            _ => said == known,
        }
    }
    let said: Value = serde_json::from_slice(text)?;
    Ok(within(&said, &serde_json::to_value(read)?))
}

#[derive(Deserialize)]
struct SchemaVersion {
    schema_version: u32,
}
