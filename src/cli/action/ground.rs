//! The snapshot that an action is counted on.

use std::path::PathBuf;

use redress::domain::cluster::ClusterBook;
use redress::domain::gone_case::GoneCase;
use redress::engine::local::LocalEngine;
use redress::improvement::ground::Ground;
use redress::improvement::update;
use redress::lake::manifest::Manifest;
use redress::register::Register;

use crate::cli::Context;
use crate::cli::query;

/// An open snapshot with what its clusters are called since.
pub struct Opened {
    engine: LocalEngine,
    manifest: Manifest,
    folder: PathBuf,
    book: ClusterBook,
    gone: Vec<GoneCase>,
}

impl Opened {
    /// Opens a snapshot; the latest when none is named.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(
        context: &Context,
        register: &Register,
        snapshot: Option<&str>,
    ) -> anyhow::Result<Opened> {
        let (folder, manifest, params) = query::asked(context, snapshot, "last-quarter")?;
        let book = register.cluster_book(manifest.source_key(), None)?.book;
        let gone = register.gone_cases(manifest.source_key(), Some(manifest.as_of))?;
        Ok(Opened {
            engine: LocalEngine::open(&folder, params)?,
            manifest,
            folder,
            book,
            gone,
        })
    }

    /// To count on.
    pub fn ground(&self) -> Ground<'_> {
        update::ground(&self.engine, &self.manifest, &self.folder, &self.book)
            .with_gone(self.gone.clone())
    }
}
