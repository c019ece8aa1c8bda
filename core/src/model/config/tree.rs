//! YAML as a tree in which everything has its place.

use std::fmt;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::unreadable::{too_deep, unreadable};
use super::{DEPTH_MAX, Place, Problem, quoted, shown};

/// How many values a file may have. Sixteen environments with all there is to say about them need a tenth.
const VALUES_MAX: usize = 5_000;

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

/// What is written there, by the core schema of YAML 1.2: `yes` and `off` are texts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Nothing, `~` or `null`.
    Nothing,
    Flag(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Keys(Vec<Key>),
    /// What was refused already, so that nobody complains of it again.
    Refused,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) value: Node,
}

impl Node {
    /// The key called `name`, where this has keys.
    pub(super) fn key(&self, name: &str) -> Option<&Key> {
        match &self.content {
            Content::Keys(keys) => keys.iter().find(|key| key.name == name),
            _ => None,
        }
    }

    /// The items, where this is a list.
    pub(super) fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }
}

impl fmt::Display for Content {
    /// What it is, as a message names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("empty"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(text) => write!(f, "the number {}", shown(text)),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(_) => f.write_str("a list"),
            Self::Keys(_) => f.write_str("keys with values"),
            Self::Refused => f.write_str("refused"),
        }
    }
}

/// Reads the one document of a text. The tree is `None` where it is empty or cannot be read to its end.
pub(super) fn read(text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        disallow_directives: true,
        flow_nesting_limit: 2 * DEPTH_MAX,
        block_nesting_limit: 2 * DEPTH_MAX,
    };
    let mut builder = Builder { text, open: Vec::new(), root: None, documents: 0, values: 0, problems };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                if builder.take(event, span).is_break() {
                    return None;
                }
            }
            Err(error) => {
                builder.problems.push(unreadable(text, &error));
                return None;
            }
        }
    }
    builder.root
}

/// A list or a mapping whose end has not come yet.
struct Open {
    place: Place,
    content: Content,
    /// A key whose value has not come yet; without a name where the key was refused.
    key: Option<(Option<String>, Place)>,
    /// Whether a key was written twice that begins items: then a dash is missing, and others come twice by that.
    lacks_dash: bool,
}

