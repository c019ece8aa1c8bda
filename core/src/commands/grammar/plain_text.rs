//! The lines of a comment that begin as plain text.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::html::OpenElements;
use super::mail;
use crate::model::config::Place;

/// More spaces before a line make it code, or look like it.
const INDENT_MAX: usize = 3;

/// More lists and quotes in each other than these begin on no line that a person writes.
const NESTING_MAX: usize = 64;

/// A line that begins as plain text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// Where its text begins.
    pub(super) place: Place,
    /// Its text, to the end of the line, without white space around it.
    pub(super) text: &'t str,
}

/// The lines of a comment that begin as plain text, in their order. No two share a character.
///
/// The text has to be [`prepared`].
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let outline = Outline::of(text);
    let all = split(text);
    let mut blocks = outline.blocks.iter().peekable();
    let mut outside_of_blocks = |(at, line): &(usize, &'_ str)| {
        while blocks.next_if(|block| block.end <= *at).is_some() {}
        blocks.peek().is_none_or(|block| *at + line.len() < block.start)
    };
    let own: Vec<&str> = all.iter().map(|it| if outside_of_blocks(it) { it.1 } else { "" }).collect();
    let end = mail::first_added_line(&own).unwrap_or(all.len());
    let mut starts = outline.starts.into_iter().peekable();
    let mut found = Vec::new();
    for (number, (at, line)) in (1..).zip(&all[..end]) {
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        while starts.next_if(|start| start < at).is_some() {}
        if indent <= INDENT_MAX && starts.next_if_eq(&(at + indent)).is_some() {
            let column = u32::try_from(indent + 1).unwrap_or(u32::MAX);
            found.push(Line { place: Place { line: number, column }, text: text.trim_end() });
        }
    }
    found
}

/// The lines of a text, each with the byte at which it begins.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut start = 0;
    let with_starts = |line: &'_ str| {
        let at = start;
        start += line.len() + 1;
        (at, line.len())
    };
    text.split('\n')
        .map(with_starts)
        .map(|(at, length)| (at, text[at..at + length].trim_end_matches('\r')))
        .collect()
}

/// A text as the Markdown parser can read it, every byte in its place.
///
/// Lines end with a line feed, since the parser does not take a carriage return alone for the end of a line everywhere.
/// Lists and quotes lie at most [`NESTING_MAX`] deep in each other on one line: the parser looks at each that is open
/// again on every line that follows, and a comment could open tens of thousands.
pub(super) fn prepared(text: &str) -> String {
    let mut prepared = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let (mut is_before_text, mut markers) = (true, 0);
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        if c == '\n' || (c == '\r' && next != Some('\n')) {
            prepared.push('\n');
            (is_before_text, markers) = (true, 0);
            continue;
        }
        is_before_text &= matches!(c, ' ' | '\t' | '>' | '-' | '*' | '+' | '.' | ')' | '0'..='9');
        let is_item = matches!(c, '-' | '*' | '+' | '.' | ')') && next.is_none_or(char::is_whitespace);
        markers += usize::from(is_before_text && (is_item || c == '>'));
        let is_too_deep = is_before_text && markers > NESTING_MAX && !c.is_whitespace();
        prepared.push(if is_too_deep { 'x' } else { c });
    }
    prepared
}

/// The Markdown of a comment, with what GitHub adds to `CommonMark`.
pub(super) fn events(text: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM;
    Parser::new_ext(text, options).into_offset_iter()
}

/// What the Markdown of a comment says of its lines.
struct Outline {
    /// The bytes at which a line begins as plain text.
    starts: Vec<usize>,
    /// The bytes of what is neither a paragraph nor a heading: lists, quotes, code, tables and so on.
    blocks: Vec<Range<usize>>,
}

/// Something that was begun in the Markdown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A paragraph or a heading, or emphasis in it.
    Plain,
    Code,
    Other,
}

struct Reader<'t> {
    text: &'t str,
    open: Vec<Open>,
    /// How many of them are not plain.
    not_plain: usize,
    elements: OpenElements,
    /// The byte up to which somebody meant to write a comment of HTML. Where it begins in a paragraph and has an empty
    /// line in it, it is none for Markdown.
    commented_until: usize,
    at_line_start: bool,
    outline: Outline,
}

impl Outline {
    fn of(text: &str) -> Self {
        let mut reader = Reader {
            text,
            open: Vec::new(),
            not_plain: 0,
            elements: OpenElements::none(),
            commented_until: 0,
            at_line_start: false,
            outline: Self { starts: Vec::new(), blocks: Vec::new() },
        };
        for (event, range) in events(text) {
            reader.read(&event, range);
        }
        reader.outline
    }
}

impl Reader<'_> {
    fn read(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(_) => {
                let was_plain = self.open.pop().is_none_or(|open| open == Open::Plain);
                self.not_plain -= usize::from(!was_plain);
            }
            Event::Text(_) => self.plain(range),
            Event::InlineHtml(_) if self.open.first() == Some(&Open::Plain) => self.html(range),
            _ => {}
        }
        self.at_line_start = matches!(
            event,
            Event::SoftBreak | Event::HardBreak | Event::Start(Tag::Paragraph | Tag::Heading { .. })
        );
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        let open = match tag {
            Tag::Paragraph | Tag::Heading { .. } | Tag::Emphasis | Tag::Strong => Open::Plain,
            Tag::CodeBlock(_) => Open::Code,
            _ => Open::Other,
        };
        if self.open.is_empty() && open != Open::Plain {
            self.outline.blocks.push(range.clone());
            // In lists and quotes an element ends with what it lies in.
            if *tag == Tag::HtmlBlock {
                self.html(range);
            }
        }
        self.not_plain += usize::from(open != Open::Plain);
        self.open.push(open);
    }

    fn html(&mut self, range: Range<usize>) {
        self.elements.read(self.text.get(range).unwrap_or_default());
    }

    fn plain(&mut self, range: Range<usize>) {
        if range.start < self.commented_until || self.open.last() == Some(&Open::Code) {
            return;
        }
        let rest = self.text.get(range.start..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = comment.find("-->").map(|end| self.text.len() - comment.len() + end);
            self.commented_until = end.unwrap_or(self.text.len());
        } else if self.at_line_start && self.not_plain == 0 && self.elements.is_none() {
            self.outline.starts.push(range.start);
        }
    }
}
