//! What the parser stumbled over, in words for people.

use granit_parser::{ErrorKind, ScanError};

use super::tree::DEPTH_MAX;
use super::{Place, Problem, shown};

const LINE_UP: &str = "keys and dashes of one level begin in one column; look at the line before too";

/// The problem where a text stops being YAML.
pub(super) fn unreadable(text: &str, error: &ScanError) -> Problem {
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
        kind => match in_words(kind) {
            Some((message, hint)) => Problem::new(place, message, hint),
            None => Problem::new(
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
        ErrorKind::MappingValueNotAllowed => (
            "no key can be here",
            "begin keys of one level in one column; a text that holds a colon goes in quotes",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidIndentation => ("the line does not line up with those before it", LINE_UP),
        _ => return None,
    })
}

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
