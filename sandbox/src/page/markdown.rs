//! Markdown of strangers as HTML that does nothing but show.
//!
//! Check summaries and comments come from whoever holds a token. Of raw HTML only a few tags pass, without attributes and
//! each closed where it was opened; links lead to the web or to this site, never into a script.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Renders Markdown.
pub(super) fn render(text: &str) -> Markup {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut filter = Filter::default();
    for event in Parser::new_ext(text, options) {
        filter.take(event);
    }
    filter.close_down_to(0);
    let mut out = String::new();
    html::push_html(&mut out, filter.events.into_iter());
    PreEscaped(out)
}

/// The raw tags that pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowed {
    Details,
    Summary,
    Sub,
}

impl Allowed {
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "details" => Some(Self::Details),
            "summary" => Some(Self::Summary),
            "sub" => Some(Self::Sub),
            _ => None,
        }
    }

    const fn opening(self) -> &'static str {
        match self {
            Self::Details => "<details>",
            Self::Summary => "<summary>",
            Self::Sub => "<sub>",
        }
    }

    const fn closing(self) -> &'static str {
        match self {
            Self::Details => "</details>",
            Self::Summary => "</summary>",
            Self::Sub => "</sub>",
        }
    }
}

/// A link or image: kept, or reduced to its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Kept,
    Dropped,
}

#[derive(Default)]
struct Filter<'a> {
    events: Vec<Event<'a>>,
    /// How deep in Markdown's own elements.
    depth: usize,
    /// Raw tags that are open, and the depth they were opened at.
    open: Vec<(Allowed, usize)>,
    links: Vec<Link>,
    /// Raw HTML between the start and the end of its block, which comes line by line.
    raw: Option<String>,
    drawing: bool,
}

impl<'a> Filter<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::HtmlBlock) => self.raw = Some(String::new()),
            Event::End(TagEnd::HtmlBlock) => {
                let raw = self.raw.take().unwrap_or_default();
                self.raw_html(&raw);
            }
            Event::Html(raw) => match &mut self.raw {
                Some(block) => block.push_str(&raw),
                None => self.raw_html(&raw),
            },
            Event::InlineHtml(raw) => self.raw_html(&raw),
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            other => self.events.push(other),
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        match tag {
            // An image would be fetched from somewhere else by merely looking; it becomes a link.
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                let kept = self.links.is_empty() && harmless(&dest_url);
                self.links.push(if kept { Link::Kept } else { Link::Dropped });
                if kept {
                    let mut href = String::new();
                    // Writing to a String cannot fail.
                    let _ = attribute(&mut href, &dest_url);
                    self.html(format!("<a href=\"{href}\" rel=\"nofollow noreferrer\">"));
                }
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(language)) if language.trim() == "mermaid" => {
                self.drawing = true;
                self.html("<details class=\"drawing\"><summary>Drawing (its Mermaid source)</summary>");
                self.events.push(Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)));
            }
            other => {
                self.depth += 1;
                self.events.push(Event::Start(other));
            }
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Link | TagEnd::Image => {
                if self.links.pop() == Some(Link::Kept) {
                    self.html("</a>");
                }
            }
            TagEnd::CodeBlock if self.drawing => {
                self.drawing = false;
                self.events.push(Event::End(end));
                self.html("</details>");
            }
            other => {
                self.close_down_to(self.depth);
                self.depth = self.depth.saturating_sub(1);
                self.events.push(Event::End(other));
            }
        }
    }

    fn html(&mut self, html: impl Into<CowStr<'a>>) {
        self.events.push(Event::Html(html.into()));
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.events.push(Event::Text(text.to_owned().into()));
        }
    }

    /// Closes the raw tags that were opened at this depth or deeper.
    fn close_down_to(&mut self, depth: usize) {
        while let Some((tag, _)) = self.open.pop_if(|(_, at)| *at >= depth) {
            self.html(tag.closing());
        }
    }

    /// Lets the allowed tags of a piece of HTML through, its text as text, and nothing else.
    fn raw_html(&mut self, raw: &str) {
        let mut rest = raw;
        while let Some(start) = rest.find('<') {
            self.text(&rest[..start]);
            rest = &rest[start..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let Some(end) = rest.find('>') else {
                return;
            };
            let tag = &rest[1..end];
            rest = &rest[end + 1..];
            // What stands inside these two is not text.
            if let Some(silent) = ["script", "style"].into_iter().find(|name| named(tag, name)) {
                let close = format!("</{silent}");
                rest = rest.to_ascii_lowercase().find(&close).map_or("", |end| &rest[end..]);
                continue;
            }
            self.tag(tag);
        }
        self.text(rest);
    }

    fn tag(&mut self, tag: &str) {
        let (closing, tag) = match tag.strip_prefix('/') {
            Some(tag) => (true, tag),
            None => (false, tag),
        };
        if !closing && named(tag.trim_end_matches('/'), "br") {
            self.html("<br>");
        }
        let name = tag.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
        let Some(tag) = Allowed::named(name) else {
            return;
        };
        if !closing {
            self.open.push((tag, self.depth));
            self.html(tag.opening());
        } else if self.open.contains(&(tag, self.depth)) {
            // Whatever is still open inside goes with it.
            while let Some((inner, _)) = self.open.pop() {
                self.html(inner.closing());
                if inner == tag {
                    break;
                }
            }
        }
    }
}

fn named(tag: &str, name: &str) -> bool {
    let mut characters = tag.chars().skip(name.len());
    tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        && characters.next().is_none_or(|next| !next.is_ascii_alphanumeric())
}

