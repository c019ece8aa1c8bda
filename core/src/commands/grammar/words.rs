//! The arguments of a command, out of the rest of its line.

use std::iter::Peekable;

use super::{Argument, Content};
use crate::commands::{CommandError, ErrorKind};
use crate::model::config::Place;
use crate::model::{DASHES, TYPOGRAPHIC_QUOTES};

/// Reads the arguments of a command. `start` is where the first character stands. Each character is looked at once.
pub(super) fn read(chars: impl Iterator<Item = char>, start: Place) -> Result<Vec<Argument>, CommandError> {
    let mut reader = Reader { chars: chars.peekable(), place: start };
    let mut arguments = Vec::new();
    loop {
        reader.take_while(char::is_whitespace);
        let place = reader.place;
        if reader.chars.peek().is_none() {
            return Ok(arguments);
        }
        arguments.push(Argument { place, content: reader.content()? });
    }
}

/// Reads a free text, word by word as it is written, and those of a command's own flags that stand in it.
pub(super) fn read_text(chars: impl Iterator<Item = char>, start: Place, flags: &[&str]) -> Vec<Argument> {
    let mut reader = Reader { chars: chars.peekable(), place: start };
    let mut arguments = Vec::new();
    loop {
        reader.take_while(char::is_whitespace);
        let place = reader.place;
        let word = reader.bare();
        if word.is_empty() {
            return arguments;
        }
        let flag = word.strip_prefix("--").map(str::to_ascii_lowercase);
        let content = match flag.filter(|flag| flags.contains(&flag.as_str())) {
            Some(name) => Content::Flag { name, value: None },
            None => Content::Word(word),
        };
        arguments.push(Argument { place, content });
    }
}

struct Reader<I: Iterator<Item = char>> {
    chars: Peekable<I>,
    /// Where the next character stands.
    place: Place,
}

impl<I: Iterator<Item = char>> Reader<I> {
    fn next_if(&mut self, fits: impl FnOnce(char) -> bool) -> Option<char> {
        let next = self.chars.next_if(|c| fits(*c));
        self.place.column = self.place.column.saturating_add(u32::from(next.is_some()));
        next
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.next_if(&fits) {
            taken.push(c);
        }
        taken
    }

    /// One argument, of which there is at least one character.
    fn content(&mut self) -> Result<Content, CommandError> {
        let place = self.place;
        if self.next_if(|c| c == '-').is_none() {
            return self.word().map(Content::Word);
        }
        if self.next_if(|c| c == '-').is_none() {
            return Ok(Content::Word(format!("-{}", self.bare())));
        }
        let name = self.take_while(|c| c != '=' && !c.is_whitespace());
        if name.is_empty() {
            let hint = "write the name of a flag behind it, or put it in quotes";
            return Err(CommandError::new(place, ErrorKind::FlagWithoutName, "-- is no flag", hint));
        }
        let value = match self.next_if(|c| c == '=') {
            Some(_) => Some(self.word()?),
            None => None,
        };
        Ok(Content::Flag { name: name.to_ascii_lowercase(), value })
    }

    /// A word, in quotes or without; it may be empty.
    fn word(&mut self) -> Result<String, CommandError> {
        match self.chars.peek().copied() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            Some(c) if TYPOGRAPHIC_QUOTES.contains(&c) => {
                Err(self.typographic(c, "use the plain quotation marks \" or '"))
            }
            Some(c) if DASHES.contains(&c) => {
                Err(self.typographic(c, "write two hyphens, --, before a flag, or put the word in quotes"))
            }
            _ => Ok(self.bare()),
        }
    }

    fn bare(&mut self) -> String {
        self.take_while(|c| !c.is_whitespace())
    }

    fn quoted(&mut self, quote: char) -> Result<String, CommandError> {
        let start = self.place;
        self.next_if(|c| c == quote);
        let mut text = String::new();
        loop {
            let Some(c) = self.next_if(|_| true) else {
                let hint = format!("write {quote} where it ends, on the same line");
                let message = format!("the quotation mark {quote} is opened here and never closed");
                return Err(CommandError::new(start, ErrorKind::Quotes, message, hint));
            };
            match c {
                '\\' if quote == '"' => text.push(self.next_if(|c| matches!(c, '"' | '\\')).unwrap_or(c)),
                c if c == quote => break,
                c => text.push(c),
            }
        }
        match self.chars.peek() {
            Some(c) if !c.is_whitespace() => {
                let message = format!("a word goes on behind its quotation mark {quote}");
                let hint = "put all of it in quotes, or write a space between";
                Err(CommandError::new(self.place, ErrorKind::Quotes, message, hint))
            }
            _ => Ok(text),
        }
    }

    fn typographic(&self, c: char, hint: &str) -> CommandError {
        let message = format!("{c} is not understood at the beginning of a word");
        CommandError::new(self.place, ErrorKind::Typographic, message, hint)
    }
}
