mod any_text;
mod properties;
mod where_commands_are;

use super::*;

/// Some of the commands, among them those whose names other bots use.
const NAMES: [&str; 8] = ["help", "why", "promote", "deploy", "lock", "unlock", "rollback", "override"];

const BARE: Dialect<'static> = Dialect { prefix: "", handle: "towpath", names: &NAMES, free_text: &[] };

const PREFIXED: Dialect<'static> = Dialect { prefix: "tp-", ..BARE };

/// What is found in a text: each command with its place, and each error.
fn found_by(text: &str, dialect: &Dialect<'_>) -> Vec<String> {
    let found = parse(text, dialect);
    let told = |it: &Result<Invocation, CommandError>| match it {
        Ok(command) => format!("{} {}", command.place, command.print(dialect)),
        Err(error) => error.to_string(),
    };
    found.iter().map(told).collect()
}

fn found(text: &str) -> Vec<String> {
    found_by(text, &BARE)
}

#[test]
fn a_command_is_told_with_its_place_and_its_arguments() {
    let text = "Ready.\r\n  /promote staging --from=integration --merge\r\n\r\n@towpath lock 'North America' --reason \"it's \\\"slow\\\"\"";
    let commands: Vec<_> = parse(text, &BARE).into_iter().map(Result::unwrap).collect();
    let places: Vec<_> = commands.iter().map(|it| (it.place.line, it.place.column, it.form)).collect();
    assert_eq!(places, [(2, 3, Form::Slash), (4, 1, Form::Mention)]);
    let told = |command: &Invocation| {
        let each = command.arguments.iter().map(|it| format!("{} {:?}", it.place, it.content));
        each.collect::<Vec<_>>()
    };
    assert_eq!(
        told(&commands[0]),
        [
            r#"2:12 Word("staging")"#,
            r#"2:20 Flag { name: "from", value: Some("integration") }"#,
            r#"2:39 Flag { name: "merge", value: None }"#,
        ]
    );
    assert_eq!(
        told(&commands[1]),
        [
            r#"4:15 Word("North America")"#,
            r#"4:31 Flag { name: "reason", value: None }"#,
            r#"4:40 Word("it's \"slow\"")"#,
        ]
    );
}

#[test]
fn a_free_text_is_all_of_the_line_but_for_the_command_s_own_flags() {
    let free_text = [FreeText { command: "why", flags: vec!["another"] }];
    let dialect = Dialect { free_text: &free_text, ..BARE };
    for (written, read) in [
        ("Cart — “fails”", "Cart — “fails”"),
        ("don't \"quote", "don't \"quote"),
        ("--half-up --x=y -- -", "--half-up --x=y -- -"),
        ("Cart  fails --Another twice", "Cart fails --another twice"),
        ("a <!-- hidden --> b", "a b"),
        ("it's <!-- hidden --> b", "it's b"),
    ] {
        let found = parse(&format!("/why {written}"), &dialect).remove(0).unwrap();
        assert_eq!(found.print(&dialect), format!("/why {read}"), "{written}");
        let again = parse(&found.print(&dialect), &dialect).remove(0).unwrap();
        assert!(again.says_the_same_as(&found), "{written}");
        let flags = found.arguments.iter().filter(|it| matches!(it.content, Content::Flag { .. })).count();
        assert_eq!(flags, usize::from(written.contains("--Another")));
    }
    assert!(parse("/lock \"open", &dialect).remove(0).is_err(), "others keep their quotes");
}

