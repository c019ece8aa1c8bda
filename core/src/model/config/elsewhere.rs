//! Keys that are good in another place: most often the line is indented too little or too far.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::schema::{choices, schema};

/// Where keys can be, from the top of a file down.
struct Home {
    /// As a hint names it.
    place: String,
    properties: &'static Map<String, Value>,
}

/// What to do about a key that belongs elsewhere; `None` where no place has such a key. `from` is the place where it is.
pub(super) fn belongs(name: &str, from: &str) -> Option<String> {
    let mut homes = Vec::new();
    collect(schema(), "the top level", &mut homes);
    let mut places: Vec<&str> = Vec::new();
    for home in homes.iter().filter(|home| home.properties.contains_key(name) && home.place != from) {
        if !places.contains(&home.place.as_str()) {
            places.push(&home.place);
        }
    }
    match places.as_slice() {
        [] => None,
        ["the top level", ..] => {
            Some(format!("{name} belongs at the top level: begin it in the first column"))
        }
        [place, ..] => Some(format!("{name} belongs into {place}: indent it like the keys there")),
    }
}

/// The keys that a value of this schema may have.
pub(super) fn keys_of(schemas: &[&'static Value]) -> BTreeSet<&'static str> {
    let properties = schemas.iter().filter_map(|schema| schema["properties"].as_object());
    properties.flat_map(Map::keys).map(String::as_str).collect()
}

fn collect(schema: &'static Value, place: &str, homes: &mut Vec<Home>) {
    for choice in choices(schema) {
        let Some(properties) = choice["properties"].as_object() else { continue };
        // Codes and commands are keys of one place alone, and nobody misses the place.
        if properties.len() <= MOST_KEYS {
            homes.push(Home { place: place.to_owned(), properties });
            for (name, inner) in properties {
                collect(inner, name, homes);
                for list in choices(inner) {
                    collect(&list["items"], &format!("an item of {name}"), homes);
                }
            }
        }
    }
}

/// Mappings with more keys are tables of names.
const MOST_KEYS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_where_it_belongs() {
        let sent = |name, from| belongs(name, from).unwrap_or_default();
        assert_eq!(
            sent("accepts", "the top level"),
            "accepts belongs into an item of environments: indent it like the keys there"
        );
        assert_eq!(
            sent("tested", "an item of environments"),
            "tested belongs into requires: indent it like the keys there"
        );
        assert_eq!(sent("rules", "copy"), "rules belongs at the top level: begin it in the first column");
        assert_eq!(belongs("nonsense", "the top level"), None);
    }
}
