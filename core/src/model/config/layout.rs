//! Whether a tree is laid out as the schema has it: its keys, its kinds of values, its words.
//!
//! The schema is the one that people's editors use, so they and Towpath cannot disagree. What is laid out well
//! is handed on although something beside it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::{Map, Value, json};

use super::elsewhere::{belongs, keys_of};
use super::file::{FIRM_CODES, File};
use super::nearest::nearest;
use super::schema::{choices, schema};
use super::tree::{Content, Key, Node};
use super::{PROBLEMS_MAX, Place, Problem, quoted, shown};

/// The patterns of the schema, ready to be used. A test reads each.
static PATTERNS: LazyLock<BTreeMap<&'static str, Regex>> = LazyLock::new(|| {
    let definitions = schema()["$defs"].as_object().into_iter().flat_map(Map::values);
    let patterns = definitions.filter_map(|definition| definition["pattern"].as_str());
    patterns.filter_map(|pattern| Some((pattern, Regex::new(pattern).ok()?))).collect()
});

/// More keys than this are not listed in a hint.
const KEYS_LISTED: usize = 17;

/// What of the tree is laid out well.
pub(super) fn read(root: &Node, problems: &mut Vec<Problem>) -> File {
    let mut layout = Layout { problems, strangers: BTreeSet::new(), lacks: Vec::new() };
    let value = layout.value(root, schema(), &Spot::ROOT);
    layout.put_causes_first();
    let Some(value) = value else { return File::default() };
    match serde_json::from_value(value) {
        Ok(file) => file,
        Err(error) => {
            // The schema and the types are one, so nothing is known that comes here; silence would be worse.
            let message = format!("the file could not be read: {error}");
            problems.push(Problem::new(root.place, message, "compare it with towpath config schema"));
            File::default()
        }
    }
}

/// What a value is to its surroundings.
struct Spot<'a> {
    /// As a message names it.
    name: &'a str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The whole file.
    Root,
    /// The value of a key.
    Value,
    /// An item of a list.
    Item,
    /// The word that says which of several mappings this is. serde wants it bare, without its place.
    Tag,
}

impl Spot<'_> {
    const ROOT: Spot<'static> = Spot { name: "the file", kind: Kind::Root };

    /// How a sentence about the value begins.
    fn subject(&self) -> String {
        if self.kind == Kind::Item { format!("an item of {}", self.name) } else { self.name.to_owned() }
    }

    fn leaf(&self, place: Place, value: Value) -> Value {
        if self.kind == Kind::Tag { value } else { json!([place.line, place.column, value]) }
    }
}

struct Layout<'a> {
    problems: &'a mut Vec<Problem>,
    /// The keys that are good elsewhere, by their names.
    strangers: BTreeSet<String>,
    /// What is missing somewhere: the place of its problem, and the keys any of which could be it.
    lacks: Vec<(usize, BTreeSet<&'static str>)>,
}

