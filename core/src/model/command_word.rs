//! Words of commands in comments.

/// Quotation marks that keyboards and editors make out of the plain ones.
pub const TYPOGRAPHIC_QUOTES: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '«', '»'];

/// Dashes that they make out of two hyphens.
pub const DASHES: [char; 2] = ['–', '—'];

/// A text as one word of a command, in quotes where it would be read as something else without.
pub fn command_word(text: &str) -> String {
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
