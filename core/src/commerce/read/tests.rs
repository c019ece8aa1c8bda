use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn php(text: &str) -> String {
    read_php(text).map_or_else(|unread| unread.to_string(), |value| shown(&value))
}

fn shown(value: &PhpValue) -> String {
    match value {
        PhpValue::Null => "null".to_owned(),
        PhpValue::Flag(flag) => flag.to_string(),
        PhpValue::Integer(number) => number.to_string(),
        PhpValue::Number(number) => format!("{number:?}"),
        PhpValue::Text(text) => format!("{text:?}"),
        PhpValue::Constant(name) => format!("<{name}>"),
        PhpValue::Array(entries) => {
            let entry = |entry: &PhpEntry| match &entry.key {
                PhpKey::Index(index) => format!("{index}: {}", shown(&entry.value)),
                PhpKey::Name(name) => format!("{name:?}: {}", shown(&entry.value)),
                PhpKey::Constant(name) => format!("<{name}>: {}", shown(&entry.value)),
            };
            format!("[{}]", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn php_literals_are_what_php_makes_of_them() {
    for (text, expected) in [
        ("<?php return [];", "[]"),
        (
            "<?php\nreturn array (\n  'modules' => \n  array (\n    'A_B' => 1,\n  ),\n);\n",
            r#"["modules": ["A_B": 1]]"#,
        ),
        (
            "<?php\r\ndeclare(strict_types=1);\r\nRETURN ['a' => TRUE, 'b' => Null,];\r\n?>\r\n",
            r#"["a": true, "b": null]"#,
        ),
        (
            "<?php return ['a', 'b', 5 => 'c', 'd', '7' => 'e', 'f', '07' => 'g'];",
            r#"[0: "a", 1: "b", 5: "c", 6: "d", 7: "e", 8: "f", "07": "g"]"#,
        ),
        ("<?php return ['a' => 1, 'b' => 2, 'a' => 3];", r#"["a": 3, "b": 2]"#),
        (r"<?php return ['it\'s', 'a\\b', 'a\n'];", r#"[0: "it's", 1: "a\\b", 2: "a\\n"]"#),
        (r#"<?php return ["a\n\x41\101\u{20ac}\$x \q $ {}"];"#, r#"[0: "a\nAA€$x \\q $ {}"]"#),
        (
            "<?php return [-1, +2, 0x1F, 017, 0o17, 0b11, 1_000, 1.5, .5, 1., 1e3, -2.5E-3, 9223372036854775808];",
            "[0: -1, 1: 2, 2: 31, 3: 15, 4: 15, 5: 3, 6: 1000, 7: 1.5, 8: 0.5, 9: 1.0, 10: 1000.0, 11: -0.0025, 12: 9.223372036854776e18]",
        ),
        ("<?php return [true => 1, null => 2, 1.7 => 3];", r#"[1: 3, "": 2]"#),
        (
            "<?php return [\\PDO::ATTR_X => 'a', B\\C::class, PHP_INT_MAX];",
            r#"[<PDO::ATTR_X>: "a", 0: <B\C::class>, 1: <PHP_INT_MAX>]"#,
        ),
        ("<?php // one ?\n# two\n/* three\n*/ return /**/ [ /* */ 1 /* */ , // x\n 2 ] ;", "[0: 1, 1: 2]"),
        ("<?php return [1] ?>", "[0: 1]"),
        ("<?php return 'text';", r#""text""#),
        ("<?php return [[[]], array(array())];", "[0: [0: []], 1: [0: []]]"),
    ] {
        assert_eq!(php(text), expected, "{text}");
    }
}

#[test]
fn php_that_computes_is_not_read() {
    for (text, line) in [
        ("<?php\nreturn ['a' => 1 + 1];", 2),
        ("<?php\nreturn ['a' .\n 'b'];", 2),
        ("<?php\nreturn [\n  'a' => getenv('X'),\n];", 3),
        ("<?php\n$a = 1;\nreturn [];", 2),
        ("<?php\nreturn [\n\n $a];", 4),
        ("<?php\nreturn include 'a.php';", 2),
        ("<?php\nreturn [\"a $b\"];", 2),
        ("<?php\nreturn [\"{$b}\"];", 2),
        ("<?php\nreturn [<<<X\nX\n];", 2),
        ("<?php\nreturn [...$x];", 2),
        ("<?php\nreturn [1,, 2];", 2),
        ("<?php\nreturn [new A];", 2),
        ("<?php\nreturn [fn() => 1];", 2),
        ("<?php\nreturn [1];\necho 1;", 3),
        ("<?php\nreturn ['a'", 2),
        ("<?php\nreturn ['a", 2),
        ("<?php\nreturn [1_, 2];", 2),
        ("<?php\nreturn [08];", 2),
        ("<?php\nreturn array;", 2),
        ("<?php\nreturn [[] => 1];", 2),
        ("<?php\n#[A] return [];", 2),
        ("<?php\n/* ", 2),
        ("<?phpreturn [];", 1),
        ("<?php\nreturn [1] // ?> x\n;", 2),
        ("modules: []", 1),
        ("", 1),
    ] {
        assert_eq!(read_php(text).map_err(|unread| unread.line), Err(line), "{text}");
    }
    let deep = format!("<?php return {}{};", "[".repeat(500), "]".repeat(500));
    assert_eq!(php(&deep), "line 1: lies deeper than can be read");
}

#[test]
fn the_line_of_an_entry_is_where_it_begins() {
    let value = read_php("<?php\nreturn [\n  'a' => [\n    'x' => 1, 'y' => 2,\n\n    'z' => 3]];").unwrap();
    let lines: Vec<u32> = value.at(&["a"]).unwrap().entries().iter().map(|entry| entry.line).collect();
    assert_eq!((value.entry("a").unwrap().line, lines), (3, vec![4, 4, 6]));
}

/// A tree in one line.
fn yaml(text: &str) -> String {
    let Reading { root, faults, unread } = read_yaml(text);
    let faults = faults.iter().map(|fault| format!(" !{}: {}", fault.place, fault.what));
    let unread = unread.map(|unread| format!(" ?{unread}")).unwrap_or_default();
    format!("{}{}{unread}", root.map_or("-".to_owned(), |root| tree(&root)), faults.collect::<String>())
}

fn tree(node: &Node) -> String {
    match &node.content {
        Content::Nothing => "null".to_owned(),
        Content::Flag(flag) => flag.to_string(),
        Content::Integer(text) => text.clone(),
        Content::Decimal(text) => format!("{text}f"),
        Content::Text(text) => format!("{text:?}"),
        Content::Constant(name) => format!("<{name}>"),
        Content::List(items) => format!("[{}]", items.iter().map(tree).collect::<Vec<_>>().join(", ")),
        Content::Keys(keys) => {
            let key = |key: &Key| format!("{}: {}", key.name, tree(&key.value));
            format!("{{{}}}", keys.iter().map(key).collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn the_platforms_yaml_is_read_with_its_tags_and_anchors() {
    for (text, expected) in [
        ("", "null"),
        ("a: 1\r\nb: [x, 'y', 2.5]\r\n", r#"{a: 1, b: ["x", "y", 2.5f]}"#),
        ("a: yes\nb: true\nc: ~\nd: '1'\n", r#"{a: "yes", b: true, c: null, d: "1"}"#),
        ("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n", "{a: {p: 1, q: 2}, b: {q: 3, p: 1}}"),
        (
            "a: &x {p: 1}\nb: &y {p: 2, r: 3}\nc: {<<: [*x, *y], s: 4}\n",
            "{a: {p: 1}, b: {p: 2, r: 3}, c: {s: 4, p: 1, r: 3}}",
        ),
        ("a: &x [1]\nb: *x\n", "{a: [1], b: [1]}"),
        ("!php/const PDO::A: 1\nb: !php/const B\n", "{PDO::A: 1, b: <B>}"),
        ("a:\n  !php/const:\\PDO::MYSQL_ATTR_LOCAL_INFILE : 1\n", "{a: {PDO::MYSQL_ATTR_LOCAL_INFILE: 1}}"),
        ("a: !!str 5\n", r#"{a: "5"}"#),
        ("a: |\n  set -e\n  b\n", r#"{a: "set -e\nb\n"}"#),
        ("a: 1\nb: 2\na: 3\n", "{a: 1, b: 2} !3:1: the key a is written twice; the first is on line 1"),
        ("a: !env X\n", r#"{a: "X"} !1:4: the tag !env is not known to the platform"#),
        ("a: *b\n", "{a: null} !1:4: no anchor is called b"),
        ("a: &x [*x]\n", "{a: [null]} !1:8: *x lies in what it stands for"),
        ("a:\n  <<: 5\n", "{a: {}} !2:3: a merge key takes keys, and this has none"),
        ("a: 1\n---\nb: 2\n", "- !2:1: a second document begins here"),
        ("a:\n\tb: 1\n", "- !2:1: the line is indented with a tab"),
        ("\ta: 1\n", "{a: 1} !1:1: the line is indented with a tab"),
        ("# x\r\n \ta: 1\r\n", "{a: 1} !2:1: the line is indented with a tab"),
        ("\t- a\n", r#"["a"] !1:1: the line is indented with a tab"#),
        ("\t# x\na: 1\n", "{a: 1} !1:1: the line is indented with a tab"),
        ("b:\n \tc: 1\n", "{b: {c: 1}} !2:1: the line is indented with a tab"),
        ("a: |\n  x\n  \ty\nb: >\n  x\n  \ty\n\nc: 1\n", r#"{a: "x\n\ty\n", b: "x\n\ty\n", c: 1}"#),
        ("a: 1\n \t# y\nb: 1\n", "{a: 1, b: 1} !2:1: the line is indented with a tab"),
        ("a: 1\t# b\n\t\nb:\t2\n#\tc\n", "{a: 1, b: 2}"),
        ("<<<<<<< HEAD\na: 1\n=======\n", "- !2:2: this is the mark of a merge conflict"),
    ] {
        let read = yaml(text);
        if text.starts_with("<<<") {
            assert!(read.starts_with("- !"), "{read}");
            continue;
        }
        assert_eq!(read, expected, "{text}");
    }
}

#[test]
fn what_is_too_much_is_not_read_and_no_fault() {
    let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let last = level - 1;
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", vec![format!("*a{last}"); 8].join(", "));
    }
    let deep = format!("a: {}{}", "[".repeat(300), "]".repeat(300));
    let blocks = (0..300).map(|depth| " ".repeat(depth) + "a:\n").collect::<String>();
    for text in [bomb, deep, blocks] {
        let reading = read_yaml(&text);
        assert!(reading.unread.is_some() && reading.root.is_none() && reading.faults.is_empty(), "{text}");
    }
}

#[test]
fn the_same_data_is_the_same_however_it_is_spelled() {
    let same = |one: &str, two: &str| read_yaml(one).root.unwrap().same_data(&read_yaml(two).root.unwrap());
    assert!(same("a: 1 # x\nb: {c: [1, 2]}", "b:\n  c: ['1', 2]\n\n\"a\": 1\n"));
    assert!(!same("a: [1, 2]", "a: [2, 1]"));
    assert!(!same("a: {b: 1}", "a: {b: 1, c: 2}"));
    assert!(!same("a: true", "a: 'true'"));
}

#[test]
fn digests_are_those_of_the_standard() {
    for (text, digest) in [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a",
        ),
    ] {
        assert_eq!(md5(text.as_bytes()), digest);
    }
    for length in [55, 56, 57, 63, 64, 65] {
        assert_eq!(md5(&vec![b'a'; length]).len(), 32);
    }
    assert_eq!(md5(&[b'a'; 56]), "3b0c8ac703f828b04c6c197006d17218");
}

#[test]
fn the_content_hash_counts_what_composer_counts() {
    let hash = |text: &str| content_hash(text).unwrap();
    let plain = hash(r#"{"name": "a/b", "require": {"php": "^8.1"}}"#);
    assert_eq!(plain, md5(br#"{"name":"a\/b","require":{"php":"^8.1"}}"#));
    assert_eq!(hash(r#"{"require": {"php": "^8.1"}, "scripts": {}, "name": "a/b"}"#), plain);
    assert_ne!(hash(r#"{"name": "a/b", "require": {"php": "^8.2"}}"#), plain);
    let awkward = r#"{"extra": {"ü": "a/b\n\"", "e": {}, "l": {"0": 1.0, "1": 1e25, "2": 0.00001}, "d": 1, "d": 2}, "config": {"platform": {"php": "8.1"}}}"#;
    let written = r#"{"config":{"platform":{"php":"8.1"}},"extra":{"\u00fc":"a\/b\n\"","e":[],"l":[1,1.0e+25,1.0e-5],"d":2}}"#;
    assert_eq!(hash(awkward), md5(written.as_bytes()));
    assert_eq!(hash("{}"), md5(b"[]"));
    assert_eq!(content_hash("[]").unwrap_err().to_string(), "line 1: holds no object");
    assert_eq!(content_hash("{\n<<<<<<< HEAD\n").unwrap_err().to_string(), "line 2: is no JSON");
}

#[test]
fn locks_tell_what_is_installed() {
    let lock = Lock::read(
        r#"{"content-hash": "x", "packages": [{"name": "Magento/Magento2-Base", "version": "2.4.8-p1",
            "require": {"php": "~8.3.0||~8.4.0"}}, {"name": "a/b", "version": "1", "require": []}],
            "packages-dev": [{"name": "c/d", "version": "1"}]}"#,
    );
    let lock = lock.unwrap();
    assert_eq!(lock.version("magento/magento2-base"), Some("2.4.8-p1"));
    assert_eq!(lock.packages["magento/magento2-base"].php.as_deref(), Some("~8.3.0||~8.4.0"));
    assert_eq!((lock.version("a/b"), lock.version("c/d")), (Some("1"), None));
    assert!(Lock::read("<<<<<<< HEAD").is_err() && Lock::read(r#"{"packages": 1}"#).is_err());
}

#[test]
fn scenarios_tell_their_steps() {
    let text = "<?xml version=\"1.0\"?>\r\n<!-- <step name='no'/> -->\r\n<scenario xmlns:xsi=\"x\">\r\n\
        <step name=\"a&amp;b\" skip=\"true\"/>\r\n<step name='c' type='\\A\\B' priority='5'>\r\n\
        <arguments><step name='no'/></arguments></step>\r\n</scenario>\r\n";
    let steps = read_scenario(text).unwrap().unwrap();
    let step = |name: &str, class: Option<&str>, skip, line| Step {
        name: name.to_owned(),
        class: class.map(str::to_owned),
        skip,
        line,
    };
    assert_eq!(steps, [step("a&b", None, true, 4), step("c", Some("A\\B"), false, 5)]);
    assert_eq!(read_scenario("<config/>").unwrap(), None);
    for wrong in [
        "",
        "<scenario>",
        "<scenario></step>",
        "<scenario><step name=x/></scenario>",
        "<scenario><step name='&x;'/></scenario>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><scenario/>",
        "<scenario/><scenario/>",
        "<scenario><!-- </scenario>",
    ] {
        assert!(read_scenario(wrong).is_err(), "{wrong}");
    }
    assert!(read_scenario(&"<a>".repeat(1_000)).is_err());
}

#[test]
fn a_mark_before_the_text_and_what_is_no_text_are_told() {
    assert_eq!(text_of(b"\xef\xbb\xbfa: 1", 100).unwrap(), "a: 1");
    assert_eq!(text_of(b"a\nb\xff", 100).unwrap_err().to_string(), "line 2: is no text in UTF-8");
    assert_eq!(text_of(&[b'a'; 5_000], 4_096).unwrap_err().to_string(), "line 1: is larger than 4 KiB");
}

/// Texts of what each of the readers knows, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<?php ",
        "return ",
        "[",
        "]",
        "array(",
        ")",
        "=>",
        "'",
        "\"",
        "\\",
        ",",
        ";",
        "1",
        ".5",
        "e",
        "_",
        "-",
        "#",
        "//",
        "/*",
        "*/",
        "?>",
        "\n",
        "\r\n",
        "\t",
        " ",
        "a: ",
        "- ",
        "&a ",
        "*a",
        "<<: ",
        "!php/const:\\A",
        "!x ",
        "{",
        "}",
        ":",
        "|",
        ">",
        "<scenario>",
        "<step ",
        "name='a'",
        "/>",
        "</",
        "<!--",
        "&lt;",
        "$",
        "ü",
        "\u{feff}",
        "null",
        "\"packages\":",
        "\u{0}",
        "%YAML 1.2\n",
        "---\n",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in pieces(), any in ".{0,200}") {
        for text in [text, any] {
            let lines = u32::try_from(text.matches(['\n', '\r']).count()).unwrap_or(u32::MAX).saturating_add(1);
            let php = read_php(&text);
            prop_assert!(php.as_ref().map_or_else(|unread| unread.line, |_| 1) <= lines);
            let wrapped = format!("<?php return [{text}];");
            let _ = read_php(&wrapped);
            let reading = read_yaml(&text);
            prop_assert!(reading.faults.iter().all(|fault| fault.place.line <= lines && fault.place.line > 0));
            let _ = (read_scenario(&text), Lock::read(&text), content_hash(&text));
        }
    }

    #[test]
    fn literals_come_back_as_they_were_written(texts in prop::collection::vec("[ -~]{0,8}", 0..6), number in any::<i32>()) {
        let quoted = |text: &String| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let items: Vec<String> = texts.iter().map(quoted).collect();
        let file = format!("<?php\nreturn ['n' => {number}, 't' => array({})];\n", items.join(",\n"));
        let value = read_php(&file).unwrap();
        prop_assert_eq!(value.at(&["n"]), Some(&PhpValue::Integer(number.into())));
        let read: Vec<&PhpValue> = value.at(&["t"]).unwrap().entries().iter().map(|entry| &entry.value).collect();
        let written: Vec<PhpValue> = texts.into_iter().map(PhpValue::Text).collect();
        prop_assert_eq!(read, written.iter().collect::<Vec<_>>());
    }
}
