//! The months of a source as files of a snapshot: read whole, or spliced from the changed cases.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::local_days::LocalDays;
use super::order::{ExtractError, Order};
use super::reader::{CaseBundle, CaseReader, Scope};
use super::reuse::{Reuse, link};
use super::rows::{MonthTables, View};
use redress_lake::flush::{Flusher, ToFlush};
use redress_lake::manifest::{FileEntry, Ledger, Manifest};
use redress_lake::splice::{Spliced, splice};
use redress_lake::store::Draft;
use redress_lake::writer::{InMemory, MonthFolder, TableRows};
use redress_register::people::Pseudonyms;
use redress_source::attendance::Stop;

/// A month that cannot simply be linked.
pub(super) struct Task<'a> {
    pub month: String,
    /// The changed cases, where they are few enough to be spliced into an earlier snapshot's files.
    pub splice: Option<(&'a Reuse, &'a [i64])>,
}

impl Task<'_> {
    /// How long it takes beside others. A splice passes over all events of the month, and reads its changed cases;
    /// one of these takes as long as a hundred events passed over.
    fn work(&self) -> u64 {
        let Some((reuse, cases)) = self.splice else {
            return u64::MAX;
        };
        let events = reuse
            .old
            .ledger
            .get(&self.month)
            .map_or(0, |ledger| ledger.events_in);
        events + 100 * cases.len() as u64
    }
}

/// How many months were made in which way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub read: usize,
    pub spliced: usize,
}

/// A month's part of the snapshot.
struct Month {
    ledger: Ledger,
    files: Vec<FileEntry>,
}

/// Makes the months on as many threads as there are readers; each month is one thread's work, so its
/// files do not depend on their number.
///
/// # Errors
/// When the source cannot be read, a file cannot be written, or stopping was asked for.
pub(super) fn make_months(
    readers: Vec<Connection>,
    draft: &Draft,
    order: &Order<'_>,
    pseudonyms: &Pseudonyms,
    mut tasks: Vec<Task<'_>>,
    manifest: &mut Manifest,
    wish: &Stop,
) -> Result<Counts, ExtractError> {
    // The longest first, so that no thread is left alone with one at the end.
    tasks.sort_by_key(|task| std::cmp::Reverse(task.work()));
    let total = tasks.len();
    let flusher = Flusher::start();
    let queue = Mutex::new(VecDeque::from(tasks));
    let stop = AtomicBool::new(false);
    let done: Mutex<Vec<(String, Month, bool)>> = Mutex::new(Vec::with_capacity(total));
    let work = |connection: Connection| -> Result<(), ExtractError> {
        let mut worker = Worker {
            reader: CaseReader::open(&connection, order.mapping)?,
            days: LocalDays::of(order.rules.organisation.zone()),
            draft,
            order,
            pseudonyms,
            flusher: flusher.queue(),
            wish,
        };
        while !stop.load(Ordering::Relaxed) {
            let next = queue.lock().ok().and_then(|mut q| q.pop_front());
            let Some(task) = next else { break };
            let (month, spliced) = worker.make(&task)?;
            let mut done = done.lock().map_err(|_| ExtractError::WorkerLost)?;
            done.push((task.month, month, spliced));
            (order.progress)(done.len(), total);
        }
        Ok(())
    };
    let guarded =
        |connection| work(connection).inspect_err(|_| stop.store(true, Ordering::Relaxed));
    std::thread::scope(|scope| {
        let workers: Vec<_> = readers
            .into_iter()
            .map(|connection| scope.spawn(|| guarded(connection)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or(Err(ExtractError::WorkerLost)))
            .collect::<Result<Vec<()>, ExtractError>>()
    })?;
    flusher.finish()?;
    let mut counts = Counts::default();
    for (month, made, spliced) in done.into_inner().map_err(|_| ExtractError::WorkerLost)? {
        manifest.ledger.insert(month, made.ledger);
        manifest.files.extend(made.files);
        if spliced {
            counts.spliced += 1;
        } else {
            counts.read += 1;
        }
    }
    Ok(counts)
}

/// One thread's means.
struct Worker<'a> {
    reader: CaseReader<'a>,
    days: LocalDays,
    draft: &'a Draft,
    order: &'a Order<'a>,
    pseudonyms: &'a Pseudonyms,
    flusher: ToFlush,
    wish: &'a Stop,
}

/// The changed cases of a month: their rows, and what they add to the month's ledger.
struct Changed {
    /// As the earlier snapshot knew them.
    before: Vec<TableRows>,
    ledger_before: Ledger,
    /// As they are.
    after: Vec<TableRows>,
    ledger_after: Ledger,
}

