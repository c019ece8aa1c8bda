//! Broken files as people leave them, and the mistake that is named first: the cause, and not what follows from it.

use super::super::{Configuration, RepositoryConfig};
use crate::flow::{Cause, Flow};
use std::sync::Arc;

/// What is broken, the file behind `version: 1`, and the first line that is shown.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "a misspelled key that has to be there",
        "environments:\n  - name: integration\n    acepts: [topics]",
        "4:5 there is no key \"acepts\" in an item of environments | did you mean accepts?",
    ),
    (
        "a misspelled name: key",
        "environments:\n  - nmae: a\n    accepts: [topics]\n  - name: b\n    accepts: [a]",
        "3:5 there is no key \"nmae\" in an item of environments | did you mean name?",
    ),
    (
        "a misspelled environments:",
        "enviroments:\n  - name: a\n    accepts: [topics]\ncopy: { branch: x, of: a }",
        "2:1 there is no key \"enviroments\" here | did you mean environments?",
    ),
    ("keys of an item in the first column", "environments:\n- name: a\naccepts: [topics]", ""),
    (
        "a key below nothing",
        "environments:\n  - name: a\n    accepts: [topics]\n  - name: b\n    accepts: [a]\n    requires:\n    tested: true",
        "",
    ),
    (
        "a key of the top level inside",
        "environments:\n  - name: a\n    accepts: [topics]\n    copy: none",
        "",
    ),
    ("a key that is indented too far", "environments:\n  - name: a\n      accepts: [topics]", ""),
    ("the whole rest is indented", "  comment: never", ""),
    ("a key that is indented too little", "environments:\n  - name: a\n   accepts: [topics]", ""),
    (
        "a tab",
        "environments:\n  - name: a\n\taccepts: [topics]",
        "4:1 the line is indented with a tab | YAML takes only spaces there; put two spaces in place of each tab",
    ),
    ("spaces from a web page", "environments:\n  - name: a\n\u{a0}\u{a0}\u{a0} accepts: [topics]", ""),
    (
        "a map in place of a list",
        "environments:\n  integration:\n    accepts: [topics]\n  staging:\n    accepts: [integration]",
        "",
    ),
    ("a list in place of a map", "rules:\n  - TP201: warn", "2:7 rules is a list | "),
    (
        "one word in place of a list",
        "environments:\n  - name: a\n    accepts: topics",
        "4:14 accepts is a list, not \"topics\" | write accepts: [topics]",
    ),
    (
        "a misspelled environment",
        "environments:\n  - name: integration\n    accepts: [topics]\n  - name: staging\n    accepts: [integraton]",
        "6:15 there is no environment \"integraton\" | did you mean integration?",
    ),
    (
        "a misspelled word for topics",
        "environments:\n  - name: a\n    accepts: [topic]",
        "4:15 there is no environment \"topic\" | did you mean topics?",
    ),
    ("a loop", "environments:\n  - name: a\n    accepts: [b]\n  - name: b\n    accepts: [a]", ""),
    (
        "a missing dash",
        "environments:\n  - name: a\n    accepts: [topics]\n    name: b\n    accepts: [a]",
        "",
    ),
    (
        "no space behind the colon",
        "comment:never",
        "2:1 a key is not followed by a colon and a space | write name: value",
    ),
    ("no colon at all", "environments\n  - name: a", ""),
    ("two colons", "comment: on: failure", ""),
    ("a bracket that is not closed", "copy: { branch: master, of: production\nrules: { TP201: warn }", ""),
    ("a list that is not closed", "environments:\n  - name: a\n    accepts: [topics\n  - name: b", ""),
    ("a quote that is not closed", "environments:\n  - name: \"a\n    accepts: [topics]", ""),
    ("a pattern without quotes", "ignore_paths: [*.md]", ""),
    (
        "a level that there is not",
        "rules:\n  TP201: warning",
        "3:10 TP201 cannot be \"warning\" | did you mean warn? Good are enforce, warn, observe or off",
    ),
    (
        "a code that there is not",
        "rules:\n  TP2O1: warn",
        "3:3 there is no key \"TP2O1\" in rules | did you mean TP201?",
    ),
    (
        "a merge conflict",
        "<<<<<<< HEAD\ncopy: none\n=======\ncopy: { branch: master, of: production }\n>>>>>>> other",
        "2:1 this is the mark of a merge conflict | resolve the conflict",
    ),
    (
        "a copy of a misspelled environment",
        "copy: { branch: master, of: prodction }",
        "2:29 there is no environment \"prodction\" | did you mean production?",
    ),
    (
        "a misspelled driver",
        "environments:\n  - name: a\n    accepts: [topics]\n    deploy: { driver: action, file: deploy.yml }",
        "",
    ),
    (
        "a misspelled setting of a driver",
        "environments:\n  - name: a\n    accepts: [topics]\n    deploy: { driver: actions, flie: deploy.yml }",
        "5:32 there is no key \"flie\" in deploy | did you mean file?",
    ),
];

#[test]
fn the_first_mistake_shown_is_the_cause() {
    let mut faults = String::new();
    for (what, lines, want) in BROKEN {
        let text = format!("version: 1\n{lines}\n");
        let problems = Configuration::read(&text).expect_err(what);
        let first = &problems[0];
        let said = format!("{} {} | {}", first.place, first.message, first.hint);
        if said != *want {
            faults += &format!("{what}:\n  want {want}\n  said {said}\n  all  {problems:?}\n");
        }
        // What blocks on the default branch names the same place and the same mistake.
        let read = RepositoryConfig::of_file("the file", &text, None, &Arc::new(Flow::pro()));
        let Some(Cause::ConfigurationInvalid { line, column, message, .. }) = read.invalid else {
            panic!("{what} is taken for valid")
        };
        let named = format!("{line}:{column} {message}");
        assert_eq!(named, format!("{} {}; {}", first.place, first.message, first.hint));
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn a_version_that_is_misspelled_is_not_missing() {
    let problems = Configuration::read("versoin: 1\ncomment: never\n").unwrap_err();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["1:1: there is no key \"versoin\" here; did you mean version?"]);
}
