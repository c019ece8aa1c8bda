//! The platform's YAML as a tree in which everything has its place.
//!
//! Anchors, aliases and merge keys are legal here, and so are PHP's constants as values. What an alias stands for is
//! copied, within bounds, so that a small file cannot become a large tree.

use std::collections::HashMap;
use std::ops::{ControlFlow, RangeInclusive};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, Tag};

use super::Unread;
use super::scalar::{is_decimal, is_integer};
use super::tabs::first_tab;
use crate::model::Sentence;
use crate::model::config::{Place, Problem, yaml_problem};

/// How deep lists and keys may lie in each other. The platform's deepest thing lies ten deep.
const DEPTH_MAX: usize = 64;

/// How much a tree may hold with all that its aliases stand for, in bytes, roughly.
const WEIGHT_MAX: usize = 8 << 20;

/// What a value costs beside its text, in bytes, roughly.
const NODE_WEIGHT: usize = 64;

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins. What came by an alias is where the anchor has it.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// What is written there, as the YAML reader of ece-tools takes it: `yes` and `off` are texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing, `~` or `null`.
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number as it is written.
    Integer(String),
    /// Another number as it is written.
    Decimal(String),
    /// A text.
    Text(String),
    /// The name of a PHP constant, whose value is not known.
    Constant(String),
    /// A list.
    List(Vec<Node>),
    /// Keys with values, in the order of the file; those that a merge key brings come last.
    Keys(Vec<Key>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The key.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// What it holds.
    pub value: Node,
}

/// Something because of which the platform refuses a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub what: Sentence,
    /// What to do.
    pub remedy: Sentence,
}

/// What came of reading a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The tree; none where the file ends in the middle of something. An empty file is [`Content::Nothing`].
    pub root: Option<Node>,
    /// What the platform refuses, in the order of the file.
    pub faults: Vec<Fault>,
    /// Why the rest was not read, where it is too much and not wrong.
    pub unread: Option<Unread>,
}

impl Node {
    /// The key called `name`, where this has keys.
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys().iter().find(|key| key.name == name)
    }

    /// What the key called `name` holds, where this has keys.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.key(name).map(|key| &key.value)
    }

    /// The keys, where this has keys.
    pub fn keys(&self) -> &[Key] {
        match &self.content {
            Content::Keys(keys) => keys,
            _ => &[],
        }
    }

    /// The items, where this is a list.
    pub fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a text or a number.
    pub fn scalar(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) | Content::Integer(text) | Content::Decimal(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is `true` or `false`, and which.
    pub fn flag(&self) -> Option<bool> {
        match self.content {
            Content::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// The whole number, also where it is written as a text.
    pub fn number(&self) -> Option<i64> {
        self.scalar()?.trim().parse().ok()
    }

    /// Whether both hold the same data: places, the order of keys and the quotes of a number do not count.
    pub fn same_data(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::List(own), Content::List(others)) => {
                own.len() == others.len() && own.iter().zip(others).all(|(one, two)| one.same_data(two))
            }
            (Content::Keys(own), Content::Keys(others)) => {
                let others: HashMap<&str, &Self> =
                    others.iter().map(|key| (key.name.as_str(), &key.value)).collect();
                let same =
                    |key: &Key| others.get(key.name.as_str()).is_some_and(|it| key.value.same_data(it));
                own.len() == others.len() && own.iter().all(same)
            }
            (own, others) => match (self.scalar(), other.scalar()) {
                (Some(one), Some(two)) => one == two,
                _ => own == others,
            },
        }
    }
}

/// Reads the one document of a text.
pub fn read_yaml(text: &str) -> Reading {
    let plain = without_leading_backslashes(text);
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    let mut builder = Builder { text: &plain, ..Builder::default() };
    for event in Parser::new_from_str_with_options(&plain, options) {
        let step = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
                    let _ = builder.give_up(Place::of(error.marker()), "lies deeper than can be read");
                } else {
                    let Problem { place, message, hint, .. } = yaml_problem(&plain, &error);
                    let (what, remedy) = (Sentence::new("%", [&message]), Sentence::new("%", [&hint]));
                    builder.faults.push(Fault { place, what, remedy });
                }
                return Reading { root: None, faults: builder.faults, unread: builder.unread };
            }
        };
        if step.is_break() {
            return Reading { root: None, faults: builder.faults, unread: builder.unread };
        }
    }
    if let Some(place) = first_tab(&plain, &builder.texts) {
        let what = Sentence::new("the line is indented with a tab", []);
        builder.refuse(place, what, "put two spaces in place of each tab");
        builder.faults.sort_by_key(|fault| fault.place);
    }
    let empty = Node { place: Place { line: 1, column: 1 }, content: Content::Nothing };
    Reading { root: Some(builder.root.unwrap_or(empty)), faults: builder.faults, unread: builder.unread }
}

