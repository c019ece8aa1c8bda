//! The elements of an XML file: the part of XML that the files of modules and scenarios can need.
//!
//! A document type, and with it every entity of its own, is refused: nothing is expanded and nothing is fetched.

use super::Unread;
use super::line_counter::LineCounter;

/// How deep elements may lie in each other. In a scenario it is six, in a schema four.
const DEPTH_MAX: usize = 64;

/// The beginning of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// How deep it lies: the root at 0.
    pub(super) depth: usize,
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// The line on which it stands.
    pub(super) line: u32,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// All elements, in the order in which they begin.
pub(super) fn elements(text: &str) -> Result<Vec<Element>, Unread> {
    let mut reader = Reader { text, at: 0, lines: LineCounter::default() };
    let mut open: Vec<&str> = Vec::new();
    let mut elements: Vec<Element> = Vec::new();
    while let Some(tag) = reader.next_tag()? {
        match tag {
            Tag::Begin { name, attributes, is_closed, line } => {
                if open.is_empty() && !elements.is_empty() {
                    return Err(Unread::new(line, "has a second root"));
                }
                if open.len() == DEPTH_MAX {
                    return Err(Unread::new(line, "lies deeper than can be read"));
                }
                let attributes = attributes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
                elements.push(Element { depth: open.len(), name: name.to_owned(), attributes, line });
                if !is_closed {
                    open.push(name);
                }
            }
            Tag::End { name, line } => {
                if open.pop() != Some(name) {
                    return Err(Unread::new(line, "ends an element that is not open"));
                }
            }
        }
    }
    if elements.is_empty() || !open.is_empty() {
        return Err(Unread::new(reader.line(), "ends in the middle"));
    }
    Ok(elements)
}

enum Tag<'a> {
    Begin { name: &'a str, attributes: Vec<(&'a str, String)>, is_closed: bool, line: u32 },
    End { name: &'a str, line: u32 },
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    lines: LineCounter,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn line(&self) -> u32 {
        super::line_at(self.text.as_bytes(), self.at)
    }

    /// The line, counted on from where it was asked last.
    fn count_lines(&mut self) -> u32 {
        self.lines.count_to(self.text, self.at)
    }

    fn wrong<T>(&self, why: &'static str) -> Result<T, Unread> {
        Err(Unread::new(self.line(), why))
    }

    /// The next tag, past text, comments and what is meant for programs.
    fn next_tag(&mut self) -> Result<Option<Tag<'a>>, Unread> {
        loop {
            let Some(begin) = self.rest().find('<') else {
                self.at = self.text.len();
                return Ok(None);
            };
            self.at += begin;
            let rest = self.rest();
            if rest.starts_with("<!--") {
                self.skip_past("-->")?;
            } else if rest.starts_with("<![CDATA[") {
                self.skip_past("]]>")?;
            } else if rest.starts_with("<?") {
                self.skip_past("?>")?;
            } else if rest.starts_with("<!") {
                return self.wrong("has a document type, which such a file does not need");
            } else if rest.starts_with("</") {
                return self.end().map(Some);
            } else {
                return self.begin().map(Some);
            }
        }
    }

    fn skip_past(&mut self, end: &str) -> Result<(), Unread> {
        match self.rest().find(end) {
            Some(found) => {
                self.at += found + end.len();
                Ok(())
            }
            None => self.wrong("has a comment or a section without an end"),
        }
    }

    fn end(&mut self) -> Result<Tag<'a>, Unread> {
        let line = self.count_lines();
        self.at += 2;
        let name = self.name()?;
        self.skip_blank();
        if !self.rest().starts_with('>') {
            return self.wrong("has a tag that is not closed");
        }
        self.at += 1;
        Ok(Tag::End { name, line })
    }

    fn begin(&mut self) -> Result<Tag<'a>, Unread> {
        let line = self.count_lines();
        self.at += 1;
        let name = self.name()?;
        let mut attributes = Vec::new();
        loop {
            self.skip_blank();
            let rest = self.rest();
            if rest.starts_with("/>") || rest.starts_with('>') {
                let is_closed = rest.starts_with('/');
                self.at += 1 + usize::from(is_closed);
                return Ok(Tag::Begin { name, attributes, is_closed, line });
            }
            let key = self.name()?;
            self.skip_blank();
            if !self.rest().starts_with('=') {
                return self.wrong("has an attribute without a value");
            }
            self.at += 1;
            self.skip_blank();
            attributes.push((key, self.value()?));
        }
    }

    fn name(&mut self) -> Result<&'a str, Unread> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.');
        let rest = self.rest();
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        if length == 0 {
            return self.wrong("has a tag without a name");
        }
        self.at += length;
        Ok(&rest[..length])
    }

    fn value(&mut self) -> Result<String, Unread> {
        let Some(quote @ ('"' | '\'')) = self.rest().chars().next() else {
            return self.wrong("has a value without quotes");
        };
        let inside = &self.rest()[1..];
        let Some(length) = inside.find(quote) else { return self.wrong("has a quote without an end") };
        let Some(value) = resolved(&inside[..length]) else {
            return self.wrong("names an entity that XML does not know");
        };
        self.at += length + 2;
        Ok(value)
    }

    fn skip_blank(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }
}

/// The text with XML's five entities and the numbers of characters resolved.
fn resolved(value: &str) -> Option<String> {
    let mut parts = value.split('&');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';')?;
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        text.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => match entity.strip_prefix("#x") {
                Some(digits) => number(digits, 16)?,
                None => number(entity.strip_prefix('#')?, 10)?,
            },
        });
        text.push_str(rest);
    }
    Some(text)
}
