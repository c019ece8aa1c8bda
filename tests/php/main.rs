#![allow(clippy::unwrap_used, reason = "a test may end by unwrapping")]
//! The readers of a Commerce project's files against PHP and composer themselves.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use towpath::commerce::read::{PhpEntry, PhpKey, PhpValue, content_hash, read_php};

/// Prints what each file of a folder returns, on a line each, with its types.
const DUMP: &str = r#"
function said($value) {
    if (is_array($value)) {
        $entries = [];
        foreach ($value as $key => $item) {
            $entries[] = (is_int($key) ? "i$key" : "s" . bin2hex($key)) . "=" . said($item);
        }
        return "[" . implode(",", $entries) . "]";
    }
    if (is_string($value)) { return "s" . bin2hex($value); }
    if (is_float($value)) { return "f" . bin2hex(pack("E", $value)); }
    if (is_int($value)) { return "i$value"; }
    return $value === null ? "null" : ($value ? "true" : "false");
}
error_reporting(0);
for ($number = 0; is_file("$argv[1]/$number.php"); $number++) {
    ob_start();
    try { $said = said(include "$argv[1]/$number.php"); } catch (Throwable $error) { $said = "no"; }
    ob_end_clean();
    echo $said, "\n";
}
"#;

/// Prints the content hash of each `composer.json` of a folder, on a line each.
const HASHES: &str = r#"
require "/usr/share/php/Composer/autoload.php";
for ($number = 0; is_file("$argv[1]/$number.json"); $number++) {
    echo Composer\Package\Locker::getContentHash(file_get_contents("$argv[1]/$number.json")), "\n";
}
"#;

/// What a script says of each of these files, or `None` where there is no PHP and nobody insists.
fn asked(script: &str, ending: &str, files: &[String]) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    for (number, text) in files.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.{ending}")), text).unwrap();
    }
    let Ok(output) = Command::new("php").args(["-n", "-r", script, "--"]).arg(folder.path()).output() else {
        let words = "NOT TESTED: nothing was compared with PHP, as php is not installed";
        assert!(std::env::var_os("CI").is_none(), "{words}");
        // The macros' output is kept back from tests that end well.
        let _ = writeln!(std::io::stderr(), "\n*** {words} ***\n");
        return None;
    };
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), files.len(), "{}{said}", String::from_utf8_lossy(&output.stderr));
    Some(lines)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The same as the script prints; `None` where a constant is part of it, whose value only PHP knows.
fn said(value: &PhpValue) -> Option<String> {
    let entry = |PhpEntry { key, value, .. }: &PhpEntry| {
        let key = match key {
            PhpKey::Index(index) => format!("i{index}"),
            PhpKey::Name(name) => format!("s{}", hex(name.as_bytes())),
            PhpKey::Constant(_) => return None,
        };
        Some(format!("{key}={}", said(value)?))
    };
    Some(match value {
        PhpValue::Null => "null".to_owned(),
        PhpValue::Flag(flag) => flag.to_string(),
        PhpValue::Integer(number) => format!("i{number}"),
        PhpValue::Number(number) => format!("f{}", hex(&number.to_be_bytes())),
        PhpValue::Text(text) => format!("s{}", hex(text.as_bytes())),
        PhpValue::Constant(_) => return None,
        PhpValue::Array(entries) => {
            format!("[{}]", entries.iter().map(entry).collect::<Option<Vec<_>>>()?.join(","))
        }
    })
}

/// Literals of every kind, each of which has to be read.
const LITERALS: [&str; 22] = [
    "[]",
    "array()",
    "ARRAY(1, 2,)",
    "['a' => 1, 'b' => [true, FALSE, Null]]",
    "['1' => 'a', 'b', '01' => 'c', -5 => 'd', 'e', 1.9 => 'f', true => 'g', null => 'h']",
    r"['it\'s', '\\', '\n', 'a\\\'b', '\x41']",
    r#"["it's \"x\"", "\\ \$ \n\r\t\v\e\f", "\101\7\777", "\x4\x41\xe4", "\u{20ac}\u{1F600}", "\q \8", "$ {", "$1"]"#,
    "[0, 00, 017, 0o17, 0O17, 0x1F, 0Xff, 0b101, 1_000, 0x1_0]",
    "[1.5, .5, 1., 1e3, 1E+3, 1e-3, 1_0.0_1, 9223372036854775807, 9223372036854775808, -9223372036854775807]",
    "[-1, +1, - 1, -.5, +1e2]",
    "[/* a */ 'a' /* b */ => /* c */ 1 // d\n , # e\n 2 ]",
    "['ü' => 'ß', \"ü\" => 2]",
    "[1 => 'a', 0 => 'b', 'c']",
    "['x' => 1, 'y' => 2, 'x' => 3]",
    "[[[[[]]]], array([array()])]",
    "'text'",
    "\"text\"",
    "42",
    "-1.5",
    "true",
    "null",
    "['a//b' => '#c', 'd' => '/* e */', \"f\" => \"?>\"]",
];

