//! Markdown as a terminal shows it: wrapped, without its marks.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// How a piece of text stands out where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Dim,
    Code,
    Good,
    Bad,
    Waiting,
    Address,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Dim => "2",
            Self::Code | Self::Address => "36",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Waiting => "33",
        }
    }
}

/// What the reader's screen can show.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Whether it has colours.
    pub colour: bool,
    /// How many characters fit into a line.
    pub columns: usize,
}

/// Text in one tone.
pub(super) type Piece = (Tone, String);

impl Screen {
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        match tone {
            Tone::Plain => text.to_owned(),
            _ if !self.colour => text.to_owned(),
            tone => format!("\x1b[{}m{text}\x1b[0m", tone.code()),
        }
    }

    /// The same screen with fewer columns.
    pub(super) fn narrowed(self, by: usize) -> Self {
        Self { columns: self.columns.saturating_sub(by).max(20), ..self }
    }

    /// Breaks text into lines at its spaces. What is longer than a line stays whole.
    pub(super) fn wrap(self, pieces: &[Piece]) -> Vec<String> {
        let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
        for word in words(pieces) {
            let long: usize = word.iter().map(|(_, text)| width(text)).sum();
            if used > 0 && used + 1 + long > self.columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.extend(word.iter().map(|(tone, text)| self.paint(*tone, text)));
            used += long;
        }
        lines.push(line);
        lines
    }

    /// Breaks a shell command at its spaces, so that it can still be copied.
    fn wrap_command(self, command: &str) -> Vec<String> {
        let (mut lines, mut line) = (Vec::new(), String::new());
        for word in command.split(' ') {
            // Two columns for what continues the line.
            if !line.trim().is_empty() && width(&line) + 1 + width(word) + 2 > self.columns {
                lines.push(format!("{line} \\"));
                "   ".clone_into(&mut line);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
        lines
    }
}

pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// The words of a text, each of one or more pieces.
fn words(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut words: Vec<Vec<Piece>> = Vec::new();
    let mut open = false;
    for (tone, text) in pieces {
        for (at, part) in text.split(' ').enumerate() {
            open &= at == 0;
            if part.is_empty() {
                continue;
            }
            let piece = (*tone, part.to_owned());
            match words.last_mut().filter(|_| open) {
                Some(word) => word.push(piece),
                None => words.push(vec![piece]),
            }
            open = true;
        }
    }
    words
}

/// Markdown as lines for this screen. Drawings and folded parts' frames are left out.
pub(super) fn lines(markdown: &str, screen: Screen) -> Vec<String> {
    let mut page = Page::new(screen);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.take(event);
    }
    while page.lines.last().is_some_and(String::is_empty) {
        page.lines.pop();
    }
    page.lines
}

struct Page {
    screen: Screen,
    lines: Vec<String>,
    text: Vec<Piece>,
    strong: bool,
    in_item: bool,
    /// The code block that is open, unless it is a drawing.
    code: Option<String>,
    drawing: bool,
    rows: Vec<Vec<Piece>>,
}

