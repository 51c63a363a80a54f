//! Files on their way to the disk, while the next ones are being made.
//!
//! Whoever writes a month would wait for the disk at the end of each of its files, and the processor with
//! it. A snapshot has to lie on the disk when it gets its name, no sooner: until then the waiting is done here.

use std::fs::File;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::error::WriteError;

/// Files that wait at most, each of them open: a disk that is slower than the work holds it up.
const WAITING: usize = 64;

/// A thread that flushes files to the disk, in the order in which they come.
#[derive(Debug)]
pub struct Flusher {
    queue: ToFlush,
    thread: JoinHandle<Result<(), WriteError>>,
}

/// Takes files that are complete; each thread that writes has its own.
#[derive(Debug, Clone)]
pub struct ToFlush(SyncSender<(PathBuf, File)>);

impl Flusher {
    /// Starts the thread. It ends when this value and every [`ToFlush`] are gone.
    pub fn start() -> Self {
        let (sender, files) = sync_channel::<(PathBuf, File)>(WAITING);
        let flush = move || {
            for (path, file) in files {
                file.sync_all()
                    .map_err(|source| WriteError::Io { path, source })?;
            }
            Ok(())
        };
        Flusher {
            queue: ToFlush(sender),
            thread: std::thread::spawn(flush),
        }
    }

    /// A place to put files.
    pub fn queue(&self) -> ToFlush {
        self.queue.clone()
    }

    /// Waits until every file lies on the disk. No [`ToFlush`] may be left.
    ///
    /// # Errors
    /// When a file could not be flushed: the first of them.
    pub fn finish(self) -> Result<(), WriteError> {
        drop(self.queue);
        self.thread.join().unwrap_or(Err(WriteError::FlusherLost))
    }
}

impl ToFlush {
    /// Puts a file at the end.
    pub(super) fn put(&self, path: PathBuf, file: File) {
        // The thread ends early at a file that it cannot flush, which `finish` reports; the others need not be flushed then.
        let _ = self.0.send((path, file));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flushed_file_is_no_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        let flusher = Flusher::start();
        flusher
            .queue()
            .put(path.clone(), File::create(&path).expect("a file"));
        flusher.finish().expect("the file is flushed");
    }

    /// A pipe cannot be flushed to a disk.
    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_flushed_is_named() {
        let flusher = Flusher::start();
        let queue = flusher.queue();
        let mut ends = Vec::new();
        for name in ["first", "second"] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            ends.push(reader);
            queue.put(name.into(), File::from(std::os::fd::OwnedFd::from(writer)));
        }
        drop(queue);
        match flusher.finish() {
            Err(WriteError::Io { path, .. }) => assert_eq!(path, PathBuf::from("first")),
            other => panic!("{other:?}"),
        }
    }
}
