//! What every form has to be, and where to look in one.

use std::collections::BTreeSet;

use redress::domain::vocabulary::Language;
use redress::forms::words::Words;
use sha2::{Digest, Sha256};

/// What an attribute is, everywhere in a page.
fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    page.split(&format!(" {name}=\""))
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

fn between<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
    let (_, rest) = page.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

/// The row of a table that begins with this head.
pub(super) fn row<'p>(page: &'p str, head: &str) -> &'p str {
    between(page, &format!("\">{head}</th>"), "</tr>")
}

pub(super) fn ticked(page: &str, name: &str) -> Vec<String> {
    page.split("<input type=\"")
        .filter_map(|tag| tag.split('>').next())
        .filter(|tag| tag.ends_with(" checked") && tag.contains(&format!(" name=\"{name}\"")))
        .map(|tag| between(tag, "value=\"", "\"").to_owned())
        .collect()
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: String = bytes.iter().map(|b| format!("{b:08b}")).collect();
    let mut text: String = bits
        .as_bytes()
        .chunks(6)
        .map(|six| {
            let six = format!("{:0<6}", String::from_utf8_lossy(six));
            char::from(SIGNS[usize::from_str_radix(&six, 2).expect("bits")])
        })
        .collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// One page that runs nothing, fetches nothing, and says what each of its fields is.
#[track_caller]
pub(super) fn is_sound(page: &str, language: Language) {
    assert!(page.starts_with(&format!("<!DOCTYPE html>\n<html lang=\"{language}\">")));
    let style = between(page, "<style>", "</style>");
    let hash = base64(&Sha256::digest(style.as_bytes()));
    assert!(page.contains(&format!(
        "default-src 'none'; style-src 'sha256-{hash}'; font-src data:;"
    )));
    for address in [
        "<script", "<link", "<img", "src=", "href=", " style=", "http:", "https:",
    ] {
        assert!(!page.contains(address), "{address}");
    }
    assert!(style.matches("url(").count() == style.matches("url(data:font/woff2;").count());

    let body = page.split_once("<body").expect("a body").1;
    let ids = attributes(body, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id stands twice");
    let labelled: BTreeSet<&str> = attributes(body, "for").into_iter().collect();
    for id in &labelled {
        assert!(unique.contains(id), "a label for nothing: {id}");
    }
    for id in attributes(body, "aria-labelledby")
        .iter()
        .flat_map(|ids| ids.split(' '))
    {
        assert!(unique.contains(id), "{id} names something and is not there");
    }
    for control in ["<textarea", "<input type=\"text\"", "<output"] {
        for tag in body.split(control).skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            let id = attributes(tag, "id");
            assert!(
                tag.contains("aria-labelledby") || id.iter().any(|id| labelled.contains(id)),
                "{control}{tag}: no label"
            );
        }
    }
    // A text that is missing shows its key.
    let words = Words::load(language).expect("bundled texts");
    let sections: BTreeSet<&str> = words
        .all()
        .keys()
        .filter_map(|key| Some(key.split_once('.')?.0))
        .collect();
    for section in sections {
        for before in [">", "\"", "(", " "] {
            let key = format!("{before}{section}.");
            let missing = body.split(&key).skip(1);
            for rest in missing {
                assert!(
                    !rest.starts_with(|c: char| c.is_ascii_lowercase()),
                    "{key}{}",
                    rest.chars().take(20).collect::<String>()
                );
            }
        }
    }
}
