//! `/api/v1/openapi.json` (OpenAPI 3.1), made from the table of routes, of commands, of steps and of words: what is not
//! a route is not described, and every route is.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::operation::{Answers, Each, Operation, PLAIN, refusals};
use super::problem::Code;
use super::{clusters, commands, entry, schema, steps};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::commands::all as desk_commands;
use crate::error::Result;
use crate::routes::{self, Access, Route, Verb};
use crate::visit::Visit;
use crate::words::Words;
use redress_register::Scope;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/openapi.json", Access::Anyone, description).described(&Operation {
        id: "describe",
        summary: "This description",
        ..PLAIN
    }),
];

fn description(app: &App, visit: &Visit) -> Result<Answer> {
    Ok(Answer::json(&document(app.words(visit.language))))
}

/// The whole description.
pub fn document(words: &Words) -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut schemas: BTreeMap<&'static str, Value> = BTreeMap::new();
    schemas.insert("Problem", problem_schema());
    for route in routes::all() {
        let Some(operation) = route.operation else {
            continue;
        };
        if let Answers::Json(name, schema) = &operation.answer {
            schemas.insert(name, schema());
        }
        let verb = match route.verb {
            Verb::Get => "get",
            Verb::Post => "post",
        };
        for one in each(words, route, operation) {
            let described = described(route, operation, &one);
            paths
                .entry(one.path)
                .or_default()
                .insert(verb.to_owned(), described);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Redress",
            "version": "1",
            "description": "Complaint handling under ISO 10002 for programs. See docs/api.md.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `redress token create`, shown once",
                },
            },
        },
    })
}

/// An operation at one address, where the last part of the path may be a name of a list.
struct One {
    path: String,
    id: String,
    summary: String,
    body: Option<Value>,
    takes_files: bool,
}

fn each(words: &Words, route: &Route, operation: &Operation) -> Vec<One> {
    // `{*file}` takes slashes; the description has no word for that.
    let path = route.path.replace("{*", "{");
    let one = |place: &str, name: &str, body: Option<Value>, takes_files: bool| One {
        path: path.replace(place, name),
        id: format!("{}_{}", operation.id, name.replace('-', "_")),
        summary: format!("{}: {name}", operation.summary),
        body,
        takes_files,
    };
    match operation.each {
        Each::None => vec![One {
            path,
            id: operation.id.to_owned(),
            summary: operation.summary.to_owned(),
            body: operation.body.map(|body| body()),
            takes_files: false,
        }],
        Each::Command => desk_commands()
            // Its password is hashed, so it has a route of its own.
            .filter(|command| command.name != "new-password")
            .map(|command| {
                let body = entry::schema_of(&commands::members(words, command));
                let takes_files = commands::takes_files(command);
                one("{command}", command.name, Some(body), takes_files)
            })
            .collect(),
        Each::Step => steps::described(words)
            .into_iter()
            .map(|(step, body)| one("{step}", step, Some(body), false))
            .collect(),
        Each::Word => clusters::described(words)
            .into_iter()
            .map(|(word, body)| one("{word}", word, Some(body), false))
            .collect(),
    }
}

fn described(route: &Route, operation: &Operation, one: &One) -> Value {
    let mut parameters: Vec<Value> = places(&one.path)
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } })
        })
        .collect();
    parameters.extend(operation.query.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "required": false,
            "description": parameter.about,
            "schema": (parameter.schema)(),
        })
    }));
    if operation.is_once {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "New for each thing that is entered, the same when the request is repeated",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9._~-]{1,200}$" },
        }));
    }
    if operation.is_versioned && route.verb == Verb::Post {
        parameters.push(json!({
            "name": "If-Match",
            "in": "header",
            "required": false,
            "description": "The ETag of an earlier answer: refused as `changed` when somebody was there since",
            "schema": { "type": "string", "pattern": "^\"[0-9]{1,18}\"$" },
        }));
    }
    let mut described = Map::new();
    let mut say = |name: &str, value: Value| {
        described.insert(name.to_owned(), value);
    };
    say("operationId", json!(one.id));
    say("summary", json!(one.summary));
    if !parameters.is_empty() {
        say("parameters", Value::Array(parameters));
    }
    if let Some(body) = &one.body {
        say("requestBody", request_body(body, one.takes_files));
    }
    say("responses", responses(route, operation));
    match route.access {
        Access::Integration(scope) => say("x-scope", json!(scope.as_str())),
        Access::Anyone | Access::Complainant | Access::Staff(_) | Access::NewStaff => {
            say("security", json!([]));
        }
    }
    Value::Object(described)
}