impl Page {
    const fn new(screen: Screen) -> Self {
        Self {
            screen,
            lines: Vec::new(),
            text: Vec::new(),
            strong: false,
            in_item: false,
            code: None,
            drawing: false,
            rows: Vec::new(),
        }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                self.drawing = matches!(kind, CodeBlockKind::Fenced(language) if &*language == "mermaid");
                self.code = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) => self.code_block(),
            Event::Start(Tag::Strong | Tag::Heading { .. }) => self.strong = true,
            Event::End(TagEnd::Strong) => self.strong = false,
            Event::Start(Tag::Item) => self.in_item = true,
            Event::End(TagEnd::Item) => {
                self.paragraph();
                self.in_item = false;
            }
            Event::End(TagEnd::List(_)) => self.lines.push(String::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => self.rows.push(Vec::new()),
            Event::End(TagEnd::TableCell) => self.cell(),
            Event::End(TagEnd::Table) => self.table(),
            Event::End(TagEnd::Heading(_)) => {
                self.strong = false;
                self.block();
            }
            Event::End(TagEnd::Paragraph) => self.block(),
            Event::Code(text) => self.code_span(&text),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(if self.strong { Tone::Strong } else { Tone::Plain }, &text),
            },
            Event::SoftBreak | Event::HardBreak => self.push(Tone::Plain, " "),
            _ => {}
        }
    }

    fn push(&mut self, tone: Tone, text: &str) {
        self.text.push((tone, text.to_owned()));
    }

    fn code_span(&mut self, text: &str) {
        // In a table each cell shows where it ends; a name shows it by having no spaces.
        let marks = self.rows.is_empty() && text.contains(' ') && !self.screen.colour;
        let text = if marks { format!("\"{text}\"") } else { text.to_owned() };
        self.push(Tone::Code, &text);
    }

    fn block(&mut self) {
        self.paragraph();
        if !self.in_item {
            self.lines.push(String::new());
        }
    }

    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        if !self.in_item {
            self.lines.extend(self.screen.wrap(&text));
            return;
        }
        for (at, line) in self.screen.narrowed(2).wrap(&text).into_iter().enumerate() {
            self.lines.push(format!("{}{line}", if at == 0 { "• " } else { "  " }));
        }
    }

    fn code_block(&mut self) {
        let code = self.code.take().unwrap_or_default();
        if std::mem::take(&mut self.drawing) {
            return;
        }
        for line in code.lines().flat_map(|line| self.screen.narrowed(2).wrap_command(line)) {
            self.lines.push(format!("  {}", self.screen.paint(Tone::Code, &line)));
        }
        self.lines.push(String::new());
    }

    fn cell(&mut self) {
        let text: String = self.text.drain(..).map(|(_, text)| text).collect();
        let tone = if self.rows.len() == 1 { Tone::Dim } else { Tone::Plain };
        if let Some(row) = self.rows.last_mut() {
            row.push((tone, text));
        }
    }

    fn table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let cell_width = |row: &Vec<Piece>, at: usize| row.get(at).map_or(0, |(_, text)| width(text));
        let widths: Vec<_> =
            (0..columns).map(|at| rows.iter().map(|row| cell_width(row, at)).max().unwrap_or(0)).collect();
        for row in &rows {
            let mut line = String::new();
            for (at, (tone, text)) in row.iter().enumerate() {
                let last = at + 1 == columns;
                let gap = if last { 0 } else { widths[at] - width(text) + 2 };
                line.push_str(&self.screen.paint(*tone, text));
                line.push_str(&" ".repeat(gap));
            }
            self.lines.push(format!("  {}", line.trim_end()));
        }
        self.lines.push(String::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Screen = Screen { colour: false, columns: 40 };

    fn shown(markdown: &str) -> String {
        lines(markdown, PLAIN).join("\n")
    }

    #[test]
    fn marks_vanish_and_lines_are_wrapped() {
        let text = "`feature/x` would bring **6 commits** to `integration`, and _has_ not [come](https://e/x) by it.";
        assert_eq!(shown(text), "feature/x would bring 6 commits to\nintegration, and has not come by it.");
        assert_eq!(shown("# A\n\nb\nc"), "A\n\nb c");
        assert_eq!(shown("Run `git fetch origin`."), "Run \"git fetch origin\".");
    }

    #[test]
    fn lists_hang_and_tables_are_aligned() {
        assert_eq!(
            shown("- one two three four five six seven eight\n- `x`"),
            "• one two three four five six seven\n  eight\n• x"
        );
        let table =
            "| commit | subject |\n|---|---|\n| [`ab1`](http://e/ab1) | `Keep it` |\n| `c` | x |\n\nend";
        assert_eq!(shown(table), "  commit  subject\n  ab1     Keep it\n  c       x\n\nend");
    }

    #[test]
    fn commands_are_broken_where_a_shell_joins_them_again() {
        assert_eq!(
            shown(
                "```sh\ngit fetch origin &&\ngit push --force-with-lease=a:b origin HEAD:refs/heads/a\n```"
            ),
            "  git fetch origin &&\n  git push --force-with-lease=a:b \\\n      origin HEAD:refs/heads/a"
        );
    }

    #[test]
    fn drawings_and_raw_tags_are_left_out() {
        assert_eq!(shown("a\n\n```mermaid\ngitGraph\n```\n\n<!-- x -->\n\nb"), "a\n\nb");
        assert_eq!(shown("<details><summary>More</summary>\n\nfolded\n\n</details>"), "folded");
    }

    #[test]
    fn colours_are_not_counted() {
        let screen = Screen { colour: true, columns: 8 };
        assert_eq!(lines("`abc` **def** g", screen), ["\x1b[36mabc\x1b[0m \x1b[1mdef\x1b[0m", "g"]);
    }
}
