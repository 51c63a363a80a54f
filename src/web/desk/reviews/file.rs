//! A file of a pack. Only what the pack's manifest names is given out, and only as it was written; a path is looked up
//! there and never put together from an address.

use std::path::Path;

use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};

use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::visit::Visit;
use redress_plain::hex::hex;
use redress_plain::sha256;
use redress_review::pack::PackManifest;

/// `GET /desk/reviews/{pack}/{file}`.
pub fn serve(app: &App, visit: &Visit) -> Result<Answer> {
    let (pack, file) = (visit.place("pack"), visit.place("file"));
    let content = content(&app.settings.out, pack, file).ok_or(WebError::NotFound)?;
    match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => {
            let page = String::from_utf8(content).map_err(|_| WebError::NotFound)?;
            let policy = policy(&page).ok_or(WebError::NotFound)?;
            // A pack's page holds its own style and typeface, allowed by their hash.
            Ok(Answer::html(page).header(CONTENT_SECURITY_POLICY, policy))
        }
        Some(ending) => {
            let name = file.rsplit('/').next().unwrap_or(file);
            Ok(
                Answer::download(&format!("{pack}-{name}"), media_type(ending), content)
                    .header(CACHE_CONTROL, "private, no-store")
                    .header(HeaderName::from_static("x-robots-tag"), "noindex"),
            )
        }
        None => Err(WebError::NotFound),
    }
}

/// The content of a file that the pack's manifest names, when it is what was written.
pub fn content(out: &Path, pack: &str, file: &str) -> Option<Vec<u8>> {
    let is_name = !pack.is_empty() && !pack.starts_with('.') && !pack.contains(['/', '\\', '\0']);
    if !is_name {
        return None;
    }
    let folder = out.join(pack);
    let manifest = PackManifest::read(&folder).ok()?;
    let entry = manifest.files.iter().find(|entry| entry.path == file)?;
    // The manifest could be somebody's own: no entry of it leads out of the pack.
    let parts = Path::new(&entry.path).components();
    let inside = parts
        .into_iter()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if !inside {
        return None;
    }
    let path = folder.join(&entry.path);
    let within = path
        .canonicalize()
        .ok()?
        .starts_with(folder.canonicalize().ok()?);
    let content = std::fs::read(&path).ok()?;
    (within && hex(&sha256::digest(&content)) == entry.sha256).then_some(content)
}

/// The policy that the page gives itself, with what only a header can say.
fn policy(page: &str) -> Option<String> {
    const BEGINS: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"";
    let head = page.get(..page.find("<style>")?)?;
    let (_, rest) = head.split_once(BEGINS)?;
    let (policy, _) = rest.split_once('"')?;
    Some(format!("{policy}; frame-ancestors 'none'"))
}

/// The media type of a file of a pack, by the ending of its name.
pub fn media_type(ending: &str) -> &'static str {
    match ending {
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "parquet" => "application/vnd.apache.parquet",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_of_a_page_is_its_own() {
        let page = "<!DOCTYPE html><head><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
                    style-src 'sha256-abc='\"><style>p {}</style>";
        assert_eq!(
            policy(page).as_deref(),
            Some("default-src 'none'; style-src 'sha256-abc='; frame-ancestors 'none'")
        );
        // What people wrote further down cannot loosen it.
        let forged =
            "<style></style><meta http-equiv=\"Content-Security-Policy\" content=\"script-src *\">";
        assert_eq!(policy(forged), None);
    }

    #[test]
    fn no_name_leads_out_of_the_folder_of_packs() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        std::fs::create_dir_all(out.join("a")).unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        for (pack, file) in [
            ("..", "secret"),
            (".", "secret"),
            ("", "secret"),
            ("a", "../../secret"),
            ("a/..", "secret"),
            ("..\\..", "secret"),
        ] {
            assert_eq!(content(&out, pack, file), None, "{pack} {file}");
        }
    }
}