impl Layout<'_> {
    /// The well laid out part of a value: scalars with their places, lists and mappings without what is wrong
    /// in them. `None` where nothing is left or a part that has to be there is missing.
    fn value(&mut self, node: &Node, schema: &'static Value, spot: &Spot<'_>) -> Option<Value> {
        // Many problems are a file of another kind; each costs a comparison with all words known.
        if node.content == Content::Refused || self.problems.len() > 2 * PROBLEMS_MAX {
            return None;
        }
        let choices = choices(schema);
        let fitting: Vec<_> = choices.iter().copied().filter(|choice| fits(choice, &node.content)).collect();
        if fitting.is_empty() {
            self.wrong_kind(node, &choices, spot);
            return None;
        }
        match &node.content {
            Content::Flag(flag) => Some(spot.leaf(node.place, json!(flag))),
            Content::Number(text) => self.number(node.place, text, fitting[0], spot),
            // A slip among words only is told as such; where there is more to choose from, all of it is named.
            Content::Text(text) if fitting.len() < choices.len() && !takes_word(&fitting, text) => {
                self.wrong_kind(node, &choices, spot);
                None
            }
            Content::Text(text) => self.text(node.place, text, &fitting, spot),
            Content::List(items) => Some(self.list(node, items, fitting[0], spot)),
            Content::Keys(keys) => {
                let chosen = self.chosen(node, keys, &fitting)?;
                let any_name = &chosen["additionalProperties"];
                if any_name.is_object() {
                    return Some(self.keys_of_any_name(keys, any_name));
                }
                self.keys(node, keys, chosen, spot)
            }
            Content::Nothing | Content::Refused => None,
        }
    }

    /// What is missing here and is there in a wrong place follows from that.
    fn put_causes_first(&mut self) {
        for (at, keys) in std::mem::take(&mut self.lacks) {
            if keys.iter().any(|key| self.strangers.contains(*key))
                && let Some(problem) = self.problems.get_mut(at)
            {
                *problem = problem.clone().following();
            }
        }
    }

    fn say(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::new(place, message, hint));
    }

    fn number(&mut self, place: Place, text: &str, schema: &Value, spot: &Spot<'_>) -> Option<Value> {
        let bound = |name: &str| schema[name].as_u64();
        let number = text.parse::<u64>().ok();
        let name = spot.subject();
        if let Some(only) = bound("const") {
            if number != Some(only) {
                self.say(
                    place,
                    format!("{name} is {only}, not {}", shown(text)),
                    format!("write {name}: {only}"),
                );
                return None;
            }
        } else {
            let (least, most) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(u64::MAX));
            if number.is_none_or(|number| number < least || number > most) {
                let message = format!("{name} is a whole number from {least} to {most}, not {}", shown(text));
                self.say(place, message, format!("write a number, for instance {name}: {}", least + 1));
                return None;
            }
        }
        Some(spot.leaf(place, json!(number)))
    }

    fn text(&mut self, place: Place, text: &str, fitting: &[&Value], spot: &Spot<'_>) -> Option<Value> {
        let words: Vec<&str> = fitting.iter().flat_map(|choice| words_of(choice)).collect();
        if !words.is_empty() {
            if words.contains(&text) {
                return Some(spot.leaf(place, json!(text)));
            }
            let message = format!("{} cannot be {}", spot.subject(), quoted(text));
            self.say(place, message, one_of_them(text, &words));
            return None;
        }
        let pattern = fitting[0]["pattern"].as_str().and_then(|pattern| PATTERNS.get(pattern));
        if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
            let looks = looks_of(fitting[0]);
            let message = format!("{} cannot be {}", spot.subject(), quoted(text));
            self.say(place, message, format!("write {looks}"));
            return None;
        }
        Some(spot.leaf(place, json!(text)))
    }

    fn list(&mut self, node: &Node, items: &[Node], schema: &'static Value, spot: &Spot<'_>) -> Value {
        let (least, most) = (schema["minItems"].as_u64().unwrap_or(0), schema["maxItems"].as_u64());
        let (name, count) = (spot.name, items.len() as u64);
        if count < least {
            self.say(node.place, format!("{name} is an empty list"), "name at least one");
        }
        if let Some(most) = most.filter(|most| count > *most) {
            let message = format!("{name} has {count} items, and no more than {most} are taken");
            self.say(node.place, message, format!("keep {most} of them"));
        }
        let item_spot = Spot { name, kind: Kind::Item };
        let mut taken = Vec::new();
        let mut seen = BTreeMap::new();
        // Each that is too many would cost as much as a good one.
        for item in items.iter().take(most.map_or(items.len(), |most| most.try_into().unwrap_or(usize::MAX)))
        {
            let Some(value) = self.value(item, &schema["items"], &item_spot) else { continue };
            if schema["uniqueItems"] == true
                && let Content::Text(text) = &item.content
                && let Some(first) = seen.insert(text, item.place)
            {
                let message = format!("{name} lists {} twice", quoted(text));
                self.say(item.place, message, format!("keep one; the first is on line {}", first.line));
                continue;
            }
            taken.push(value);
        }
        Value::Array(taken)
    }

    /// Which of several mappings this is, by the word that tells them apart.
    fn chosen(&mut self, node: &Node, keys: &[Key], fitting: &[&'static Value]) -> Option<&'static Value> {
        let [first, _, ..] = fitting else { return fitting.first().copied() };
        let tag = first["properties"].as_object()?.iter().find(|(_, value)| value["const"].is_string())?.0;
        let word = |choice: &'static Value| choice["properties"][tag]["const"].as_str().unwrap_or_default();
        let words: Vec<_> = fitting.iter().copied().map(word).collect();
        let Some(key) = keys.iter().find(|key| key.name == *tag) else {
            self.say(node.place, format!("{tag} is missing"), format!("write {tag}: and {}", one_of(&words)));
            return None;
        };
        let tags: Vec<&'static Value> = fitting.iter().map(|choice| &choice["properties"][tag]).collect();
        let spot = Spot { name: tag, kind: Kind::Tag };
        let Content::Text(given) = &key.value.content else {
            self.wrong_kind(&key.value, &tags, &spot);
            return None;
        };
        self.text(key.value.place, given, &tags, &spot)?;
        fitting.iter().copied().find(|choice| word(choice) == given)
    }

    /// A mapping whose keys are names that the project chooses.
    fn keys_of_any_name(&mut self, keys: &[Key], schema: &'static Value) -> Value {
        let mut taken = Map::new();
        for key in keys {
            let inner = Spot { name: &key.name, kind: Kind::Value };
            if let Some(value) = self.value(&key.value, schema, &inner) {
                taken.insert(key.name.clone(), value);
            }
        }
        Value::Object(taken)
    }

    fn keys(&mut self, node: &Node, keys: &[Key], schema: &'static Value, spot: &Spot<'_>) -> Option<Value> {
        let properties = schema["properties"].as_object()?;
        let mut taken = Map::new();
        let mut meant = BTreeSet::new();
        for key in keys {
            let mut name = key.name.as_str();
            if !properties.contains_key(name) {
                let Some(near) = self.unknown_key(key, properties, spot) else { continue };
                if node.key(near).is_some() || !meant.insert(near) {
                    continue;
                }
                // What follows from a slip need not be told as well, so it is read as it was meant.
                name = near;
            }
            let property = &properties[name];
            let tag = property["const"].is_string();
            let inner = Spot { name, kind: if tag { Kind::Tag } else { Kind::Value } };
            if let Some(value) = self.value(&key.value, property, &inner) {
                taken.insert(name.to_owned(), value);
            }
        }
        let mut whole = true;
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if node.key(name).is_none() && !meant.contains(name) {
                self.lacks.push((self.problems.len(), BTreeSet::from([name])));
                self.missing(node.place, name, spot);
            }
            whole &= taken.contains_key(name);
        }
        // The rest of the file is looked at whatever is missing in it.
        if !whole && spot.kind != Kind::Root {
            return None;
        }
        Some(Value::Object(taken))
    }

    fn missing(&mut self, place: Place, name: &str, spot: &Spot<'_>) {
        let message = match spot.kind {
            Kind::Root => format!("{name} is missing"),
            Kind::Item => format!("{name} is missing in an item of {}", spot.name),
            _ => format!("{name} is missing in {}", spot.name),
        };
        let hint = match spot.kind {
            Kind::Root => format!("write {name}: 1 as the first line"),
            _ => format!("add {name}: and its value"),
        };
        self.say(place, message, hint);
    }

    /// Says of a key that it is not known here; the known one that was meant, if one is near.
    fn unknown_key(
        &mut self,
        key: &Key,
        properties: &'static Map<String, Value>,
        spot: &Spot<'_>,
    ) -> Option<&'static str> {
        let name = quoted(&key.name);
        let place = match spot.kind {
            Kind::Root => "here".to_owned(),
            Kind::Item => format!("in an item of {}", spot.name),
            _ => format!("in {}", spot.name),
        };
        if spot.name == "rules" && FIRM_CODES.iter().any(|code| code.as_str() == key.name) {
            let message = format!("{} cannot be softened: unknown is never a pass", key.name);
            self.say(key.place, message, "remove the line");
            return None;
        }
        let known: Vec<&str> = properties.keys().map(String::as_str).collect();
        let otherwise = match known.first() {
            Some(first) if known.len() > KEYS_LISTED => format!("write a known one, such as {first}"),
            _ => format!("write {}, or remove it", one_of(&known)),
        };
        let message = format!("there is no key {name} {place}");
        let near = nearest(&key.name, known.iter().copied());
        let from = match spot.kind {
            Kind::Root => "the top level".to_owned(),
            Kind::Item => format!("an item of {}", spot.name),
            Kind::Value | Kind::Tag => spot.name.to_owned(),
        };
        if let Some(home) = belongs(&key.name, &from) {
            self.strangers.insert(key.name.clone());
            self.say(key.place, message, home);
            return None;
        }
        self.say(key.place, message, near.map_or(otherwise, |near| format!("did you mean {near}?")));
        near
    }

    fn wrong_kind(&mut self, node: &Node, choices: &[&'static Value], spot: &Spot<'_>) {
        if node.content == Content::Nothing {
            self.lacks.push((self.problems.len(), keys_of(choices)));
        }
        let mut kinds: Vec<&str> = choices.iter().flat_map(|choice| kinds_of(choice)).collect();
        kinds.dedup();
        let (message, hint) = if spot.kind == Kind::Root {
            let message = format!("the file is {}, and a configuration is {}", node.content, one_of(&kinds));
            (message, "begin it with version: 1".to_owned())
        } else {
            let message = format!("{} is {}, not {}", spot.subject(), one_of(&kinds), node.content);
            (message, way_out(&node.content, choices, &kinds, spot.name))
        };
        self.say(node.place, message, hint);
    }
}

