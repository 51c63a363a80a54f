//! `redress review verify`: a pack against its own hashes, and against the data that it names.

use std::path::{Path, PathBuf};

use redress_lake::derived::read_with_layers;
use redress_lake::store::Lake;
use redress_plain::TOOL;
use redress_review::pack::verification::{Fault, FileFault, files, recomputed};
use redress_review::pack::{LayerRead, Origin, PackError, PackManifest};
use serde::Serialize;

use super::{BuildArgs, build_pack};
use crate::Context;
use crate::case::common::SCHEMA_VERSION;
use crate::failure::Failure;
use crate::output;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pack's folder
    #[arg(value_name = "DIR")]
    pack: PathBuf,
    /// The folder with metrics of your own that it was built with
    #[arg(long, value_name = "DIR")]
    queries: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Verified {
    schema_version: u32,
    files: usize,
    /// Why it was not computed again; `None` when it was.
    not_recomputed: Option<String>,
    faults: Vec<FileFault>,
}

/// `review verify`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let manifest = PackManifest::read(&args.pack).map_err(|error| match error {
        PackError::Altered(_) => Failure::Check(error.to_string()),
        other => Failure::Usage(other.to_string()),
    })?;
    let mut faults = files(&args.pack, &manifest)?;
    let not_recomputed = match again(context, args, &manifest.origin)? {
        Err(why) => Some(why),
        Ok(made) => {
            faults.extend(recomputed(&manifest, &made));
            None
        }
    };
    faults.sort();
    let verified = Verified {
        schema_version: SCHEMA_VERSION,
        files: manifest.files.len(),
        not_recomputed,
        faults,
    };
    output::print_document(&verified, || in_words(&verified), context.format)?;
    match verified.faults.len() {
        0 => Ok(()),
        n => Err(Failure::Check(format!("{}: {n} file(s) at fault", args.pack.display())).into()),
    }
}

/// Builds the pack once more, aside, from the snapshot that it names; or says why that cannot be.
fn again(
    context: &Context,
    args: &Args,
    origin: &Origin,
) -> anyhow::Result<Result<PackManifest, String>> {
    if origin.tool != TOOL {
        return Ok(Err(format!(
            "it was made by {}, and this is {TOOL}",
            origin.tool
        )));
    }
    let lake = Lake::at(&context.config.lake);
    let known = lake
        .snapshots()
        .is_ok_and(|names| names.contains(&origin.snapshot));
    if !known {
        return Ok(Err(format!(
            "the snapshot {} is not in {} any more",
            origin.snapshot,
            context.config.lake.display()
        )));
    }
    let (facts, layers) = read_with_layers(&lake.snapshot(Some(&origin.snapshot))?)?;
    if facts.digest != origin.lake_digest {
        return Ok(Err(format!(
            "the snapshot {} is another one of that name",
            origin.snapshot
        )));
    }
    if LayerRead::of(layers) != origin.layers {
        return Ok(Err(
            "clusters or actions were computed anew beside the facts since".to_owned(),
        ));
    }
    let scratch = tempfile::tempdir()?;
    let out = scratch.path().join("pack");
    let mut config = context.config.clone();
    config.language = origin.language;
    config.name(&origin.organisation);
    config.currency.clone_from(&origin.currency);
    // An edition is computed again beside no other.
    config.out = scratch.path().to_owned();
    let asked = BuildArgs {
        compare: origin.compared_with.clone(),
        out: Some(out.clone()),
        snapshot: Some(origin.snapshot.clone()),
        queries: args.queries.clone(),
        public: origin.public,
        force_public: origin.overlap_reason.clone(),
        ..BuildArgs::of_period(&origin.period)
    };
    let aside = Context {
        config,
        format: context.format,
        now: context.now,
    };
    build_pack(&aside, &asked)?;
    let made = PackManifest::read(Path::new(&out))?;
    let (then, now) = (&origin.definitions, &made.origin.definitions);
    let other = then
        .keys()
        .chain(now.keys())
        .find(|id| then.get(*id) != now.get(*id));
    Ok(match other {
        Some(id) => Err(format!(
            "the metric {id} is another now, or not there; name the folder it was built with (--queries)"
        )),
        None => Ok(made),
    })
}

fn in_words(verified: &Verified) -> String {
    let mut text = String::new();
    for FileFault { path, fault } in &verified.faults {
        let what = match fault {
            Fault::Altered => "altered since it was written",
            Fault::Missing => "missing",
            Fault::Further => "not of the pack",
            Fault::ComputedOtherwise => "the same data give other bytes now",
        };
        text.push_str(&format!("{path}: {what}\n"));
    }
    let outcome = match verified.faults.is_empty() {
        true => "as they were written",
        false => "looked at",
    };
    text.push_str(&format!("{} files {outcome}; ", verified.files));
    match &verified.not_recomputed {
        None => text.push_str("computed again from the snapshot\n"),
        Some(why) => text.push_str(&format!("only their hashes were compared: {why}\n")),
    }
    text
}
