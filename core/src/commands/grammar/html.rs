//! Which HTML elements are open at a place of a comment.

/// The elements that GitHub shows and whose end has to be written. Others it leaves out, or ends by itself.
const ELEMENTS: [&str; 43] = [
    "a",
    "abbr",
    "b",
    "bdo",
    "blockquote",
    "caption",
    "cite",
    "code",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "i",
    "ins",
    "kbd",
    "mark",
    "ol",
    "pre",
    "q",
    "ruby",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tt",
    "ul",
    "var",
];

/// The elements that are open, by their names: how they lie in each other does not matter here.
#[derive(Debug)]
pub(super) struct OpenElements([usize; ELEMENTS.len()]);

impl OpenElements {
    pub(super) fn none() -> Self {
        Self([0; ELEMENTS.len()])
    }

    /// Whether no element is open.
    pub(super) fn is_none(&self) -> bool {
        self.0.iter().all(|open| *open == 0)
    }

    /// Reads the tags of some HTML. What stands between them is passed over.
    pub(super) fn read(&mut self, html: &str) {
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end..]);
                continue;
            }
            let (is_end, named) = rest.strip_prefix('/').map_or((false, rest), |named| (true, named));
            let length = named.bytes().take_while(u8::is_ascii_alphanumeric).count();
            let name = &named[..length];
            if let Some(at) = ELEMENTS.iter().position(|element| element.eq_ignore_ascii_case(name)) {
                self.0[at] = if is_end { self.0[at].saturating_sub(1) } else { self.0[at] + 1 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_open_from_their_tag_to_their_end() {
        for (html, is_none) in [
            ("<details>", false),
            ("<details><summary>x</summary>", false),
            ("<DETAILS open>\n<b>x</b></details >", true),
            ("<br><img src=x><hr/><p>", true),
            ("Vec<T> and a<b", false),
            ("<T>", true),
            ("</b></b><b></b>", true),
            ("<!-- <b> -->", true),
            ("<!-- <b>", true),
            ("<é", true),
            ("<", true),
        ] {
            let mut open = OpenElements::none();
            open.read(html);
            assert_eq!(open.is_none(), is_none, "{html}");
        }
    }
}
