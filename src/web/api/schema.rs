//! Parts of JSON Schema (2020-12, as OpenAPI 3.1 takes it), from which the description of the interface is put together.

use serde_json::{Map, Value, json};

/// An object with exactly these members; each is always there.
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": names,
        "additionalProperties": false,
    })
}

pub fn text() -> Value {
    json!({ "type": "string" })
}

pub fn whole() -> Value {
    json!({ "type": "integer" })
}

pub fn real() -> Value {
    json!({ "type": "number" })
}

pub fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// An instant in UTC.
pub fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// A day of the organisation's zone.
pub fn day() -> Value {
    json!({ "type": "string", "format": "date" })
}

/// One of these words.
pub fn word<'w>(words: impl IntoIterator<Item = &'w str>) -> Value {
    let words: Vec<&str> = words.into_iter().collect();
    json!({ "type": "string", "enum": words })
}

pub fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// Any object: its members are those of an event's kind.
pub fn any_object() -> Value {
    json!({ "type": "object" })
}

/// The same, or null.
pub fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// With words about it.
pub fn about(mut schema: Value, words: &str) -> Value {
    if let Value::Object(members) = &mut schema {
        members.insert("description".to_owned(), json!(words));
    }
    schema
}

/// An object with the members of two.
pub fn joined(mut one: Value, other: &Value) -> Value {
    for part in ["properties", "required"] {
        match (one.get_mut(part), other.get(part)) {
            (Some(Value::Object(mine)), Some(Value::Object(theirs))) => {
                mine.extend(theirs.clone());
            }
            (Some(Value::Array(mine)), Some(Value::Array(theirs))) => {
                mine.extend(theirs.iter().cloned());
            }
            _ => {}
        }
    }
    one
}
