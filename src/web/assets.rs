//! The style sheet, the desk's script and the typeface, each under an address that changes with its content.

use std::sync::OnceLock;

use super::answer::Answer;
use super::app::App;
use super::error::{Result, WebError};
use super::routes::{Access, Route};
use super::visit::Visit;
use redress_plain::hex::hex;
use redress_plain::sha256;
use redress_review::font;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("desk.js");

pub const ROUTES: &[Route] = &[Route::get("/assets/{name}", Access::Anyone, asset)];

/// Address of the style sheet.
pub fn style_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| format!("/assets/style-{}.css", mark(STYLE)))
}

/// Address of the desk's script.
pub fn script_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| format!("/assets/desk-{}.js", mark(SCRIPT)))
}

fn mark(content: &str) -> String {
    hex(&sha256::digest(content.as_bytes()))[..12].to_owned()
}

fn asset(_: &App, visit: &Visit) -> Result<Answer> {
    let path = format!("/assets/{}", visit.place("name"));
    match path.as_str() {
        "/assets/regular.woff2" => Ok(Answer::asset("font/woff2", font::regular_woff2().to_vec())),
        "/assets/semibold.woff2" => {
            Ok(Answer::asset("font/woff2", font::semibold_woff2().to_vec()))
        }
        path if path == style_path() => Ok(Answer::asset("text/css; charset=utf-8", STYLE.into())),
        path if path == script_path() => Ok(Answer::asset(
            "text/javascript; charset=utf-8",
            SCRIPT.into(),
        )),
        _ => Err(WebError::NotFound),
    }
}
