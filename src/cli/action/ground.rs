//! The snapshot that an action is counted on.

use std::path::PathBuf;

use redress_domain::cluster::ClusterBook;
use redress_domain::gone_case::GoneCase;
use redress_engine::local::LocalEngine;
use redress_improvement::ground::Ground;
use redress_improvement::update;
use redress_lake::manifest::Manifest;
use redress_register::Register;

use crate::Context;
use crate::query;

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