/// `!php/const:\A::B`, which the platform takes and YAML does not, as `!php/const  A::B` of the same length.
fn without_leading_backslashes(text: &str) -> String {
    const OLD: &str = "!php/const:";
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OLD) {
        plain.push_str(before);
        if after.starts_with(|c: char| c == '\\' || c == '_' || c.is_ascii_alphabetic()) {
            plain.push_str("!php/const ");
            let bare = after.strip_prefix('\\');
            if bare.is_some() {
                plain.push(' ');
            }
            rest = bare.unwrap_or(after);
        } else {
            plain.push_str(OLD);
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

/// A list or keys whose end has not come yet.
struct Open {
    place: Place,
    content: Content,
    anchor: usize,
    /// How much lies in it so far.
    weight: usize,
    /// A key whose value has not come yet.
    key: Option<PendingKey>,
    /// The names of the keys so far, and their lines.
    names: HashMap<String, u32>,
    /// What merge keys bring.
    merged: Vec<Node>,
}

enum PendingKey {
    Named(String, Place),
    Merge(Place),
    /// One that was refused.
    Refused,
}

#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    open: Vec<Open>,
    /// What each anchor stands for, and how much that is.
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    documents: usize,
    weight: usize,
    faults: Vec<Fault>,
    unread: Option<Unread>,
    /// The lines on which texts of several lines go on.
    texts: Vec<RangeInclusive<u32>>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> ControlFlow<()> {
        let place = Place::of(&span.start);
        let tag_place = span.tag_start().map_or(place, |marker| Place::of(&marker));
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.refuse(place, Sentence::new("a second document begins here", []), KEEP_ONE);
                    return ControlFlow::Break(());
                }
            }
            Event::Alias(id) => return self.alias(id, place, span),
            Event::UnresolvedAlias(name) => {
                let what = Sentence::new("no anchor is called %", [&name]);
                self.refuse(
                    place,
                    what,
                    "write the anchor before its alias; a text that begins with * goes in quotes",
                );
                return self.put(Node { place, content: Content::Nothing }, 0, ScalarStyle::Plain);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let (begins, ends) = (Place::of(&span.start).line, Place::of(&span.end));
                // A block ends where the next line begins.
                let last = ends.line - u32::from(ends.column == 1);
                if last > begins {
                    self.texts.push(begins + 1..=last);
                }
                let weight = NODE_WEIGHT + text.len();
                let content = self.scalar(&text, style, tag.as_deref(), tag_place);
                return self.finish(Node { place, content }, anchor, weight, style);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), tag_place);
                return self.begin(place, Content::List(Vec::new()), anchor);
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), tag_place);
                return self.begin(place, Content::Keys(Vec::new()), anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut open) = self.open.pop() {
                    Self::merge(&mut open);
                    let node = Node { place: open.place, content: open.content };
                    return self.finish(node, open.anchor, open.weight + NODE_WEIGHT, ScalarStyle::Plain);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn begin(&mut self, place: Place, content: Content, anchor: usize) -> ControlFlow<()> {
        if self.open.len() == DEPTH_MAX {
            return self.give_up(place, "lies deeper than can be read");
        }
        self.open.push(Open {
            place,
            content,
            anchor,
            weight: 0,
            key: None,
            names: HashMap::new(),
            merged: Vec::new(),
        });
        ControlFlow::Continue(())
    }

    fn give_up(&mut self, place: Place, why: &'static str) -> ControlFlow<()> {
        self.unread = Some(Unread::new(place.line, why));
        ControlFlow::Break(())
    }

    fn refuse(&mut self, place: Place, what: Sentence, remedy: &'static str) {
        self.faults.push(Fault { place, what, remedy: Sentence::new(remedy, []) });
    }

    fn alias(&mut self, id: usize, place: Place, span: Span) -> ControlFlow<()> {
        if let Some((node, weight)) = self.anchors.get(&id) {
            let (weight, total) = (*weight, self.weight.saturating_add(*weight));
            if total > WEIGHT_MAX {
                return self.give_up(place, "becomes too large by its aliases");
            }
            let node = node.clone();
            return self.put(node, weight, ScalarStyle::Plain);
        }
        let name = span.slice(self.text).unwrap_or("*");
        let what = Sentence::new("% lies in what it stands for", [name]);
        self.refuse(place, what, "write out what is meant; an alias cannot hold itself");
        self.put(Node { place, content: Content::Nothing }, 0, ScalarStyle::Plain)
    }

    /// Remembers what an anchor stands for, and puts the node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, weight: usize, style: ScalarStyle) -> ControlFlow<()> {
        if anchor != 0 {
            // The copy weighs as much as what it is made of.
            self.weight = self.weight.saturating_add(weight);
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        self.put(node, weight, style)
    }

    fn put(&mut self, node: Node, weight: usize, style: ScalarStyle) -> ControlFlow<()> {
        let place = node.place;
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return ControlFlow::Continue(());
        };
        open.weight = open.weight.saturating_add(weight);
        // A collection was counted value by value.
        let own =
            if matches!(node.content, Content::List(_) | Content::Keys(_)) { NODE_WEIGHT } else { weight };
        self.weight = self.weight.saturating_add(own);
        match (&mut open.content, open.key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Keys(keys), Some(PendingKey::Named(name, at))) => {
                if let Some(first) = open.names.get(&name) {
                    let first = first.to_string();
                    let what =
                        Sentence::new("the key % is written twice; the first is on line %", [&name, &first]);
                    self.refuse(at, what, "keep one of them");
                } else {
                    open.names.insert(name.clone(), at.line);
                    keys.push(Key { name, place: at, value: node });
                }
            }
            (Content::Keys(_), Some(PendingKey::Merge(at))) => self.take_merged(node, at),
            (Content::Keys(_), None) => {
                let key = self.key(node, style);
                if let Some(open) = self.open.last_mut() {
                    open.key = Some(key);
                }
            }
            _ => {}
        }
        if self.weight > WEIGHT_MAX {
            return self.give_up(place, "has too many values");
        }
        ControlFlow::Continue(())
    }

    /// What stands in the place of a key.
    fn key(&mut self, node: Node, style: ScalarStyle) -> PendingKey {
        let name = match node.content {
            Content::Text(text) if text == "<<" && style == ScalarStyle::Plain => {
                return PendingKey::Merge(node.place);
            }
            Content::Text(text)
            | Content::Integer(text)
            | Content::Decimal(text)
            | Content::Constant(text) => text,
            Content::Flag(flag) => flag.to_string(),
            Content::Nothing => "null".to_owned(),
            Content::List(_) | Content::Keys(_) => {
                self.refuse(
                    node.place,
                    Sentence::new("a key has to be a plain word", []),
                    "write name: value",
                );
                return PendingKey::Refused;
            }
        };
        PendingKey::Named(name, node.place)
    }

    /// Keeps what a merge key brings until all of the mapping's own keys are known.
    fn take_merged(&mut self, node: Node, at: Place) {
        let brought = match node.content {
            Content::Keys(_) => vec![node],
            Content::List(items) if items.iter().all(|item| matches!(item.content, Content::Keys(_))) => {
                items
            }
            _ => {
                let what = Sentence::new("a merge key takes keys, and this has none", []);
                self.refuse(at, what, "name an anchor that stands before keys: <<: *name");
                return;
            }
        };
        if let Some(open) = self.open.last_mut() {
            open.merged.extend(brought);
        }
    }

    /// Adds what merge keys bring and the mapping does not say itself. Of several the first counts.
    fn merge(open: &mut Open) {
        let Content::Keys(keys) = &mut open.content else { return };
        for brought in std::mem::take(&mut open.merged) {
            let Content::Keys(brought) = brought.content else { continue };
            for key in brought {
                if !open.names.contains_key(&key.name) {
                    open.names.insert(key.name.clone(), key.place.line);
                    keys.push(key);
                }
            }
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Content {
        let Some(tag) = tag else {
            return if style == ScalarStyle::Plain {
                plain_scalar(text)
            } else {
                Content::Text(text.to_owned())
            };
        };
        match tag.original().as_str() {
            "!php/const" => Content::Constant(text.trim_start_matches('\\').to_owned()),
            "!" => Content::Text(text.to_owned()),
            _ => match tag.core_suffix() {
                Some("str") => Content::Text(text.to_owned()),
                Some(_) => plain_scalar(text),
                None => {
                    self.refuse_tag(tag, place);
                    Content::Text(text.to_owned())
                }
            },
        }
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, place: Place) {
        if let Some(tag) = tag.filter(|tag| tag.core_suffix().is_none()) {
            self.refuse_tag(tag, place);
        }
    }

    fn refuse_tag(&mut self, tag: &Tag, place: Place) {
        let what = Sentence::new("the tag % is not known to the platform", [&tag.original()]);
        self.refuse(place, what, "remove it; a text that begins with ! goes in quotes");
    }
}

const KEEP_ONE: &str = "keep one document; remove the --- and what follows";

/// What a plain word is.
fn plain_scalar(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Nothing,
        "true" | "True" | "TRUE" => Content::Flag(true),
        "false" | "False" | "FALSE" => Content::Flag(false),
        _ if is_integer(text) => Content::Integer(text.to_owned()),
        _ if is_decimal(text) => Content::Decimal(text.to_owned()),
        _ => Content::Text(text.to_owned()),
    }
}
