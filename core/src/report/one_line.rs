use std::borrow::Cow;
use std::fmt::Write as _;

/// A text fit for one line of a log or a terminal, whoever wrote it: nothing in it ends the line, moves the cursor, colours
/// or turns text round, and it is at most so many characters long.
pub fn one_line(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Cow::Borrowed(text);
    }
    let mut line = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == most {
            line.push('…');
            break;
        }
        match character {
            '\n' | '\r' | '\t' => line.extend(character.escape_default()),
            it if does_something(it) => {
                // Writing into a text does not fail.
                let _ = write!(line, "{}", it.escape_unicode());
            }
            it => line.push(it),
        }
    }
    Cow::Owned(line)
}

/// Whether a character does something else than to be seen.
fn does_something(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn nothing_leaves_its_line_or_does_anything() {
        assert_eq!(one_line("plain words", 80), "plain words");
        assert_eq!(one_line("naïve ✓", 80), "naïve ✓");
        assert_eq!(one_line("a\r\nb\tc", 80), "a\\r\\nb\\tc");
        assert_eq!(
            one_line("\x1b[31mred\x07\u{9b}2J\u{202e}x", 80),
            "\\u{1b}[31mred\\u{7}\\u{9b}2J\\u{202e}x"
        );
        assert_eq!(one_line("abcdef", 3), "abc…");
        assert_eq!(one_line(&"\x1b".repeat(1_000), 2), "\\u{1b}\\u{1b}…");
    }
}
