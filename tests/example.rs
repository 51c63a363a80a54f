//! The packs in `reports/example` are what the program makes of `sample_data` today.
//!
//! `REDRESS_EXAMPLE=write` writes them instead of comparing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

const AS_OF: &str = "2026-10-10T09:00:00Z";
const PERIOD: &str = "2026-Q3";
/// Part of a bitmap's dots that may differ, by a machine's own rounding at the edges of strokes.
const MOST_DOTS: f64 = 0.002;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(folder: &Path, line: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_redress"))
        .env_clear()
        .current_dir(folder)
        .args(line)
        .output()
        .expect("the program runs");
    assert!(
        output.status.success(),
        "{line:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Files below a folder, by their path within it.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it");
                let name = name.to_string_lossy().replace('\\', "/");
                found.insert(name, path);
            }
        }
    }
    found
}

/// Name and bytes of each part of a zipped document.
fn parts(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = fs::File::open(path).expect("a document");
    let mut archive = zip::ZipArchive::new(file).expect("a zip");
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at).expect("a part");
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).expect("its bytes");
            let name = part.name().expect("a name").into_owned();
            (name, bytes)
        })
        .collect()
}

fn dots(path: &Path) -> ((u32, u32), Vec<u8>) {
    let file = std::io::BufReader::new(fs::File::open(path).expect("a picture"));
    let mut reader = png::Decoder::new(file).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("its dots");
    ((info.width, info.height), pixels)
}

/// Why a file is not as the example has it.
fn differs(name: &str, made: &Path, kept: &Path) -> Option<String> {
    let ending = name.rsplit('.').next().unwrap_or_default();
    match ending {
        "png" => {
            let ((size, made), (kept_size, kept)) = (dots(made), dots(kept));
            let far = made
                .iter()
                .zip(&kept)
                .filter(|(a, b)| a.abs_diff(**b) > 24)
                .count();
            let most = MOST_DOTS * made.len() as f64;
            (size != kept_size || far as f64 > most).then(|| format!("{name}: {far} dots differ"))
        }
        "xlsx" | "docx" => {
            let (made, kept) = (parts(made), parts(kept));
            let names: BTreeSet<&String> = made.keys().chain(kept.keys()).collect();
            let other = names
                .into_iter()
                .find(|part| made.get(*part) != kept.get(*part));
            other.map(|part| format!("{name}: the part {part} differs"))
        }
        // Parquet names the version of its writer, and the tables are there as CSV too; the manifest has the hash of each.
        "parquet" => None,
        _ if name == "manifest.json" => None,
        _ => {
            let (made, kept) = (fs::read(made).expect("made"), fs::read(kept).expect("kept"));
            (made != kept).then(|| format!("{name}: differs"))
        }
    }
}

#[test]
fn the_example_is_what_the_program_makes_today() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::create_dir(at.join("sample_data")).expect("a folder");
    for (name, path) in files(&repository().join("sample_data")) {
        fs::copy(path, at.join("sample_data").join(name)).expect("copied");
    }
    fs::write(
        at.join("redress.toml"),
        "organisation = \"Kuzey Yapı Malzemeleri\"\ncurrency = \"TRY\"\npseudonym_key = \"example\"\n",
    )
    .expect("settings");
    run(at, &["init"]);
    run(
        at,
        &[
            "extract",
            "--mapping",
            "csv",
            "--store",
            "sample_data",
            "--as-of",
            AS_OF,
        ],
    );
    run(at, &["clusters", "run", "--full"]);
    let write = std::env::var_os("REDRESS_EXAMPLE").is_some_and(|wish| wish == "write");
    let mut faults = Vec::new();
    for language in ["en", "tr", "ru"] {
        let name = format!("{PERIOD}-{language}");
        run(
            at,
            &[
                "--lang", language, "review", "build", PERIOD, "--out", &name,
            ],
        );
        let kept = repository().join("reports/example").join(&name);
        if write {
            if kept.exists() {
                fs::remove_dir_all(&kept).expect("removed");
            }
            for (file, path) in files(&at.join(&name)) {
                let target = kept.join(file);
                fs::create_dir_all(target.parent().expect("a folder")).expect("made");
                fs::copy(path, target).expect("copied");
            }
            continue;
        }
        let (made, kept) = (files(&at.join(&name)), files(&kept));
        let names: BTreeSet<&String> = made.keys().chain(kept.keys()).collect();
        for file in names {
            match (made.get(file), kept.get(file)) {
                (Some(made), Some(kept)) => faults.extend(differs(file, made, kept)),
                (Some(_), None) => faults.push(format!("{file}: is not in the example")),
                (None, _) => faults.push(format!("{file}: is made no more")),
            }
        }
        assert!(made.len() > 50, "{} files", made.len());
        assert!(
            faults.is_empty(),
            "{name}: {faults:#?}\nREDRESS_EXAMPLE=write cargo test --release example writes the packs anew"
        );
    }
}