/// Whether an address leads to the web or to this site. What names any other scheme does not, however it is dressed.
fn harmless(address: &str) -> bool {
    if address.chars().any(char::is_control) {
        return false;
    }
    match address.find([':', '/', '?', '#']) {
        Some(at) if address[at..].starts_with(':') => {
            let scheme = &address[..at];
            scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
        }
        _ => true,
    }
}

/// An address as the value of an attribute.
fn attribute(out: &mut String, address: &str) -> std::fmt::Result {
    use std::fmt::Write as _;
    for character in address.chars() {
        match character {
            '&' => out.write_str("&amp;")?,
            '"' => out.write_str("%22")?,
            '\'' => out.write_str("%27")?,
            '<' => out.write_str("%3C")?,
            '>' => out.write_str("%3E")?,
            ' ' => out.write_str("%20")?,
            other => out.write_char(other)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::render;

    fn html(text: &str) -> String {
        render(text).into_string().trim().to_owned()
    }

    #[test]
    fn markdown_is_rendered() {
        assert_eq!(
            html("# A\n\n**b** `c` ~~d~~"),
            "<h1>A</h1>\n<p><strong>b</strong> <code>c</code> <del>d</del></p>"
        );
        assert_eq!(html("a < b & c"), "<p>a &lt; b &amp; c</p>");
        assert!(html("| a |\n|---|\n| b |").contains("<td>b</td>"));
    }

    #[test]
    fn scripts_and_their_text_vanish() {
        assert_eq!(html("<script>alert(1)</script>"), "");
        assert_eq!(html("a <script>alert(1)</script> b"), "<p>a alert(1) b</p>");
        assert_eq!(html("<SCRIPT\nsrc=x>alert(1)</SCRIPT >"), "");
        assert_eq!(html("<style>* { display: none }</style>"), "");
        assert_eq!(html("<script>alert(1)"), "");
    }

    #[test]
    fn handlers_and_foreign_tags_vanish() {
        assert_eq!(html("<img src=x onerror=alert(1)>"), "");
        assert_eq!(html("a <b onclick=\"alert(1)\">bold</b>"), "<p>a bold</p>");
        assert_eq!(html("<details open ontoggle=alert(1)>x</details>"), "<details>x</details>");
        assert_eq!(html("<iframe src=https://x></iframe>"), "");
        assert_eq!(html("<svg/onload=alert(1)>"), "<p>&lt;svg/onload=alert(1)&gt;</p>");
        assert_eq!(html("<form action=/x><input type=submit></form>"), "");
    }

    #[test]
    fn only_the_web_is_linked() {
        for bad in [
            "[x](javascript:alert(1))",
            "[x](JavaScript:alert(1))",
            "[x](<java\tscript:alert(1)>)",
            "[x](java&#x09;script:alert(1))",
            "[x](javascript&colon;alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x)",
            "![x](javascript:alert(1))",
            "[x][y]\n\n[y]: javascript:alert(1)",
        ] {
            assert_eq!(html(bad), "<p>x</p>", "{bad}");
        }
        assert_eq!(html("<javascript:alert(1)>"), "<p>javascript:alert(1)</p>");
        let good = "<p><a href=\"https://example.com/?a=1&amp;b\" rel=\"nofollow noreferrer\">x</a></p>";
        assert_eq!(html("[x](https://example.com/?a=1&b)"), good);
        assert_eq!(
            html("[x](../pull/1#a:b)"),
            "<p><a href=\"../pull/1#a:b\" rel=\"nofollow noreferrer\">x</a></p>"
        );
        let quoted = html("[x](<https://e/\" onmouseover=\"alert(1)>)");
        assert!(!quoted.contains("\" onmouseover"), "{quoted}");
    }

    #[test]
    fn images_become_links() {
        let link = "<p><a href=\"https://e/a.png\" rel=\"nofollow noreferrer\">a picture</a></p>";
        assert_eq!(html("![a picture](https://e/a.png)"), link);
    }

    #[test]
    fn a_few_tags_pass_and_are_balanced() {
        let folded = html("<details><summary>More</summary>\n\nThe **rest**.\n\n</details>");
        assert_eq!(folded, "<details><summary>More</summary>\n<p>The <strong>rest</strong>.</p>\n</details>");
        assert_eq!(html("a<br>b<br/>c"), "<p>a<br>b<br>c</p>");
        assert_eq!(html("<sub>small</sub> x"), "<p><sub>small</sub> x</p>");
        assert_eq!(html("<sub>open"), "<p><sub>open</sub></p>");
        assert_eq!(html("</details></sub>x"), "x");
        assert_eq!(
            html("> <details>\n\nout"),
            "<blockquote>\n<details>\n</details></blockquote>\n<p>out</p>"
        );
    }

    #[test]
    fn comments_are_hidden() {
        assert_eq!(html("<!-- app:sticky -->\nhello"), "<p>hello</p>");
        assert_eq!(html("<!-- a\n\nb -->\n\nhello"), "<p>hello</p>");
        assert_eq!(html("a <!-- b --> c"), "<p>a  c</p>");
    }

    #[test]
    fn a_drawing_is_its_source_folded() {
        let shown = html("```mermaid\ngraph TD; A-->B\n```");
        assert_eq!(
            shown,
            "<details class=\"drawing\"><summary>Drawing (its Mermaid source)</summary>\n\
             <pre><code>graph TD; A--&gt;B\n</code></pre>\n</details>"
        );
        let code = html("```\"><script>alert(1)</script>\nx\n```");
        assert!(!code.contains("<script>"), "{code}");
    }
}
