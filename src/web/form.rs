//! The body of a request as fields and files.

use axum::body::Body;
use axum::extract::{FromRequest, Multipart};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;

use super::error::{Result, WebError};
use super::visit::{Fields, Upload};

/// The most that a form may bring, files and all, in MiB.
pub const MOST_MIB: u64 = 32;
/// The most files of a form.
const MOST_FILES: usize = 10;
/// The most fields of a form.
const MOST_FIELDS: usize = 400;
/// The longest text of a field, in bytes.
const LONGEST_FIELD: usize = 200_000;

/// Reads a form of either encoding.
///
/// # Errors
/// When it is too large or cannot be read.
pub async fn read(request: Request<Body>) -> Result<(Fields, Vec<Upload>)> {
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
        .to_ascii_lowercase();
    if kind.starts_with("multipart/form-data") {
        return multipart(request).await;
    }
    let most = usize::try_from(MOST_MIB).unwrap_or(usize::MAX) << 20;
    let bytes = axum::body::to_bytes(request.into_body(), most)
        .await
        .map_err(|_| WebError::TooLarge { most_mib: MOST_MIB })?;
    let fields = pairs(&bytes)?;
    Ok((fields, Vec::new()))
}

/// The pairs of a query or of an encoded form.
///
/// # Errors
/// When there are too many of them or one is too long.
pub fn pairs(bytes: &[u8]) -> Result<Fields> {
    let fields = Fields(form_urlencoded::parse(bytes).into_owned().collect());
    check(&fields)?;
    Ok(fields)
}

fn check(fields: &Fields) -> Result<()> {
    let too_long = fields
        .0
        .iter()
        .any(|(name, value)| name.len() > 200 || value.len() > LONGEST_FIELD);
    if fields.0.len() > MOST_FIELDS || too_long {
        return Err(WebError::BadForm {
            why: "more fields, or longer ones, than any form of ours has".to_owned(),
        });
    }
    Ok(())
}

async fn multipart(request: Request<Body>) -> Result<(Fields, Vec<Upload>)> {
    let bad = |why: String| WebError::BadForm { why };
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|e| bad(e.body_text()))?;
    let mut fields = Vec::new();
    let mut files: Vec<Upload> = Vec::new();
    let mut left = usize::try_from(MOST_MIB).unwrap_or(usize::MAX) << 20;
    while let Some(mut part) = parts.next_field().await.map_err(|e| bad(e.body_text()))? {
        let field = part.name().unwrap_or("").to_owned();
        let file = part.file_name().map(str::to_owned);
        let media_type = part.content_type().unwrap_or("").to_owned();
        let mut content = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(|e| bad(e.body_text()))? {
            left = left
                .checked_sub(chunk.len())
                .ok_or(WebError::TooLarge { most_mib: MOST_MIB })?;
            content.extend_from_slice(&chunk);
        }
        match file {
            // A file field that was left empty comes without a name and without content.
            Some(name) if name.is_empty() && content.is_empty() => {}
            Some(name) => {
                if files.len() == MOST_FILES {
                    return Err(bad(format!("more than {MOST_FILES} files")));
                }
                files.push(Upload {
                    field,
                    name,
                    media_type,
                    content,
                });
            }
            None => {
                let value = String::from_utf8(content)
                    .map_err(|_| bad(format!("the field {field} is not UTF-8")))?;
                fields.push((field, value));
                if fields.len() > MOST_FIELDS {
                    return Err(bad("too many fields".to_owned()));
                }
            }
        }
    }
    let fields = Fields(fields);
    check(&fields)?;
    Ok((fields, files))
}