#[test]
fn words_are_read_as_they_are_written() {
    for (written, read) in [
        ("a b", "Word(\"a\") Word(\"b\")"),
        ("a\u{a0}b\u{2003}c", "Word(\"a\") Word(\"b\") Word(\"c\")"),
        ("don't a\"b", "Word(\"don't\") Word(\"a\\\"b\")"),
        ("'' \"\"", "Word(\"\") Word(\"\")"),
        (r#""a\"b\\c\d""#, r#"Word("a\"b\\c\\d")"#),
        (r"'a\'", r#"Word("a\\")"#),
        ("'--merge' \"--merge\"", "Word(\"--merge\") Word(\"--merge\")"),
        ("-x -", "Word(\"-x\") Word(\"-\")"),
        ("--Reason", "Flag { name: \"reason\", value: None }"),
        ("--reason=", "Flag { name: \"reason\", value: Some(\"\") }"),
        ("--reason='a b'", "Flag { name: \"reason\", value: Some(\"a b\") }"),
        ("--reason=--merge", "Flag { name: \"reason\", value: Some(\"--merge\") }"),
        ("--reason=a=b", "Flag { name: \"reason\", value: Some(\"a=b\") }"),
        ("*a* `b` [c](d) <b>", "Word(\"*a*\") Word(\"`b`\") Word(\"[c](d)\") Word(\"<b>\")"),
        ("a/b#12 @rita", "Word(\"a/b#12\") Word(\"@rita\")"),
        ("sta\u{200b}ging", "Word(\"sta\u{200b}ging\")"),
    ] {
        let command = parse(&format!("/lock {written}"), &BARE).remove(0).unwrap();
        let told: Vec<_> = command.arguments.iter().map(|it| format!("{:?}", it.content)).collect();
        let read = read.replace('\u{200b}', "\\u{200b}");
        assert_eq!(told.join(" "), read, "{written}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    for (written, told) in [
        (
            "/lock staging --reason 'it is",
            "1:24: the quotation mark ' is opened here and never closed; write ' where it ends, on the same line",
        ),
        (
            "/lock é \"a\\\"",
            "1:9: the quotation mark \" is opened here and never closed; write \" where it ends, on the same line",
        ),
        (
            "/lock 'a'b",
            "1:10: a word goes on behind its quotation mark '; put all of it in quotes, or write a space between",
        ),
        (
            "/lock --reason=\"a\"\"b\"",
            "1:19: a word goes on behind its quotation mark \"; put all of it in quotes, or write a space between",
        ),
        (
            "/lock --reason “slow”",
            "1:16: “ is not understood at the beginning of a word; use the plain quotation marks \" or '",
        ),
        (
            "/lock —reason slow",
            "1:7: — is not understood at the beginning of a word; write two hyphens, --, before a flag, or put the word in quotes",
        ),
        ("/lock --", "1:7: -- is no flag; write the name of a flag behind it, or put it in quotes"),
        ("/lock --=x", "1:7: -- is no flag; write the name of a flag behind it, or put it in quotes"),
    ] {
        assert_eq!(found(written), [told], "{written}");
    }
}

#[test]
fn who_asks_for_an_unknown_command_is_told_so_by_the_handle_alone() {
    for (written, told) in [
        ("@towpath prmoote staging", "1:10: there is no command \"prmoote\"; did you mean `/promote`?"),
        ("@towpath unlok 'x", "1:10: there is no command \"unlok\"; did you mean `/unlock`?"),
        ("  @towpath\tunlok", "1:12: there is no command \"unlok\"; did you mean `/unlock`?"),
        ("/prmoote@towpath", "1:2: there is no command \"prmoote\"; did you mean `/promote`?"),
        ("@towpath is it well?", "1:10: there is no command \"is\"; `/help` lists the commands"),
    ] {
        assert_eq!(found(written), [told], "{written}");
    }
    for long in [41, 60_000] {
        let name = "x".repeat(long);
        let shown = if long > 60 { format!("{}…", &name[..60]) } else { name.clone() };
        let told = format!("1:10: there is no command \"{shown}\"; `/help` lists the commands");
        assert_eq!(found(&format!("@towpath {name}")), [told], "{long}");
    }
    for silent in [
        "/prmoote staging",
        "/retest",
        "/approve 'x",
        "/lgtm cancel",
        "/promote@other staging",
        "@other promote staging",
        "@towpath",
        "@towpath-staging promote staging",
        "@towpath thanks!",
        "@towpath ❤",
        "/usr/bin/env@towpath",
    ] {
        assert_eq!(found(silent), [""; 0], "{silent}");
    }
}

#[test]
fn what_is_not_understood_is_repeated_as_it_was_written() {
    let written = |text: &str| {
        let found = parse(text, &BARE);
        found.into_iter().filter_map(Result::err).map(|error| error.written).collect::<Vec<_>>()
    };
    assert_eq!(written("Well.\n  @towpath hepl me \n/lock 'a"), ["@towpath hepl me", "/lock 'a"]);
    assert_eq!(written(&"/help\n".repeat(6)), ["/help"]);
    let long = format!("/lock '{}", "é".repeat(60_000));
    assert_eq!(written(&long), [format!("/lock '{}…", "é".repeat(73))]);
}

#[test]
fn the_handle_may_be_written_in_several_ways() {
    for written in [
        "@towpath lock staging",
        "@TowPath Lock staging",
        "@towpath[bot] lock staging",
        "@towpath   lock staging",
        "@towpath: lock staging",
        "@towpath, lock staging",
        "@towpath /lock staging",
        "@towpath lock staging <!-- as agreed -->",
        "@towpath lock <!-- which one? -->staging",
        "/lock@towpath staging",
        "/LOCK@Towpath staging",
    ] {
        assert_eq!(found(written), ["1:1 @towpath lock staging"], "{written}");
    }
}

#[test]
fn a_prefix_leaves_the_bare_name_to_others() {
    let found = |text| found_by(text, &PREFIXED);
    assert_eq!(found("/tp-lock staging"), ["1:1 /tp-lock staging"]);
    assert_eq!(found("/TP-Lock staging"), ["1:1 /tp-lock staging"]);
    for silent in ["/lock staging", "/tp-", "/tp-retest", "/tp-tp-lock", "/tplock"] {
        assert_eq!(found(silent), [""; 0], "{silent}");
    }
    for ours in ["@towpath lock a", "@towpath tp-lock a", "/lock@towpath a", "/tp-lock@towpath a"] {
        assert_eq!(found(ours), ["1:1 @towpath lock a"], "{ours}");
    }
    assert_eq!(found("@towpath tp-lok"), ["1:10: there is no command \"lok\"; did you mean `/tp-lock`?"]);
}

#[test]
fn a_comment_has_five_commands_and_the_sixth_is_an_error() {
    let five = "/help\n/retest\n@towpath promot\n/lock 'x\n/why\n/lock a\n";
    assert_eq!(found(five).len(), 5, "commands of others do not count");
    let told = "7:1: a comment may have 5 commands, and this is one more; write it, and what follows it, in another comment";
    assert_eq!(found(&format!("{five}/help\n/help\n")).split_off(5), [told]);
    let full = "/promote staging\n".repeat(65_536 / 17);
    assert_eq!(found(&full).len(), 6);
}

#[test]
fn an_edit_gives_what_it_adds() {
    let added = |before, after| {
        let added = added_by_edit(before, after, &BARE);
        added.iter().map(|it| it.print(&BARE)).collect::<Vec<_>>()
    };
    assert_eq!(added("/why", "/why\n/why TP201"), ["/why TP201"]);
    assert_eq!(added("/why", "Typo mended.\n\n  @towpath why"), [""; 0]);
    assert_eq!(added("/why\n/help", "/help\n/why\n/why"), ["/why"]);
    assert_eq!(added("`/lock a`", "/lock a"), ["/lock a"]);
    assert_eq!(added("/lock a", ""), [""; 0]);
    assert_eq!(added("/lock 'a", "/lock 'a'"), ["/lock a"]);
}

#[test]
fn a_command_can_be_corrected() {
    let corrected = |text| parse(text, &BARE).remove(0).unwrap().with_flag("head", "abc").print(&BARE);
    assert_eq!(corrected("/promote a --merge"), "/promote a --merge --head=abc");
    assert_eq!(corrected("/promote a --head 123 --merge"), "/promote a --merge --head=abc");
    assert_eq!(corrected("/promote --head=123 a"), "/promote a --head=abc");
    assert_eq!(corrected("@towpath promote a --head --merge"), "@towpath promote a --merge --head=abc");
}

/// What reads a text looks at each character of a command once and at no line twice, and is given no more than can be read
/// in time: the Markdown parser takes as many steps as there are events, and for each line as many as lie around it.
#[test]
fn the_longest_comments_are_read_once() {
    use std::cell::Cell;
    let start = Place { line: 1, column: 1 };
    for part in ["a ", "'a' ", "'", "\"\\", "--a=b ", "--", "é\u{200b}"] {
        let text = part.repeat(16_384 / part.len());
        let looked_at = Cell::new(0_usize);
        let _ = words::read(text.chars().inspect(|_| looked_at.set(looked_at.get() + 1)), start);
        assert!(looked_at.get() <= text.chars().count(), "{part}");
    }
    for text in long_comments() {
        let prepared = plain_text::prepared(&text);
        let (mut events, mut depth, mut deepest) = (0, 0, 0);
        for (event, _) in plain_text::events(&prepared) {
            events += 1;
            depth += match event {
                pulldown_cmark::Event::Start(_) => 1,
                pulldown_cmark::Event::End(_) => -1,
                _ => 0,
            };
            deepest = deepest.max(depth);
        }
        assert!(events <= 2 * text.len() + 2, "{events} events of {}…", text.get(..20).unwrap_or_default());
        assert!(deepest < 1_500, "{deepest} levels of {}…", text.get(..20).unwrap_or_default());
    }
}

/// Long comments of what costs a Markdown parser most.
fn long_comments() -> Vec<String> {
    const LENGTH: usize = 16_384;
    let fill = |part: &str, length: usize| part.repeat(length / part.len());
    let mut texts: Vec<_> = any_text::PIECES.iter().map(|part| fill(part, LENGTH)).collect();
    for marker in ["> ", ">", "- ", "* ", "+ ", "1. ", "1) ", "- > ", "-\t"] {
        for behind in ["a\n", "\n", "===\n", "|---|\n", "    a\n", "]: x\n"] {
            texts.push(fill(marker, LENGTH / 2) + "a\n" + &fill(behind, LENGTH / 2));
        }
    }
    let mut steps = String::new();
    for depth in 0.. {
        let step = format!("{}{}a\n", " ".repeat(128 * depth), "- ".repeat(64));
        if steps.len() + step.len() > LENGTH / 2 {
            break;
        }
        steps.push_str(&step);
    }
    texts.push(steps + &fill("\n", LENGTH / 2));
    let columns = LENGTH / 8;
    texts.push(format!("{}\n{}\n{}", "|a".repeat(columns), "|-".repeat(columns), fill("|\n", LENGTH / 2)));
    texts.push(format!("[a]: b\n{}", fill("[a] ", LENGTH)));
    texts.push(format!("{}{}", fill("[^a]", LENGTH / 2), fill("\n\n[^a]: b", LENGTH / 2)));
    texts
}
