//! Which parts of a comment hold commands: a table of Markdown, and what is found in it.

use super::{BARE, found, parse};

/// In each text, `/promote a` and the like are a command.
#[test]
fn plain_text_holds_commands() {
    for (text, lines) in [
        ("/promote a", vec![1]),
        ("   /promote a", vec![1]),
        ("Ready:\n/promote a", vec![2]),
        ("Ready:\n\n\n/promote a\nThanks.", vec![4]),
        ("Ready:  \n/promote a", vec![2]),
        ("Ready:\\\n/promote a", vec![2]),
        ("Ready:\r\n/promote a\r\n/promote a\r\n", vec![2, 3]),
        ("Ready:\r/promote a\r\r/promote a", vec![2, 4]),
        ("/promote a\n---\nRita", vec![1]),
        ("/promote a\n===", vec![1]),
        ("/promote a\n-- \nRita\n/promote a", vec![1]),
        ("/promote a\n\n-- \nRita\n/promote a", vec![1]),
        ("Release\n--\n/promote a", vec![3]),
        ("# Release\n/promote a", vec![2]),
        ("> said rita\n\n/promote a", vec![3]),
        ("- one\n- two\n\n/promote a", vec![4]),
        ("```\ncode\n```\n/promote a", vec![4]),
        ("<!-- hidden -->\n\n/promote a", vec![3]),
        ("<!-- hidden -->\n/promote a", vec![2]),
        ("text <!-- hidden --> text\n/promote a", vec![2]),
        ("<br>\n\n/promote a", vec![3]),
        ("- <details>\n\n/promote a", vec![3]),
        ("<details><summary>x</summary>\n\ny\n\n</details>\n\n/promote a", vec![7]),
        ("a `b` c\n/promote a", vec![2]),
        ("a Vec<T> c\n/promote a", vec![2]),
        ("it costs 5$\n/promote a\nand 6$ more", vec![2]),
        ("*very\n/promote a\nimportant*", vec![2]),
        ("**very\n/promote a\nimportant**", vec![2]),
        ("[x]: https://example.com\n\n/promote a", vec![3]),
        ("![x](y)\n/promote a", vec![2]),
        ("/promote a | b", vec![1]),
        ("/promote a `b` **c** <b> ~~d~~ [e](f) <!-- g", vec![1]),
        ("On staging it works.\n/promote a", vec![2]),
        ("| a |\n|---|\n\n/promote a", vec![4]),
        ("***\n/promote a", vec![2]),
        ("```\n-- \nOn Monday Rita wrote:\n```\n/promote a", vec![5]),
        ("é\u{1f600}\n/promote a", vec![2]),
    ] {
        let found: Vec<u32> =
            parse(text, &BARE).into_iter().map(|command| command.unwrap().place.line).collect();
        assert_eq!(found, lines, "{text:?}");
    }
}

/// In none of these is anything a command.
#[test]
fn what_is_no_plain_text_holds_none() {
    for text in [
        // Not at the start of a line, or not written as one.
        "please /promote a",
        "    /promote a",
        "\t/promote a",
        "text\n    /promote a",
        "\\/promote a",
        "&#47;promote a",
        "*/promote a*",
        "\u{ff0f}promote a",
        "\u{200b}/promote a",
        "\u{feff}/promote a",
        "/\u{200b}promote a",
        "/pro\u{200b}mote a",
        "/promote\u{200b} a",
        "/pr\u{f6}mote a",
        "/promote\u{301} a",
        "/ promote a",
        "//promote a",
        "/promote, a",
        "/promote/a",
        "\u{ff20}towpath promote a",
        "@tow\u{200b}path promote a",
        // Code and math.
        "`/promote a`",
        "`code\n/promote a\ncode`",
        "```\n/promote a\n```",
        "```\n/promote a",
        "```\r/promote a\r```",
        "~~~sh\n/promote a\n~~~",
        "text\n\n    /promote a",
        "$$\n/promote a\n$$",
        "$a\n/promote a\nb$",
        // Quotes and struck-out text.
        "> /promote a",
        "> said rita\n/promote a",
        ">\n> > /promote a",
        "> [!NOTE]\n> /promote a",
        "~~old\n/promote a\nold~~",
        // HTML.
        "<!-- /promote a -->",
        "<!--\n/promote a\n-->",
        "<!--\n\n/promote a\n\n-->",
        "<!-- never closed\n\n/promote a",
        "text <!--\n/promote a\n-->",
        "text <!--\n\n/promote a\n\n-->",
        "text <!-- never closed\n\n/promote a",
        "- item <!--\n\n/promote a\n\n-->",
        "<div>\n/promote a\n</div>",
        "<div>\n\n/promote a\n\n</div>",
        "<pre>\n\n/promote a\n\n</pre>",
        "<code>\n\n/promote a\n\n</code>",
        "<blockquote>\n\n/promote a\n\n</blockquote>",
        "<details><summary>log</summary>\n\n/promote a\n\n</details>",
        "<details>\n\n/promote a",
        "[x <details>](y)\n\n/promote a",
        "~~x <details>~~\n\n/promote a",
        "text <b>\n/promote a\n</b>",
        "text <a href='\n/promote a\n'>",
        "<b c=\"\n/promote a\n\">",
        "<?php\n/promote a\n?>",
        "<![CDATA[\n/promote a\n]]>",
        // Links and images.
        "[/promote a](x)",
        "[text\n/promote a\ntext](x)",
        "[text](\n/promote 'a')",
        "[x]:\n/promote 'a'",
        "![text\n/promote a\ntext](x)",
        "[text][x\n/promote a]\n\n[x /promote a]: y",
        "[x]: y '\n/promote a\n'",
        // Lists, tables, headings, footnotes.
        "- /promote a",
        "1. /promote a",
        "- one\n/promote a",
        "- one\n  /promote a",
        "- one\n\n  /promote a",
        "- [ ] /promote a",
        "- [x] one\n/promote a",
        "# /promote a",
        "| /promote a |\n|---|\n| /promote a |",
        "/promote a | b\n--- | ---\n/promote a | b",
        "[^1]: text\n    /promote a\n\ntext[^1]",
        // Mail.
        "Yes.\n\nOn Mon, Nov 30, 2026 at 10:12 AM Rita <rita@example.com> wrote:\n\n> Shall I?\n\n/promote a",
        "Yes.\n\nOn Mon, Nov 30, 2026 at 10:12 AM Rita Longname\n<rita@example.com> wrote:\n/promote a",
        "Yes.\n\n-----Original Message-----\nFrom: Rita\n\n/promote a",
        "Yes.\r\n\r\n________________________________\r\nFrom: Rita\r\nSent: Monday\r\n\r\n/promote a",
        "Yes.\n-- \n/promote a",
        "Yes.\n\n--\n/promote a",
    ] {
        assert_eq!(found(text), [""; 0], "{text:?}");
    }
}
