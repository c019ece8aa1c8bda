//! What the parser stumbled over, in words for people.

use granit_parser::{ErrorKind, ScanError};

use super::{DEPTH_MAX, Place, Problem, shown};

const LINE_UP: &str = "keys and dashes of one level begin in one column; look at the line before too";

/// The problem where a text stops being YAML.
pub fn unreadable(text: &str, error: &ScanError) -> Problem {
    let place = Place::of(error.marker());
    if let Some(line) = indented_by_tab(text, place.line) {
        let message = "the line is indented with a tab";
        let hint = "YAML takes only spaces there; put two spaces in place of each tab";
        return Problem::new(Place { line, column: 1 }, message, hint);
    }
    let line = text.lines().nth(place.line.saturating_sub(1) as usize).unwrap_or_default();
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
        return Problem::new(place, "this is the mark of a merge conflict", "resolve the conflict");
    }
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(place),
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("a text cannot begin with {character}");
            Problem::new(place, message.replace(char::is_control, "?"), "put the text in quotes")
        }
        ErrorKind::MappingValueNotAllowed => no_key_here(text, place),
        kind => match (in_words(kind), opened_before(text, place)) {
            (words, Some(opened)) if words.is_none() || is_unclosed(kind) => {
                let message = format!("a bracket is opened here and not closed before line {}", place.line);
                Problem::new(opened, message, "close it with ] or }, or put a comma between its items")
            }
            (Some((message, hint)), _) => Problem::new(place, message, hint),
            (None, _) => Problem::new(
                place,
                format!("this is not YAML: {}", shown(&error.info())),
                "look at the indentation, the colons and the quotes here and on the line before",
            ),
        },
    }
}

/// The mistakes that people make: what is wrong, what to do.
fn in_words(kind: &ErrorKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        ErrorKind::DirectiveDisallowed => ("a line that begins with % is not taken", "remove the line"),
        ErrorKind::UnclosedQuotedScalar => {
            ("a quote is opened here and never closed", "close it on the same line")
        }
        ErrorKind::UnclosedFlowCollection { .. } => {
            ("a bracket is opened here and never closed", "close it with ] or }")
        }
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence => {
            ("a comma or a closing bracket is missing before this", "look for a [ or { that is not closed")
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("a key is not followed by a colon and a space", "write name: value")
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidIndentation => ("the line does not line up with those before it", LINE_UP),
        _ => return None,
    })
}

/// A colon where no key can be: the text in front of it has one already, the line is indented too far, or the line
/// before it lacks its colon.
fn no_key_here(text: &str, place: Place) -> Problem {
    let lines: Vec<&str> = text.lines().collect();
    let at = place.line.saturating_sub(1) as usize;
    let line = lines.get(at).copied().unwrap_or_default();
    let column = |line: &str| {
        let indent = line.chars().take_while(|c| matches!(c, ' ' | '-')).count();
        u32::try_from(indent).unwrap_or(u32::MAX).saturating_add(1)
    };
    let before: String = line.chars().take(place.column.saturating_sub(1) as usize).collect();
    if before.contains(": ") {
        let hint = "a text that holds a colon goes in quotes; another key goes on a line of its own";
        return Problem::new(place, "a second colon is on this line", hint);
    }
    let said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let earlier = lines[..at.min(lines.len())].iter().enumerate().rfind(|(_, line)| said(line));
    if let Some((number, earlier)) = earlier
        && !earlier.contains(':')
        && earlier.split_whitespace().filter(|word| *word != "-").count() == 1
    {
        let number = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        let place = Place { line: number, column: column(earlier) };
        return Problem::new(place, "a key is not followed by a colon", "write name: value");
    }
    let place = Place { line: place.line, column: column(line) };
    Problem::new(
        place,
        "the line is indented further than the one before it, which has a value already",
        LINE_UP,
    )
}

fn is_unclosed(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofFlowSequence
    )
}

/// The bracket on an earlier line that is still open at `place`. Brackets in quotes and comments count for nothing.
fn opened_before(text: &str, place: Place) -> Option<Place> {
    let mut open: Vec<Place> = Vec::new();
    for (line, number) in text.lines().zip(1..place.line) {
        let mut quote = None;
        let mut before = ' ';
        for (letter, column) in line.chars().zip(1..) {
            match (quote, letter) {
                (Some(closing), _) if letter == closing => quote = None,
                (None, '#') if before.is_whitespace() => break,
                (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(letter),
                (None, '[' | '{') => open.push(Place { line: number, column }),
                (None, ']' | '}') => drop(open.pop()),
                _ => {}
            }
            before = letter;
        }
    }
    open.pop()
}

/// The lines that are indented with what only looks like spaces, as texts from web pages are.
pub(super) fn false_spaces(text: &str) -> Option<Problem> {
    let is_false = |c: char| c.is_whitespace() && !matches!(c, ' ' | '\t' | '\r') || c == '\u{feff}';
    let lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
    let mut found = lines.filter_map(|(line, number)| {
        let indent: Vec<char> = line.chars().take_while(|c| c.is_whitespace() || is_false(*c)).collect();
        let column = indent.iter().position(|c| is_false(*c))?;
        Some(Place { line: number, column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1) })
    });
    let place = found.next()?;
    let message = "the line is indented with signs that only look like spaces";
    Some(Problem::new(place, message, "type the spaces anew; texts copied from a web page have such signs"))
}

/// The problem where keys or lists lie too deep in each other.
pub(super) fn too_deep(place: Place) -> Problem {
    Problem::new(
        place,
        format!("this lies deeper than {DEPTH_MAX} levels"),
        "nothing in a configuration lies so deep; see towpath config show for the layout",
    )
}

/// The line, this one or the next to it, whose indentation holds a tab.
fn indented_by_tab(text: &str, line: u32) -> Option<u32> {
    let tabbed = |number: &u32| {
        let content = text.lines().nth(number.saturating_sub(1) as usize).unwrap_or_default();
        content.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t')
    };
    [line, line.saturating_sub(1), line.saturating_add(1)].into_iter().filter(|line| *line > 0).find(tabbed)
}
