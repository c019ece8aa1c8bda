//! Printing a command so that reading it gives the same.

use super::words::{DASHES, TYPOGRAPHIC_QUOTES};
use super::{Content, Dialect, Form, Invocation};

impl Invocation {
    /// The command as one line. A line break in an argument becomes a space: no command has one.
    pub fn print(&self, dialect: &Dialect<'_>) -> String {
        let mut line = match self.form {
            Form::Slash => format!("/{}{}", dialect.prefix, self.name),
            Form::Mention => format!("@{} {}", dialect.handle, self.name),
        };
        for argument in &self.arguments {
            line.push(' ');
            line.push_str(&printed(&argument.content));
        }
        line
    }
}

fn printed(content: &Content) -> String {
    match content {
        Content::Word(text) => word(text),
        Content::Flag { name, value: None } => format!("--{name}"),
        Content::Flag { name, value: Some(value) } => format!("--{name}={}", word(value)),
    }
}

/// A text as one word of a command, in quotes where it would be read as something else without.
pub fn word(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let special = |c: char| matches!(c, '\'' | '"') || TYPOGRAPHIC_QUOTES.contains(&c) || DASHES.contains(&c);
    let is_bare = !text.is_empty()
        && !text.contains(char::is_whitespace)
        && !text.starts_with(special)
        && !text.starts_with("--");
    if is_bare {
        text
    } else if text.contains('\'') {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("'{text}'")
    }
}