impl<'a> Worker<'a> {
    fn view(&self) -> View<'a> {
        View {
            rules: self.order.rules,
            not_recorded: &self.order.mapping.settings.not_recorded,
            happened_by: self.order.known_at.map(|_| self.order.as_of),
        }
    }

    /// Makes a month, and says whether it was spliced.
    fn make(&mut self, task: &Task<'_>) -> Result<(Month, bool), ExtractError> {
        if self.wish.is_asked() {
            return Err(ExtractError::Interrupted);
        }
        if let Some((reuse, cases)) = task.splice
            && let Some(month) = self.spliced(&task.month, reuse, cases)?
        {
            return Ok((month, true));
        }
        Ok((self.read(&task.month)?, false))
    }

    /// Reads all cases of a month.
    fn read(&mut self, month: &str) -> Result<Month, ExtractError> {
        let mut ledger = Ledger::default();
        let mut tables = MonthTables::begin(&MonthFolder {
            snapshot: self.draft.path(),
            month,
            flusher: &self.flusher,
        })?;
        let scope = Scope::month(month, self.order.knowledge());
        let view = self.view();
        let (pseudonyms, days, wish) = (self.pseudonyms, &mut self.days, self.wish);
        self.reader
            .read::<ExtractError>(&scope, &mut ledger, |bundle, ledger| {
                // A month of a great register takes a minute.
                if wish.is_asked() {
                    return Err(ExtractError::Interrupted);
                }
                let pseudonym = pseudonym_of(&bundle, pseudonyms);
                tables.take(&bundle, pseudonym.as_deref(), view, days, ledger)?;
                Ok(())
            })?;
        let files = tables.finish()?;
        Ok(Month { ledger, files })
    }

    /// Reads the changed cases of a month alone and splices them into the files of the earlier snapshot.
    /// `None` where the month has to be read whole: the mapping's queries give no single cases, a changed
    /// case is or was refused, or the earlier files are not what the register gives for then.
    fn spliced(
        &mut self,
        month: &str,
        reuse: &Reuse,
        cases: &[i64],
    ) -> Result<Option<Month>, ExtractError> {
        if !self.reader.takes_keys()? || !reuse.is_intact(month) {
            return Ok(None);
        }
        let Some(old_ledger) = reuse.old.ledger.get(month) else {
            return Ok(None);
        };
        let changed = self.changed(month, cases, &reuse.old)?;
        let ledgers = (&changed.ledger_before, &changed.ledger_after);
        let Some(ledger) = old_ledger.with_read_anew(ledgers.0, ledgers.1) else {
            return Ok(None);
        };
        let into = MonthFolder {
            snapshot: self.draft.path(),
            month,
            flusher: &self.flusher,
        };
        let mut files = Vec::with_capacity(changed.after.len());
        let mut kept = Vec::new();
        let mut fits = true;
        for (before, after) in changed.before.iter().zip(&changed.after) {
            let Some(entry) = reuse.file_of(after.table.name, month) else {
                fits = false;
                break;
            };
            match splice(&reuse.path_of(entry), into, cases, before, after)? {
                Spliced::Same => kept.push(entry),
                Spliced::Written(entry) => files.push(entry),
                Spliced::Differs => {
                    fits = false;
                    break;
                }
            }
        }
        if !fits {
            for entry in &files {
                let path = self.draft.path().join(&entry.path);
                std::fs::remove_file(&path)
                    .map_err(|source| ExtractError::Link { path, source })?;
            }
            return Ok(None);
        }
        // Linked last: nothing is written into this month any more.
        for entry in kept {
            link(self.draft, reuse, entry)?;
            files.push(entry.clone());
        }
        Ok(Some(Month { ledger, files }))
    }

    /// Reads some cases of a month and folds each of them twice: as it is, and as an earlier snapshot knew it.
    fn changed(
        &mut self,
        month: &str,
        cases: &[i64],
        old: &Manifest,
    ) -> Result<Changed, ExtractError> {
        let mut before = MonthTables::begin(&InMemory)?;
        let mut after = MonthTables::begin(&InMemory)?;
        let mut ledger_before = Ledger::default();
        let mut ledger_after = Ledger::default();
        let view = self.view();
        let (pseudonyms, days) = (self.pseudonyms, &mut self.days);
        for &case in cases {
            let scope = Scope {
                month,
                keys: case..=case,
                as_of: self.order.knowledge(),
            };
            let fold = |bundle: CaseBundle, ledger: &mut Ledger| {
                let pseudonym = pseudonym_of(&bundle, pseudonyms);
                after.take(&bundle, pseudonym.as_deref(), view, days, ledger)?;
                let bundle = bundle.as_known(old.as_of, old.last_seq);
                ledger_before.events_in += bundle.events.len() as u64;
                before.take(
                    &bundle,
                    pseudonym.as_deref(),
                    view,
                    days,
                    &mut ledger_before,
                )?;
                Ok(())
            };
            self.reader
                .read::<ExtractError>(&scope, &mut ledger_after, fold)?;
        }
        Ok(Changed {
            before: before.finish()?,
            ledger_before,
            after: after.finish()?,
            ledger_after,
        })
    }
}

fn pseudonym_of(bundle: &CaseBundle, pseudonyms: &Pseudonyms) -> Option<String> {
    bundle
        .complainant
        .as_deref()
        .map(|name| pseudonyms.of(name))
}
