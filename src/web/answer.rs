//! What a handler answers.

use askama::Template;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, LOCATION, SET_COOKIE,
};
use axum::http::{HeaderValue, Response, StatusCode};

use super::error::Result;

/// A page, a redirect or a file.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// A page from its template.
    ///
    /// # Errors
    /// When the template fails.
    pub fn page(template: &impl Template) -> Result<Answer> {
        Ok(Answer::html(template.render()?))
    }

    /// A page as it stands.
    pub fn html(text: String) -> Answer {
        Answer {
            status: StatusCode::OK,
            headers: vec![
                (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
                (CACHE_CONTROL, "no-store".to_owned()),
            ],
            body: text.into_bytes(),
        }
    }

    /// "See there" (303): what follows a form that was taken. The path is one of ours.
    pub fn see(path: impl Into<String>) -> Answer {
        Answer {
            status: StatusCode::SEE_OTHER,
            headers: vec![
                (LOCATION, path.into()),
                (CACHE_CONTROL, "no-store".to_owned()),
            ],
            body: Vec::new(),
        }
    }

    /// A file to keep, never shown inside the page's own site: the browser is told to save it.
    pub fn download(name: &str, media_type: &str, body: Vec<u8>) -> Answer {
        Answer {
            status: StatusCode::OK,
            headers: vec![
                (CONTENT_TYPE, media_type.to_owned()),
                (CONTENT_DISPOSITION, disposition(name)),
                (CACHE_CONTROL, "private, no-store".to_owned()),
            ],
            body,
        }
    }

    /// JSON for a program.
    pub fn json(value: &serde_json::Value) -> Answer {
        Answer {
            status: StatusCode::OK,
            headers: vec![
                (CONTENT_TYPE, "application/json".to_owned()),
                (CACHE_CONTROL, "no-store".to_owned()),
            ],
            body: value.to_string().into_bytes(),
        }
    }

    /// Something that never changes under its address: a style sheet, a typeface.
    pub fn asset(media_type: &str, body: Vec<u8>) -> Answer {
        Answer {
            status: StatusCode::OK,
            headers: vec![
                (CONTENT_TYPE, media_type.to_owned()),
                (
                    CACHE_CONTROL,
                    "public, max-age=31536000, immutable".to_owned(),
                ),
            ],
            body,
        }
    }

    /// Whether it leads to another page: the form that it answers was taken.
    pub fn leads_on(&self) -> bool {
        self.status == StatusCode::SEE_OTHER
    }

    /// With another status than 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Answer {
        self.status = status;
        self
    }

    /// With a cookie as [`super::session`] writes it.
    #[must_use]
    pub fn cookie(mut self, cookie: String) -> Answer {
        self.headers.push((SET_COOKIE, cookie));
        self
    }

    /// With a header in place of what stood there.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Answer {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// As the server sends it. A header that cannot be sent (a line break in it) is left out.
    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// `attachment` with the file's name, in ASCII and (RFC 6266) in full.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => c,
            _ => '_',
        })
        .collect();
    let full: String = name
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_breaks_out_of_no_header() {
        let said = disposition("şikâyet\"\r\nX: y.jpg");
        assert!(
            said.is_ascii() && !said.contains('\n') && !said.contains('\r'),
            "{said}"
        );
        assert_eq!(said.matches('"').count(), 2, "{said}");
        assert!(said.contains("filename*=UTF-8''%C5%9Fik"), "{said}");
    }
}
