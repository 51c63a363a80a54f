//! A JSON object as the fields of a form, so that what programs enter goes the same way as what people enter; and the
//! schema of such an object, from the same list of what is asked.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::schema;
use crate::desk::commands::{Ask, How};
use crate::entry::Field;
use crate::visit::Fields;

/// A member of the object that is asked for.
#[derive(Debug, Clone)]
pub struct Member {
    name: &'static str,
    needed: bool,
    shape: Shape,
    about: String,
}

/// What a member may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// One of these words.
    Word(Vec<String>),
    /// Yes or no, one of which has to be said.
    YesNo,
    /// Yes, or nothing.
    Tick,
    Day,
    /// `YYYY-MM`.
    Month,
    /// An instant with its offset.
    Moment,
    Whole,
    /// An amount in minor units of the currency.
    Minor,
    /// A number as people write it in a form; a text is taken as well.
    Number,
    /// Several texts.
    Texts,
    /// The value of any datum of an event.
    Any,
}

/// The longest text of a member, in bytes: that of a form's field.
const LONGEST: usize = 200_000;

impl Member {
    pub fn new(name: &'static str, needed: bool, shape: Shape, about: impl Into<String>) -> Member {
        Member {
            name,
            needed,
            shape,
            about: about.into(),
        }
    }

    /// What a command of a case asks for.
    pub fn of_ask(ask: &Ask, about: String) -> Option<Member> {
        let shape = match &ask.how {
            // Further units are written apart by commas in a form.
            How::Line if ask.name == "also" => Shape::Texts,
            How::Line | How::Code(_) | How::Staff => Shape::Text,
            How::Word(_, words) => Shape::Word(words().into_iter().map(str::to_owned).collect()),
            How::YesNo => Shape::YesNo,
            How::Tick => Shape::Tick,
            How::Day => Shape::Day,
            How::Amount => Shape::Minor,
            How::Files => return None,
        };
        Some(Member::new(ask.name, ask.needed, shape, about))
    }

    /// What a form of the desk asks for.
    pub fn of_field(field: &Field) -> Option<Member> {
        let words: Vec<String> = field
            .choices()
            .iter()
            .map(|choice| choice.code.clone())
            .filter(|code| !code.is_empty())
            .collect();
        let shape = match field.input() {
            "file" => return None,
            "date" => Shape::Day,
            "month" => Shape::Month,
            "datetime-local" => Shape::Moment,
            _ if field.is_tick() => Shape::Tick,
            _ if !words.is_empty() => Shape::Word(words),
            _ if field.name == "cost" => Shape::Minor,
            _ if NUMBERS.contains(&field.name) => Shape::Number,
            _ if LISTS.contains(&field.name) => Shape::Texts,
            _ => Shape::Text,
        };
        Some(Member::new(
            field.name,
            !field.optional && shape != Shape::Tick,
            shape,
            field.label.clone(),
        ))
    }

    /// The same, but it may be left out.
    #[must_use]
    pub fn optional(self) -> Member {
        Member {
            needed: false,
            ..self
        }
    }

    fn schema(&self) -> Value {
        let schema = match &self.shape {
            // A text that is needed is more than blanks.
            Shape::Text if self.needed => {
                json!({ "type": "string", "minLength": 1, "maxLength": LONGEST })
            }
            Shape::Text => json!({ "type": "string", "maxLength": LONGEST }),
            Shape::Word(words) => schema::word(words.iter().map(String::as_str)),
            Shape::YesNo | Shape::Tick => schema::flag(),
            Shape::Day => schema::day(),
            Shape::Month => json!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$" }),
            Shape::Moment => schema::moment(),
            Shape::Whole => schema::whole(),
            Shape::Minor => json!({ "type": "integer", "minimum": 0 }),
            Shape::Number => json!({ "type": "number", "minimum": 0 }),
            Shape::Texts => schema::list(schema::text()),
            Shape::Any => json!({}),
        };
        match self.about.is_empty() {
            true => schema,
            false => schema::about(schema, &self.about),
        }
    }

    /// A value as the text that a form would bring; `None` where it says nothing.
    fn read(&self, value: &Value) -> Result<Option<String>, &'static str> {
        let text = |what: &'static str| value.as_str().ok_or(what);
        Ok(match (&self.shape, value) {
            (Shape::Any, value) => Some(any(value)?),
            (_, Value::Null) => None,
            (Shape::Text, _) => Some(text("a text")?.to_owned()),
            (Shape::Word(words), _) => {
                let word = text("one of the words of the description")?;
                match words.iter().any(|known| known == word) {
                    true => Some(word.to_owned()),
                    false => return Err("one of the words of the description"),
                }
            }
            (Shape::YesNo, Value::Bool(is_so)) => {
                Some(if *is_so { "yes" } else { "no" }.to_owned())
            }
            (Shape::Tick, Value::Bool(is_so)) => is_so.then(|| "yes".to_owned()),
            (Shape::YesNo | Shape::Tick, _) => return Err("true or false"),
            (Shape::Day, _) => {
                let day = text("a day, YYYY-MM-DD")?;
                let parsed: Option<NaiveDate> = day.parse().ok();
                Some(parsed.ok_or("a day, YYYY-MM-DD")?.to_string())
            }
            (Shape::Month, _) => Some(text("a month, YYYY-MM")?.to_owned()),
            (Shape::Moment, _) => {
                let moment = text("an instant, 2026-03-02T06:30:00Z")?;
                DateTime::parse_from_rfc3339(moment)
                    .map_err(|_| "an instant, 2026-03-02T06:30:00Z")?;
                Some(moment.to_owned())
            }
            (Shape::Whole, Value::Number(number)) => {
                Some(number.as_i64().ok_or("a whole number")?.to_string())
            }
            (Shape::Minor, Value::Number(number)) => {
                let minor = number
                    .as_i64()
                    .filter(|minor| *minor >= 0)
                    .ok_or("a whole number of minor units, not negative")?;
                Some(major(minor))
            }
            (Shape::Number, Value::Number(number)) => Some(number.to_string()),
            (Shape::Whole | Shape::Minor | Shape::Number, _) => return Err("a number"),
            (Shape::Texts, Value::Array(values)) => {
                let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
                Some(texts.ok_or("a list of texts")?.join(", "))
            }
            (Shape::Texts, _) => return Err("a list of texts"),
        })
    }
}