/// What to do about a value of the wrong kind.
fn way_out(content: &Content, choices: &[&'static Value], kinds: &[&str], name: &str) -> String {
    let takes = |kind: &str| choices.iter().any(|choice| choice["type"] == kind);
    let takes_text = choices.iter().any(|choice| choice["type"] == "string" && words_of(choice).is_empty());
    match content {
        Content::Nothing => return "give it a value, or leave it out".to_owned(),
        Content::Text(text) if takes("boolean") => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" => return format!("write {name}: true"),
            "false" | "no" | "off" => return format!("write {name}: false"),
            _ => {}
        },
        Content::Keys(keys) if takes("array") => return as_items(keys, choices, name),
        Content::Text(text) if takes("array") => return format!("write {name}: [{}]", shown(text)),
        Content::Text(text) if takes("integer") && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            return "write the number without quotes".to_owned();
        }
        Content::Number(text) if takes_text => return format!("put it in quotes: {}", quoted(text)),
        Content::Flag(flag) if takes_text => return format!("put it in quotes: \"{flag}\""),
        _ => {}
    }
    if let Content::Text(text) = content
        && let Some(meant) = nearest(text, kinds.iter().copied())
    {
        return format!("did you mean {meant}?");
    }
    let keys = choices.iter().filter_map(|choice| choice["properties"].as_object()).flat_map(Map::keys);
    let mut keys: Vec<&str> = keys.map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    match keys.as_slice() {
        [] => format!("write {}", one_of(kinds)),
        [first, ..] if keys.len() > KEYS_LISTED => {
            format!("write keys with values below it, such as {first}")
        }
        keys => format!("write {}; the keys are {}", one_of(kinds), keys.join(", ")),
    }
}

