//! What holds for any comment whatever. The fuzz target runs the same.

use super::{COMMANDS_MAX, Dialect, ErrorKind, Invocation, parse};

/// Pieces that comments are made of, and that break them.
#[cfg(test)]
pub(super) const PIECES: [&str; 64] = [
    "/promote a",
    "/lock",
    "@towpath lock",
    "/tp-lock",
    "/help@towpath",
    "/",
    "@",
    "--reason",
    "--x=",
    "--",
    "-",
    "'",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\r",
    " ",
    "    ",
    "\t",
    "> ",
    ">",
    "- ",
    "1. ",
    "- [ ] ",
    "* ",
    "*",
    "**",
    "_",
    "~~",
    "~",
    "`",
    "```\n",
    "~~~\n",
    "# ",
    "===\n",
    "---\n",
    "-- \n",
    "|",
    "|---|\n",
    "[",
    "](",
    "](x)",
    "][",
    "]: x\n",
    "![",
    "[^1]",
    "<",
    "<b>",
    "</b>",
    "<details>\n\n",
    "</details>\n\n",
    "<!--",
    "-->",
    "<!-- -->",
    "<a href='",
    "$",
    "$$",
    "&amp;",
    "On Monday Rita wrote:\n",
    "-----Original Message-----\n",
    "\u{200b}",
    "é\u{301}",
    "\u{0}",
];

/// Reads a comment in two dialects and looks at all that comes of it.
pub(super) fn holds(text: &str) {
    const NAMES: [&str; 4] = ["help", "lock", "promote", "unlock"];
    let lines: Vec<Vec<char>> =
        text.replace("\r\n", "\n").split(['\n', '\r']).map(|line| line.chars().collect()).collect();
    for prefix in ["", "tp-"] {
        let dialect = Dialect { prefix, handle: "towpath", names: &NAMES, free_text: &[] };
        let found = parse(text, &dialect);
        assert!(found.len() <= COMMANDS_MAX + 1);
        let mut before = 0;
        for (at, one) in found.iter().enumerate() {
            let place = match one {
                Ok(command) => {
                    assert!(NAMES.contains(&command.name.as_str()));
                    let first = lines[command.place.line as usize - 1][command.place.column as usize - 1];
                    assert!(matches!(first, '/' | '@'), "{first:?}");
                    assert!(command.place.column <= 4);
                    is_read_as_it_is_printed(command, &dialect);
                    command.place
                }
                Err(error) => {
                    let is_last = error.kind == ErrorKind::TooManyCommands;
                    assert_eq!(is_last, at == COMMANDS_MAX);
                    assert!(error.place.column as usize <= lines[error.place.line as usize - 1].len() + 1);
                    for words in [&error.message, &error.hint] {
                        assert!(!words.is_empty() && !words.contains(char::is_control), "{words:?}");
                        assert!(words.chars().count() < 200, "{words:?}");
                    }
                    error.place
                }
            };
            assert!(place.line > before, "one command on each line, in their order");
            before = place.line;
        }
    }
}

fn is_read_as_it_is_printed(command: &Invocation, dialect: &Dialect<'_>) {
    let printed = command.print(dialect);
    let again = parse(&printed, dialect);
    let [Ok(again)] = again.as_slice() else { panic!("{printed:?} is read as {again:?}") };
    assert_eq!((&again.name, again.form), (&command.name, command.form), "{printed:?}");
    let contents = |it: &Invocation| it.arguments.iter().map(|it| it.content.clone()).collect::<Vec<_>>();
    assert_eq!(contents(again), contents(command), "{printed:?}");
}
