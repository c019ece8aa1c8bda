use super::*;
use proptest::prelude::*;

/// Texts of which arguments are made: words, and what has a meaning in commands, Markdown or Unicode.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z#/-]{1,8}",
        "[ -~]{0,20}",
        r#"[ab'"\\ =*`<>$|~\[\]!&—–“”‘’«»\u{a0}\u{200b}\u{202e}\u{2028}\u{301}é😀-]{0,12}"#,
        "[^\r\n]{0,12}",
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let flag = ("[a-z][a-z-]{0,10}", prop::option::of(text()));
    prop_oneof![text().prop_map(Content::Word), flag.prop_map(|(name, value)| Content::Flag { name, value })]
}

fn invocation() -> impl Strategy<Value = Invocation> {
    let place = Place { line: 1, column: 1 };
    let form = prop_oneof![Just(Form::Slash), Just(Form::Mention)];
    let arguments = prop::collection::vec(content(), 0..5);
    (form, prop::sample::select(&NAMES), arguments).prop_map(move |(form, name, contents)| Invocation {
        place,
        form,
        name: name.to_owned(),
        arguments: contents.into_iter().map(|content| Argument { place, content }).collect(),
    })
}

/// The same, wherever its arguments are.
fn without_places(mut command: Invocation) -> Invocation {
    let place = Place { line: 1, column: 1 };
    command.place = place;
    command.arguments.iter_mut().for_each(|argument| argument.place = place);
    command
}

/// Something that closes whatever text without an empty line is put into it, and a text that cannot close it earlier.
fn around() -> impl Strategy<Value = (String, String)> {
    let each = [
        ("```\n", "\n```"),
        ("~~~sh\n", "\n~~~"),
        ("`a\n", "\nb`"),
        ("``a\n", "\nb``"),
        ("$$\n", "\n$$"),
        ("<!--\n", "\n-->"),
        ("text <!--\n", "\n-->"),
        ("text <!--\n\n", "\n\n-->"),
        ("<div>\n", "\n</div>"),
        ("<blockquote>\n\n", "\n\n</blockquote>"),
        ("<details><summary>a</summary>\n\n", "\n\n</details>"),
        ("<pre>\n\n", "\n\n</pre>"),
        ("[a\n", "\nb](c)"),
        ("![a\n", "\nb](c)"),
        ("~~a\n", "\nb~~"),
        ("On Mon, Nov 30, 2026, Rita wrote:\n\n", ""),
        ("-----Original Message-----\n", ""),
        ("-- \n", ""),
    ];
    prop::sample::select(each.to_vec()).prop_map(|(before, behind)| (before.to_owned(), behind.to_owned()))
}

/// What stands at the beginning of every line of something that is no plain text.
fn before_each_line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "> ", ">", "> > ", "    ", "\t", "- ", "* ", "1. ", "- [ ] ", "- [x] ", "# ", "| ", "\\",
    ])
}

fn plain_words() -> impl Strategy<Value = String> {
    "([a-z]{1,8} ){0,5}[a-z]{1,8}"
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_it_was(command in invocation(), prefix in prop_oneof![Just(""), Just("tp-")]) {
        let dialect = Dialect { prefix, ..BARE };
        let printed = command.print(&dialect);
        let read = parse(&printed, &dialect);
        prop_assert_eq!(read.len(), 1, "{}", &printed);
        prop_assert_eq!(read.into_iter().next().unwrap().map(without_places), Ok(without_places(command)), "{}", printed);
    }

    #[test]
    fn commands_between_paragraphs_are_all_found(
        words in prop::collection::vec(plain_words(), 1..6),
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let paragraphs: Vec<_> = words.iter().map(|words| format!("{words}{end}/lock a{end}{end}")).collect();
        let text = paragraphs.concat();
        let expected: Vec<_> = (0..words.len()).map(|at| format!("{}:1 /lock a", 3 * at + 2)).collect();
        prop_assert_eq!(found(&text), expected);
    }

    #[test]
    fn nothing_is_a_command_where_no_plain_text_is(
        (before, behind) in around(),
        words in plain_words(),
        command in prop_oneof![Just("/promote a"), Just("@towpath promote a"), Just("/lock@towpath")],
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let text = format!("{words}\n\n{before}{command}{behind}").replace('\n', end);
        prop_assert_eq!(found(&text), Vec::<String>::new(), "{:?}", text);
    }

    #[test]
    fn nothing_is_a_command_behind_what_begins_another_block(
        before in before_each_line(),
        words in plain_words(),
        command in prop_oneof![Just("/promote a"), Just("@towpath promote a"), Just("/lock@towpath")],
    ) {
        for text in [format!("{before}{command}"), format!("{words}\n\n{before}{words}\n{before}{command}")] {
            prop_assert_eq!(found(&text), Vec::<String>::new(), "{:?}", text);
        }
    }

    #[test]
    fn any_text_is_read_to_its_end(pieces in prop::collection::vec(prop::sample::select(&any_text::PIECES), 0..40)) {
        any_text::holds(&pieces.concat());
    }

    #[test]
    fn any_characters_are_read_to_their_end(text in any::<String>()) {
        any_text::holds(&text);
    }
}