fn request_body(schema: &Value, takes_files: bool) -> Value {
    match takes_files {
        true => json!({
            "required": true,
            "content": { "multipart/form-data": { "schema": {
                "type": "object",
                "properties": { "files": {
                    "type": "array", "minItems": 1, "maxItems": 10,
                    "items": { "type": "string", "contentMediaType": "application/octet-stream" },
                } },
                "required": ["files"],
            } } },
        }),
        false => json!({
            "required": true,
            "content": { "application/json": { "schema": schema } },
        }),
    }
}

fn responses(route: &Route, operation: &Operation) -> Value {
    let content = match &operation.answer {
        Answers::Json(name, _) => {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            json!({ "application/json": { "schema": schema } })
        }
        Answers::File => json!({ "*/*": { "schema": {} } }),
        Answers::Description => json!({ "application/json": { "schema": schema::any_object() } }),
    };
    let mut yes = json!({ "description": "Done", "content": content });
    if operation.is_versioned
        && let Value::Object(yes) = &mut yes
    {
        let tag = json!({ "ETag": { "schema": { "type": "string" } } });
        yes.insert("headers".to_owned(), tag);
    }
    let mut responses = Map::new();
    if operation.is_once {
        responses.insert("200".to_owned(), yes.clone());
    }
    responses.insert(operation.status.to_string(), yes);
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    let refused = match route.access {
        Access::Integration(_) => refusals(operation),
        Access::Anyone | Access::Complainant | Access::Staff(_) | Access::NewStaff => Vec::new(),
    };
    for status in refused {
        let codes: Vec<&str> = Code::ALL
            .iter()
            .filter(|code| code.status().as_u16() == status)
            .map(|code| code.as_str())
            .collect();
        responses.insert(
            status.to_string(),
            json!({
                "description": codes.join(", "),
                "content": { "application/problem+json": { "schema": problem } },
            }),
        );
    }
    Value::Object(responses)
}

/// The names in braces of a path.
fn places(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?;
        name.strip_suffix('}')
    })
}

fn problem_schema() -> Value {
    let error = schema::object([("field", schema::text()), ("detail", schema::text())]);
    let scopes = schema::word(Scope::ALL.iter().map(|scope| scope.as_str()));
    json!({
        "type": "object",
        "properties": {
            "type": schema::text(),
            "title": schema::text(),
            "status": schema::whole(),
            "code": schema::word(Code::ALL.iter().map(|code| code.as_str())),
            "detail": schema::text(),
            "errors": schema::list(error),
            "version": schema::about(schema::whole(), "With `changed`: the present version"),
            "refusal": schema::about(schema::text(), "With `refused`: the rule of the workflow"),
            "scope": schema::about(scopes, "With `scope_missing`: the scope that is needed"),
            "request_id": schema::text(),
        },
        "required": ["type", "title", "status", "code", "detail"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    fn words() -> Words {
        Words::load(Language::En).unwrap()
    }

    #[test]
    fn every_route_for_programs_is_described_and_every_description_is_a_route() {
        let document = document(&words());
        let described = document["paths"].as_object().unwrap();
        let mut reached = 0;
        for route in routes::all() {
            let of_programs = super::super::is_of_programs(route.path);
            assert_eq!(route.operation.is_some(), of_programs, "{}", route.path);
            let Some(operation) = route.operation else {
                continue;
            };
            let verb = match route.verb {
                Verb::Get => "get",
                Verb::Post => "post",
            };
            for one in each(&words(), route, operation) {
                assert!(described[&one.path].get(verb).is_some(), "{}", one.path);
                reached += 1;
            }
        }
        let operations: usize = described
            .values()
            .map(|path| path.as_object().unwrap().len())
            .sum();
        assert_eq!(operations, reached);
    }

    #[test]
    fn no_two_operations_have_one_name_and_every_place_is_a_parameter() {
        let document = document(&words());
        let mut ids = std::collections::BTreeSet::new();
        for (path, verbs) in document["paths"].as_object().unwrap() {
            for operation in verbs.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id}");
                for place in places(path) {
                    let known = operation["parameters"].as_array().unwrap();
                    assert!(known.iter().any(|p| p["name"] == place), "{path} {place}");
                }
            }
        }
    }

    #[test]
    fn every_command_of_the_desk_but_none_else_can_be_given() {
        let document = document(&words());
        let paths = document["paths"].as_object().unwrap();
        let root = "/api/v1/cases/{number}/commands/";
        let described: Vec<&str> = paths
            .keys()
            .filter_map(|path| path.strip_prefix(root))
            .collect();
        let mut known: Vec<&str> = desk_commands().map(|command| command.name).collect();
        known.sort_unstable();
        assert_eq!(described, known);
        let assess = &paths[&format!("{root}assess")]["post"]["requestBody"]["content"];
        let assess = &assess["application/json"]["schema"];
        assert_eq!(assess["required"], json!(["severity"]));
        assert_eq!(assess["additionalProperties"], json!(false));
    }
}
