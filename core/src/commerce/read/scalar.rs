//! What a word of YAML is that stands without quotes.
//!
//! Source: the core schema of YAML 1.2.

/// `5120`, `-1`, `1_000`, `0x1f`, `0o17`.
pub(super) fn is_integer(text: &str) -> bool {
    let all = |digits: &str, is: fn(&u8) -> bool| !digits.is_empty() && digits.as_bytes().iter().all(is);
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(hex) = bare.strip_prefix("0x") {
        return all(hex, u8::is_ascii_hexdigit);
    }
    if let Some(octal) = bare.strip_prefix("0o") {
        return all(octal, |byte| matches!(byte, b'0'..=b'7'));
    }
    bare.starts_with(|c: char| c.is_ascii_digit()) && all(bare, |byte| byte.is_ascii_digit() || *byte == b'_')
}

/// `1.5`, `.5`, `1e3`, `.inf`, `.nan`.
pub(super) fn is_decimal(text: &str) -> bool {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(bare, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let begins = bare.starts_with(|c: char| c.is_ascii_digit())
        || bare.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    begins && bare.parse::<f64>().is_ok()
}
