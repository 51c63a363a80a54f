//! The description of the interface as a measure of its answers: a small validator for the part of JSON Schema that it
//! uses, and the tests that the description is whole.

use std::collections::BTreeSet;

use redress::web::routes::{self, Verb};
use serde_json::Value;

use super::Client;

/// The document that the server gives.
pub struct Description(Value);

impl Description {
    pub fn of(text: &str) -> Description {
        Description(serde_json::from_str(text).unwrap())
    }

    /// The codes that a problem may have.
    pub fn problem_codes(&self) -> Vec<&str> {
        let codes = &self.0["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
        let codes = codes.as_array().unwrap().iter();
        codes.map(|code| code.as_str().unwrap()).collect()
    }

    /// Panics when an answer is none that the description allows.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, status: u16, kind: &str, body: &Value) {
        let path = path.split('?').next().unwrap();
        let verb = method.to_ascii_lowercase();
        // Said of an address, not of one of its operations.
        if status == 405 {
            return;
        }
        let Some(operation) = self.operation(&verb, path) else {
            assert_eq!(status, 404, "{method} {path} is not described");
            return;
        };
        let described = &operation["responses"][status.to_string()];
        assert!(
            described.is_object(),
            "{method} {path}: {status} is not described: {body}"
        );
        let content = described["content"].as_object().unwrap();
        let (known, of_kind) = content.iter().next().unwrap();
        let is_it = known == "*/*" || kind.split(';').next() == Some(known.as_str());
        assert!(is_it, "{method} {path}: {kind} in place of {known}");
        let mut faults = Vec::new();
        self.faults(&of_kind["schema"], body, "", &mut faults);
        assert!(
            faults.is_empty(),
            "{method} {path} {status}: {faults:?} in {body}"
        );
    }

    /// The operation at a path; what is named outright stands before what stands for anything.
    fn operation(&self, verb: &str, path: &str) -> Option<&Value> {
        let paths = self.0["paths"].as_object().unwrap();
        let fits = |template: &str| {
            let of_files = template.ends_with("/files/{file}");
            let (mut places, mut parts) = (template.split('/'), path.split('/'));
            loop {
                match (places.next(), parts.next()) {
                    (None, None) => return true,
                    (None, Some(_)) => return of_files,
                    (Some(_), None) => return false,
                    (Some(place), Some(part)) if place == part || place.starts_with('{') => {}
                    (Some(_), Some(_)) => return false,
                }
            }
        };
        let mut found: Vec<&String> = paths
            .keys()
            .filter(|template| fits(template) && paths[*template].get(verb).is_some())
            .collect();
        found.sort_by_key(|template| template.matches('{').count());
        Some(&paths[*found.first()?][verb])
    }

    fn faults(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointed = self.0.pointer(reference.trim_start_matches('#'));
            return self.faults(pointed.unwrap(), value, at, faults);
        }
        if let Some(any) = schema["anyOf"].as_array() {
            let fits = |schema: &Value| {
                let mut own = Vec::new();
                self.faults(schema, value, at, &mut own);
                own.is_empty()
            };
            if !any.iter().any(fits) {
                faults.push(format!("{at}: fits none of {any:?}"));
            }
            return;
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            faults.push(format!("{at}: {value} is none of {words:?}"));
        }
        let is_of_type = match schema["type"].as_str() {
            None => true,
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            Some(other) => panic!("{at}: the validator does not know the type {other}"),
        };
        if !is_of_type {
            faults.push(format!("{at}: {value} is no {}", schema["type"]));
            return;
        }
        match schema["format"].as_str() {
            None => {}
            Some("date-time") => {
                let text = value.as_str().unwrap();
                if chrono::DateTime::parse_from_rfc3339(text).is_err() {
                    faults.push(format!("{at}: {text} is no instant"));
                }
            }
            Some("date") => {
                let text = value.as_str().unwrap();
                if text.parse::<chrono::NaiveDate>().is_err() {
                    faults.push(format!("{at}: {text} is no day"));
                }
            }
            Some(other) => panic!("{at}: the validator does not know the format {other}"),
        }
        if let Some(object) = value.as_object() {
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                if !object.contains_key(name) {
                    faults.push(format!("{at}/{name}: is missing"));
                }
            }
            for (name, value) in object {
                let at = format!("{at}/{name}");
                match schema["properties"].get(name) {
                    Some(schema) => self.faults(schema, value, &at, faults),
                    None if schema["additionalProperties"] == false => {
                        faults.push(format!("{at}: is not described"));
                    }
                    None => {}
                }
            }
        }
        if let (Some(values), Some(items)) = (value.as_array(), schema.get("items")) {
            for (no, value) in values.iter().enumerate() {
                self.faults(items, value, &format!("{at}/{no}"), faults);
            }
        }
    }
}

#[test]
fn the_validator_finds_what_is_wrong() {
    let text = r##"{"paths": {}, "components": {"schemas": {"Row": {
        "type": "object", "additionalProperties": false, "required": ["n", "day"],
        "properties": {"n": {"type": "integer"}, "day": {"type": "string", "format": "date"},
                       "word": {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]}}}}}}"##;
    let description = Description::of(text);
    let faults = |value: &str| {
        let schema = serde_json::json!({
            "type": "array", "items": { "$ref": "#/components/schemas/Row" },
        });
        let mut faults = Vec::new();
        let value = serde_json::from_str(value).unwrap();
        description.faults(&schema, &value, "", &mut faults);
        faults.len()
    };
    assert_eq!(
        faults(r#"[{"n": 1, "day": "2026-03-02", "word": null}]"#),
        0
    );
    assert_eq!(faults(r#"[{"n": 1, "day": "2026-03-02", "word": "a"}]"#), 0);
    for wrong in [
        r#"[{"n": 1.5, "day": "2026-03-02"}]"#,
        r#"[{"n": 1, "day": "2026-02-30"}]"#,
        r#"[{"n": 1}]"#,
        r#"[{"n": 1, "day": "2026-03-02", "word": "c"}]"#,
        r#"[{"n": 1, "day": "2026-03-02", "more": 1}]"#,
        r#"{}"#,
    ] {
        assert_eq!(faults(wrong), 1, "{wrong}");
    }
}

#[test]
fn the_description_that_is_served_names_the_routes_and_nothing_else() {
    let client = Client::new();
    let paths = client.description().0["paths"].as_object().unwrap();
    let mut described: BTreeSet<(String, &str)> = BTreeSet::new();
    for (path, verbs) in paths {
        for verb in verbs.as_object().unwrap().keys() {
            let mut path = path.clone();
            // One of a closed list stands in the table of routes as the place that it takes.
            for (list, place) in [
                ("/commands/", "{command}"),
                ("/steps/", "{step}"),
                ("/words/", "{word}"),
            ] {
                if let Some((before, after)) = path.split_once(list)
                    && after != "new-password"
                {
                    path = format!("{before}{list}{place}");
                }
            }
            described.insert((path, if verb == "get" { "get" } else { "post" }));
        }
    }
    let known: BTreeSet<(String, &str)> = routes::all()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| {
            let verb = match route.verb {
                Verb::Get => "get",
                Verb::Post => "post",
            };
            (route.path.replace("{*", "{"), verb)
        })
        .collect();
    assert_eq!(described, known);
    assert!(known.len() >= 25, "{}", known.len());
}