struct Builder<'a> {
    text: &'a str,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    values: usize,
    problems: &'a mut Vec<Problem>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> std::ops::ControlFlow<()> {
        let place = Place::of(&span.start);
        if let (Some(tag), Some(at)) = (event.tag(), span.tag_start()) {
            let message = format!("the tag {} is not taken", quoted(&tag.original()));
            self.refuse(
                Place::of(&at),
                message,
                "leave the tag out; a text that looks like a number goes in quotes",
            );
        }
        self.values += usize::from(event.is_node());
        if self.values > VALUES_MAX {
            let message = format!("this has more than {VALUES_MAX} values");
            self.refuse(place, message, "no configuration needs so many; remove what does not belong here");
            return std::ops::ControlFlow::Break(());
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.refuse(
                        place,
                        "a second document begins here",
                        "keep one document; remove the --- and what follows",
                    );
                    return std::ops::ControlFlow::Break(());
                }
            }
            Event::Anchor(_, name) => self.refuse_reference(place, "anchor", &format!("&{name}")),
            Event::Alias(_) => self.alias(place, span.slice(self.text).unwrap_or("*")),
            Event::UnresolvedAlias(name) => self.alias(place, &format!("*{name}")),
            Event::Scalar(text, style, ..) => self.put(Node { place, content: scalar(&text, style) }),
            Event::SequenceStart(..) => return self.begin(place, Content::List(Vec::new())),
            Event::MappingStart(..) => return self.begin(place, Content::Keys(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => {}
        }
        std::ops::ControlFlow::Continue(())
    }

    fn begin(&mut self, place: Place, content: Content) -> std::ops::ControlFlow<()> {
        if self.open.len() == DEPTH_MAX {
            self.problems.push(too_deep(place));
            return std::ops::ControlFlow::Break(());
        }
        self.open.push(Open { place, content, key: None, lacks_dash: false });
        std::ops::ControlFlow::Continue(())
    }

    fn end(&mut self) {
        if let Some(Open { place, content, .. }) = self.open.pop() {
            self.put(Node { place, content });
        }
    }

    /// The value of a merge key was refused with its key.
    fn alias(&mut self, place: Place, name: &str) {
        let key = self.open.last().and_then(|open| open.key.as_ref());
        if !key.is_some_and(|(name, _)| name.is_none()) {
            self.refuse_reference(place, "alias", name);
        }
        self.put(Node { place, content: Content::Refused });
    }

    fn refuse_reference(&mut self, place: Place, kind: &str, name: &str) {
        let message = format!("the {kind} {} is not taken", shown(name));
        // Patterns begin with a star, and who writes one means no alias.
        let hint = format!(
            "anchors and aliases are not taken, write it out; a text goes in quotes: {}",
            quoted(name)
        );
        self.refuse(place, message, &hint);
    }

    fn refuse(&mut self, place: Place, message: impl Into<String>, hint: &str) {
        self.problems.push(Problem::new(place, message, hint));
    }

    /// Puts a finished node where it belongs: it is a key, a value, an item or all there is.
    fn put(&mut self, node: Node) {
        let in_list = matches!(self.open.as_slice(), [.., Open { content: Content::List(_), .. }, _]);
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match (&mut open.content, open.key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Keys(keys), Some((Some(name), place))) => {
                if let Some(first) = keys.iter().find(|key| key.name == name) {
                    let message = format!("the key {} is written twice", quoted(&name));
                    let line = first.place.line;
                    let begins_items = in_list && keys.first().is_some_and(|key| key.name == name);
                    let hint = if begins_items {
                        format!("begin another item with a dash: - {name}: …; the first is on line {line}")
                    } else {
                        format!("keep one; the first is on line {line}")
                    };
                    let problem = Problem::new(place, message, hint);
                    self.problems.push(if open.lacks_dash { problem.following() } else { problem });
                    open.lacks_dash |= begins_items;
                    return;
                }
                keys.push(Key { name, place, value: node });
            }
            (Content::Keys(_), None) => {
                let name = key_name(node.content).map_err(|why| {
                    if let Some((message, hint)) = why {
                        self.problems.push(Problem::new(node.place, message, hint));
                    }
                });
                open.key = Some((name.ok(), node.place));
            }
            _ => {}
        }
    }
}

/// The text of a key; what is wrong with it and what to do, where that was not said before.
fn key_name(content: Content) -> Result<String, Option<(&'static str, &'static str)>> {
    match content {
        Content::Text(text) if text == "<<" => Err(Some((
            "the merge key << is not taken",
            "anchors, aliases and merge keys are not taken, write it out",
        ))),
        Content::Text(text) | Content::Number(text) => Ok(text),
        Content::Flag(flag) => Ok(flag.to_string()),
        Content::Nothing => Ok("null".to_owned()),
        Content::List(_) | Content::Keys(_) => {
            Err(Some(("a key has to be a plain word", "write name: value")))
        }
        Content::Refused => Err(None),
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Content {
    if style != ScalarStyle::Plain {
        return Content::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Nothing,
        "true" | "True" | "TRUE" => Content::Flag(true),
        "false" | "False" | "FALSE" => Content::Flag(false),
        _ if is_number(text) => Content::Number(text.to_owned()),
        _ => Content::Text(text.to_owned()),
    }
}

/// Whether a plain text is a number: `2`, `-1`, `1.5`, `1e3`, `0x1f`, `0o17`, `.inf`.
fn is_number(text: &str) -> bool {
    let digits = |text: &str, of: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(of);
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, u8::is_ascii_hexdigit);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, |byte| matches!(byte, b'0'..=b'7'));
    }
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(bare, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let begins = bare.starts_with(|c: char| c.is_ascii_digit())
        || bare.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    begins && bare.parse::<f64>().is_ok()
}
