//! Texts in HTML.

/// A text as HTML shows it, also inside the value of an attribute.
pub(super) fn text(plain: &str) -> String {
    let mut shown = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            c => shown.push(c),
        }
    }
    shown
}

/// A sentence of ours as HTML; what stands between backticks is code.
pub(super) fn sentence(plain: &str) -> String {
    let mut parts = plain.split('`').map(text);
    let mut shown = parts.next().unwrap_or_default();
    while let Some(code) = parts.next() {
        let behind = parts.next().unwrap_or_default();
        shown.extend(["<code>", &code, "</code>", &behind]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(sentence("Press `a < b`, then c."), "Press <code>a &lt; b</code>, then c.");
        assert_eq!(text("<a b=\"c\" d='e'> & f"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt; &amp; f");
    }
}