/// Files that are put together of what PHP knows, most of them wrong.
fn any_files(count: usize) -> Vec<String> {
    let piece = prop::sample::select(vec![
        "[", "]", "[", "]", "array(", ")", "=>", ",", ",", "'a'", "\"b\"", "'", "\"", "\\", "1", "0", "7",
        "8", ".5", "e3", "_", "x1", "-", "+", " ", "\n", "//", "#", "/*", "*/", "?>", "null", "true", "'1'",
        "\\n", "$", "{", "}", ".", ";", "b", "\\u{41}", "\\x4", "\\7",
    ]);
    let inside = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::deterministic();
    let file = |text: String| format!("<?php return [{text}];");
    (0..count).map(|_| file(inside.new_tree(&mut runner).unwrap().current())).collect()
}

#[test]
fn literals_are_what_php_makes_of_them() {
    let heads = [
        "<?php\nreturn {};\n",
        "<?php declare(strict_types=1);\r\nreturn {} ;\r\n?>\r\n",
        "<?PHP /* x */ RETURN {} ?>",
    ];
    let files: Vec<String> =
        heads.iter().flat_map(|head| LITERALS.iter().map(|literal| head.replace("{}", literal))).collect();
    let Some(answers) = asked(DUMP, "php", &files) else { return };
    for (file, answer) in files.iter().zip(answers) {
        let read = read_php(file).unwrap_or_else(|unread| panic!("{unread}: {file}"));
        // A text of bytes that are no UTF-8 is not kept as it is.
        if !file.contains("\\xe4") {
            assert_eq!(said(&read), Some(answer), "{file}");
        }
    }
}

#[test]
fn what_is_read_is_never_anything_else_than_php_reads() {
    // What is refused here would end PHP itself, and there is nothing to compare.
    let read: Vec<(String, String)> = any_files(20_000)
        .into_iter()
        .filter_map(|file| Some((said(&read_php(&file).ok()?)?, file)))
        .collect();
    assert!(read.len() > 100, "only {} files can be compared", read.len());
    let files: Vec<String> = read.iter().map(|(_, file)| file.clone()).collect();
    let Some(answers) = asked(DUMP, "php", &files) else { return };
    for ((read, file), answer) in read.iter().zip(answers) {
        assert_eq!(*read, answer, "{file}");
    }
}

#[test]
fn content_hashes_are_composers() {
    let files = [
        r#"{"name": "a/b"}"#,
        r#"{"require": {"php": "^8.1"}, "name": "a/b", "scripts": {"x": "y"}, "require-dev": {}}"#,
        r#"{"config": {"platform": {"php": "8.1"}, "sort-packages": true}, "version": null}"#,
        r#"{"config": {"platform": null}, "minimum-stability": "beta", "prefer-stable": true}"#,
        r#"{"extra": {"ü": "a/b \" \\ \b\f\n\r\t \u0001 \u007f 😀 <>&'", "e": {}, "l": []}}"#,
        r#"{"extra": {"a": 1.0, "b": 1e25, "c": 0.00001, "d": 0.0001, "e": 12345678901234567890, "f": 1e17}}"#,
        r#"{"extra": {"a": -1.5e-9, "b": 100000000000000000000, "c": 1e15, "d": 0.1, "e": 0.0, "f": 1.5e300}}"#,
        r#"{"extra": {"a": {"0": 1, "1": 2}, "b": {"1": 1, "0": 2}, "c": {"x": 1, "x": 2, "y": 3}}}"#,
        r#"{"repositories": [{"type": "composer", "url": "https://repo.magento.com/"}], "replace": {"a/b": "*"}}"#,
        "{}",
    ];
    let files = files.map(str::to_owned);
    let Some(answers) = asked(HASHES, "json", &files) else { return };
    for (file, answer) in files.iter().zip(answers) {
        assert_eq!(content_hash(file).unwrap(), answer, "{file}");
    }
}