/// What to do about keys where a list is expected.
fn as_items(keys: &[Key], choices: &[&'static Value], name: &str) -> String {
    let Some(first) = keys.first() else { return format!("write a list: {name}: []") };
    let lists = choices.iter().map(|choice| &choice["items"]);
    let takes_name = lists.flat_map(self::choices).any(|item| item["properties"]["name"].is_object());
    let key = shown(&first.name);
    if takes_name && first.name != "name" {
        return format!("write a list, each item with its name: - name: {key}");
    }
    format!("write a list, each item after a dash: - {key}: …")
}

fn fits(schema: &Value, content: &Content) -> bool {
    let kind = match content {
        Content::Nothing | Content::Refused => return false,
        Content::Flag(_) => "boolean",
        Content::Number(_) => "integer",
        Content::Text(_) => "string",
        Content::List(_) => "array",
        Content::Keys(_) => "object",
    };
    schema["type"] == kind
}

/// The only words that a schema takes; none where it takes any.
fn words_of(schema: &Value) -> Vec<&str> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    listed.chain(schema.get("const")).filter_map(Value::as_str).collect()
}

/// Whether one of these takes `text`, or any text.
fn takes_word(schemas: &[&Value], text: &str) -> bool {
    schemas.iter().map(|schema| words_of(schema)).any(|words| words.is_empty() || words.contains(&text))
}

/// What a schema takes, as a message names it.
fn kinds_of(schema: &Value) -> Vec<&str> {
    let words = words_of(schema);
    if !words.is_empty() {
        return words;
    }
    match schema["type"].as_str() {
        Some("object") => vec!["keys with values"],
        Some("array") => vec!["a list"],
        Some("boolean") => vec!["true", "false"],
        Some("integer") => vec!["a whole number"],
        _ => vec!["a text"],
    }
}

/// How a text has to look, as it goes on behind "write".
fn looks_of(schema: &Value) -> String {
    let sentence = schema["description"].as_str().unwrap_or_default().trim_end_matches('.');
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// What to do about a word that is none of these.
fn one_of_them(word: &str, known: &[&str]) -> String {
    let all = one_of(known);
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}? Good are {all}"),
        None => format!("write {all}"),
    }
}

/// `a, b or c`
fn one_of(words: &[&str]) -> String {
    match words {
        [rest @ .., before, last] if !rest.is_empty() => format!("{}, {before} or {last}", rest.join(", ")),
        [before, last] => format!("{before} or {last}"),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_the_schema_can_be_read() {
        let text = serde_json::to_string(schema()).unwrap();
        let definitions = schema()["$defs"].as_object().unwrap();
        let patterned = definitions.values().filter(|definition| definition["pattern"].is_string()).count();
        assert!(patterned >= 6);
        assert_eq!(
            text.matches("\"pattern\"").count(),
            patterned,
            "a pattern lies outside of the definitions"
        );
        assert_eq!(PATTERNS.len(), patterned);
    }
}
