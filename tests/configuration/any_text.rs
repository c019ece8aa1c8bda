//! Whatever is written, reading it ends soon and well.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngAlgorithm, RngSeed};
use towpath::model::config::{CONFIGURATION_BYTES_MAX, Configuration};

use crate::documented;
use crate::schema::full;

/// Time is measured where it is bounded by size: a thousandth of what reading so much would take.
#[test]
#[allow(clippy::disallowed_methods, reason = "a bound on real time is measured by the real clock")]
fn a_large_file_costs_nothing() {
    let megabyte = "rules: { TP201: off }\n".repeat(50_000);
    let begun = std::time::Instant::now();
    assert_eq!(Configuration::read(&megabyte).unwrap_err().len(), 1);
    assert_eq!(Configuration::read_bytes(megabyte.as_bytes()).unwrap_err().len(), 1);
    assert!(begun.elapsed().as_millis() < 50, "{:?}", begun.elapsed());
}

/// Files just below the largest that is taken, of what costs a reader most.
#[test]
#[allow(clippy::disallowed_methods, reason = "a bound on real time is measured by the real clock")]
fn the_worst_files_are_told_in_good_time() {
    let fill = |head: &str, part: &dyn Fn(usize) -> String| {
        let mut text = format!("version: 1\n{head}");
        for at in 0.. {
            let part = part(at);
            if text.len() + part.len() > CONFIGURATION_BYTES_MAX - 8 {
                return text;
            }
            text.push_str(&part);
        }
        text
    };
    let worst = [
        fill("", &|at| format!("enviroment{at}: 1\n")),
        fill("rules:\n", &|at| format!("  TP2{at}: wran\n")),
        fill("environments:\n", &|at| format!("  - {{ name: e{at}, accepts: [e{}] }}\n", at + 1)),
        fill("environments:\n", &|at| format!("  - {{ name: e{at}, accepts: [x{at}, y{at}, z{at}] }}\n")),
        fill("ignore_paths:\n", &|at| format!("  - '**/{{a,b}}*[!{at}]**'\n")),
        fill("a: ", &|_| "[".to_owned()),
        fill("a: ", &|_| "{a: ".to_owned()),
        fill("a: \"", &|_| "\\u0041".to_owned()),
        fill("a:", &|_| " \n".to_owned()),
        fill("? ", &|_| "? ".to_owned()),
        fill("a: |", &|_| "\n x".to_owned()),
        fill("a: ", &|at| format!("&a{at} ")),
        fill("", &|_| "\u{feff}\t:- ".to_owned()),
        fill("ignore_paths:\n", &|at| format!("  - '{at}{}'\n", "{a*,b?}*".repeat(24))),
    ];
    for text in worst {
        let begun = std::time::Instant::now();
        let problems = Configuration::read(&text).err().unwrap_or_default();
        // Far above what a build without optimisation needs, far below what would hold up a server.
        assert!(begun.elapsed().as_millis() < 2_000, "{:?} {}", begun.elapsed(), &text[..60]);
        assert!((1..=51).contains(&problems.len()));
    }
}

/// Pieces that files are made of, and that break them.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "\n",
        "  ",
        "- ",
        ": ",
        "\t",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a",
        "*a",
        "<<: *a",
        "!!map",
        "---\n",
        "...\n",
        "%YAML 9",
        "\"",
        "'",
        "|",
        ">",
        "#",
        "? ",
        "\r",
        "\0",
        "\u{feff}",
        "~",
        "null",
        "version",
        "environments",
        "é",
        "\\x",
        "9999999999999999999999",
        "topics",
        "name",
        "accepts",
        "copy",
        "none",
    ];
    prop_oneof![
        3 => prop::sample::select(known.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ]
}

fn told_well(bytes: &[u8]) -> Result<(), TestCaseError> {
    match Configuration::read_bytes(bytes) {
        Ok(read) => {
            let again = Configuration::read(&read.effective());
            prop_assert_eq!(again.map(|it| it.path().clone()), Ok(read.path().clone()));
        }
        Err(problems) => {
            prop_assert!(!problems.is_empty());
            let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 2;
            for problem in problems {
                prop_assert!(
                    problem.place.line >= 1 && problem.place.line as usize <= lines,
                    "{:?}",
                    problem
                );
                prop_assert!(problem.place.column >= 1 && problem.place.column as usize <= bytes.len() + 2);
                let one_line = |text: &str| !text.is_empty() && !text.contains(char::is_control);
                prop_assert!(one_line(&problem.message) && one_line(&problem.hint), "{:?}", problem);
                prop_assert!(problem.message.chars().count() < 400, "{:?}", problem);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_that_is_written_breaks_the_reader(pieces in prop::collection::vec(pieces(), 0..40)) {
        told_well(&pieces.concat())?;
    }

    #[test]
    fn good_files_with_something_broken_in_them_are_told_well(
        at in any::<Index>(),
        edits in prop::collection::vec((any::<Index>(), 0..6_usize, pieces()), 1..5),
    ) {
        let mut files = documented();
        files.push(full().to_string());
        let mut text = at.get(&files).clone().into_bytes();
        for (place, removed, put) in edits {
            let start = place.index(text.len() + 1);
            let end = (start + removed).min(text.len());
            text.splice(start..end, put);
        }
        told_well(&text)?;
    }
}
