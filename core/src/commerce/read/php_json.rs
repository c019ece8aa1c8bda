//! JSON as PHP reads it into arrays and writes it again.
//!
//! Composer's content hash is taken of what PHP writes, so its peculiarities count: an empty object becomes a list,
//! slashes and all that is not ASCII are escaped, of a key that comes twice the last value is kept in the first place.

use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value whose keys keep their order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What the key holds, where this has keys.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// As PHP's `json_encode` writes it without any option.
    pub(super) fn encode(&self, into: &mut String) {
        match self {
            Self::Null => into.push_str("null"),
            Self::Flag(flag) => into.push_str(if *flag { "true" } else { "false" }),
            Self::Integer(number) => into.push_str(&number.to_string()),
            Self::Number(number) => into.push_str(&number_text(*number)),
            Self::Text(text) => encode_text(text, into),
            Self::List(items) => encode_list(items.iter(), into),
            Self::Object(entries) if is_list(entries) => {
                encode_list(entries.iter().map(|(_, value)| value), into);
            }
            Self::Object(entries) => {
                encode_entries(entries.iter().map(|(key, value)| (key.as_str(), value)), into);
            }
        }
    }
}

/// An object of these entries.
pub(super) fn encode_entries<'a>(entries: impl Iterator<Item = (&'a str, &'a Json)>, into: &mut String) {
    into.push('{');
    for (position, (key, value)) in entries.enumerate() {
        if position > 0 {
            into.push(',');
        }
        encode_text(key, into);
        into.push(':');
        value.encode(into);
    }
    into.push('}');
}

fn encode_list<'a>(items: impl Iterator<Item = &'a Json>, into: &mut String) {
    into.push('[');
    for (position, item) in items.enumerate() {
        if position > 0 {
            into.push(',');
        }
        item.encode(into);
    }
    into.push(']');
}

/// Whether PHP sees no difference to a list: the keys count from 0.
fn is_list(entries: &[(String, Json)]) -> bool {
    entries.iter().enumerate().all(|(position, (key, _))| *key == position.to_string())
}

fn encode_text(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '/' => into.push_str("\\/"),
            '\u{8}' => into.push_str("\\b"),
            '\u{c}' => into.push_str("\\f"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            ' '..='\u{7f}' => into.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(into, "\\u{unit:04x}");
                }
            }
        }
    }
    into.push('"');
}

/// A number in the shortest way that reads back, with an exponent where PHP has one.
fn number_text(number: f64) -> String {
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..17).contains(&exponent) {
        return number.to_string();
    }
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}{point}e{sign}{}", exponent.abs())
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Integer(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "PHP does the same with what is no integer of 64 bits")]
    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::Number(number as f64), Json::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut entries: Vec<(String, Json)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        while let Some((key, value)) = access.next_entry::<String, Json>()? {
            if let Some(place) = places.get(&key) {
                let place: &usize = place;
                entries[*place].1 = value;
            } else {
                places.insert(key.clone(), entries.len());
                entries.push((key, value));
            }
        }
        Ok(Json::Object(entries))
    }
}