/// Fields of the desk that hold numbers without saying so.
const NUMBERS: [&str; 6] = [
    "settling_days",
    "ripening_days",
    "follow_up_months",
    "extension_months",
    "target",
    "reduction",
];
/// Fields of the desk in which several things are written apart by commas.
const LISTS: [&str; 2] = ["cases", "elsewhere"];

/// An amount of minor units as a form would bring it.
fn major(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// The value of a datum of an event, as the form of an amendment would bring it.
fn any(value: &Value) -> Result<String, &'static str> {
    Ok(match value {
        Value::Null => String::new(),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(values) => {
            let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
            texts.ok_or("a value, or a list of texts")?.join(", ")
        }
        Value::Object(_) => return Err("a value, or a list of texts"),
    })
}

/// The schema of an object with these members.
pub fn schema_of(members: &[Member]) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|member| {
            let schema = match member.needed || member.shape == Shape::Any {
                true => member.schema(),
                // What may be left out may be null as well.
                false => schema::or_null(member.schema()),
            };
            (member.name.to_owned(), schema)
        })
        .collect();
    let needed: Vec<&str> = members
        .iter()
        .filter(|member| member.needed)
        .map(|member| member.name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    })
}

/// The fields that an object brings.
///
/// # Errors
/// What is missing, not asked for, or of another type.
pub fn fields_of(members: &[Member], object: &Map<String, Value>) -> Result<Fields, Problem> {
    let mut errors: Vec<(String, String)> = Vec::new();
    for name in object.keys() {
        if !members.iter().any(|member| member.name == name) {
            errors.push((name.clone(), "nothing of this name is asked for".to_owned()));
        }
    }
    let mut fields = Vec::new();
    for member in members {
        let read = match object.get(member.name) {
            None => Ok(None),
            Some(value) => member.read(value),
        };
        match read {
            Ok(Some(text)) if text.len() > LONGEST || text.contains('\0') => {
                let why = format!("a text of {LONGEST} bytes at most, without null characters");
                errors.push((member.name.to_owned(), why));
            }
            Ok(Some(text)) => fields.push((member.name.to_owned(), text)),
            Ok(None) if member.needed => {
                errors.push((member.name.to_owned(), "it is needed".to_owned()));
            }
            Ok(None) => {}
            Err(what) => errors.push((member.name.to_owned(), format!("give {what}"))),
        }
    }
    match errors.is_empty() {
        true => Ok(Fields(fields)),
        false => Err(Problem::of_fields(errors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> Vec<Member> {
        vec![
            Member::new(
                "severity",
                true,
                Shape::Word(vec!["low".into(), "high".into()]),
                "",
            ),
            Member::new("safety", false, Shape::Tick, ""),
            Member::new("cost", false, Shape::Minor, ""),
            Member::new("due_on", false, Shape::Day, ""),
            Member::new("also", false, Shape::Texts, ""),
            Member::new("holds", false, Shape::YesNo, ""),
        ]
    }

    fn read(object: Value) -> Result<Vec<(String, String)>, Vec<String>> {
        let Value::Object(object) = object else {
            panic!("an object");
        };
        match fields_of(&members(), &object) {
            Ok(fields) => Ok(fields.0),
            Err(problem) => Err(problem.fields().map(str::to_owned).collect()),
        }
    }

    #[test]
    fn an_object_becomes_what_a_form_would_bring() {
        let fields = read(json!({
            "severity": "high", "safety": true, "cost": 125_050, "due_on": "2026-03-09",
            "also": ["quality", "sales"], "holds": false,
        }))
        .unwrap();
        let expected = [
            ("severity", "high"),
            ("safety", "yes"),
            ("cost", "1250.50"),
            ("due_on", "2026-03-09"),
            ("also", "quality, sales"),
            ("holds", "no"),
        ];
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(fields, expected);
        // A box that is not ticked, and what is null, bring nothing.
        let fields = read(json!({ "severity": "low", "safety": false, "cost": null })).unwrap();
        assert_eq!(fields, [("severity".to_owned(), "low".to_owned())]);
    }

    #[test]
    fn what_is_wrong_is_said_of_each_field() {
        let wrong = read(json!({
            "safety": "yes", "cost": -1, "due_on": "tomorrow", "also": "quality", "colour": "red",
        }))
        .unwrap_err();
        assert_eq!(
            wrong,
            ["colour", "severity", "safety", "cost", "due_on", "also"]
        );
    }
}
