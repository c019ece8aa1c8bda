//! Printing a command so that reading it gives the same.

use super::{Content, Dialect, Form, Invocation};
use crate::model::command_word as word;

impl Invocation {
    /// The command as one line. A line break in an argument becomes a space: no command has one.
    pub fn print(&self, dialect: &Dialect<'_>) -> String {
        let mut line = match self.form {
            Form::Slash => format!("/{}{}", dialect.prefix, self.name),
            Form::Mention => format!("@{} {}", dialect.handle, self.name),
        };
        let is_free_text = dialect.free_text(&self.name).is_some();
        for argument in &self.arguments {
            line.push(' ');
            match &argument.content {
                Content::Word(text) if is_free_text => line.push_str(text),
                content => line.push_str(&printed(content)),
            }
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
