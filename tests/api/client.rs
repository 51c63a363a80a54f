//! A program with a token. Every answer that it gets is held against the description that the same server gives.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Request, StatusCode};
use redress::register::NewIntegration;
use serde_json::{Value, json};

use super::described::Description;
use crate::web_desk::Desk;

pub struct Client {
    pub desk: Desk,
    pub token: String,
    description: Description,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Client {
    /// A desk with everybody who is needed, and a token that `tekin` made.
    pub fn with(new: &NewIntegration) -> Client {
        let desk = Desk::of(&["ayse", "kemal", "zeynep", "tekin"]);
        let token = desk
            .register()
            .create_token(new, "tekin", desk.now())
            .unwrap();
        let description = desk.get("/api/v1/openapi.json", "").body;
        Client {
            desk,
            token,
            description: Description::of(&description),
        }
    }

    /// One that may do everything.
    pub fn new() -> Client {
        Client::with(&super::of_everything("erp"))
    }

    /// Sends a request with the token and holds what comes back against the description.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, &bearer);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let page = self
            .desk
            .send(request.body(Body::from(body.to_owned())).unwrap());
        let kind = page
            .headers
            .get(CONTENT_TYPE)
            .map(|kind| kind.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let body = match kind.contains("json") {
            true => serde_json::from_str(&page.body).unwrap(),
            false => json!(page.body),
        };
        self.description
            .check(method, path, page.status.as_u16(), &kind, &body);
        Answer {
            status: page.status,
            headers: page.headers,
            body,
        }
    }

    pub fn description(&self) -> &Description {
        &self.description
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &[], body)
    }

    #[track_caller]
    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, &body.to_string())
    }

    /// Registers a complaint under a key; answers its number.
    #[track_caller]
    pub fn registered(&self, key: &str, text: &str) -> String {
        let answer = self.register(key, text);
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.text("number")
    }

    #[track_caller]
    pub fn register(&self, key: &str, text: &str) -> Answer {
        let body = json!({
            "text": text, "channel": "phone", "language": "tr",
            "name": "Elif Kaya", "phone": "+90 555 111 22 33", "product": "Facade 10",
        });
        self.post_with("/api/v1/cases", &[("idempotency-key", key)], &body)
    }

    /// Gives a command a minute later, and it is taken.
    #[track_caller]
    pub fn done(&self, number: &str, command: &str, body: &Value) -> Answer {
        let answer = self.give(number, command, body);
        assert_eq!(answer.status, StatusCode::OK, "{command}: {}", answer.body);
        answer
    }

    #[track_caller]
    pub fn give(&self, number: &str, command: &str, body: &Value) -> Answer {
        self.desk.pass(chrono::TimeDelta::minutes(1));
        self.post(&format!("/api/v1/cases/{number}/commands/{command}"), body)
    }
}

impl Answer {
    /// A text of the document.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// That it is a problem with this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["code"], code, "{}", self.body);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], format!("urn:redress:problem:{code}"));
        assert_eq!(self.header("content-type"), "application/problem+json");
        self
    }

    /// The fields with which something is wrong.
    pub fn wrong_fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect()
    }
}
