//! Broken files as people leave them, and the mistake that is named first: the cause, and not what follows from it.

use super::super::{Configuration, RepositoryConfig};
use crate::model::{Cause, PromotionPath};
use std::fmt::Write as _;
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
    (
        "keys of an item in the first column",
        "environments:\n- name: a\naccepts: [topics]",
        "4:1 there is no key \"accepts\" here | accepts belongs into an item of environments: indent it like the keys there",
    ),
    (
        "a key below nothing",
        "environments:\n  - name: a\n    accepts: [topics]\n  - name: b\n    accepts: [a]\n    requires:\n    tested: true",
        "8:5 there is no key \"tested\" in an item of environments | tested belongs into requires: indent it like the keys there",
    ),
    (
        "a key of the top level inside",
        "environments:\n  - name: a\n    accepts: [topics]\n    copy: none",
        "5:5 there is no key \"copy\" in an item of environments | copy belongs at the top level: begin it in the first column",
    ),
    (
        "a key that is indented too far",
        "environments:\n  - name: a\n      accepts: [topics]",
        "4:7 the line is indented further than the one before it, which has a value already | keys and dashes of one level begin in one column; look at the line before too",
    ),
    (
        "the whole rest is indented",
        "  comment: never",
        "2:3 the line is indented further than the one before it, which has a value already | keys and dashes of one level begin in one column; look at the line before too",
    ),
    (
        "a key that is indented too little",
        "environments:\n  - name: a\n   accepts: [topics]",
        "4:4 the line does not line up with those before it | keys and dashes of one level begin in one column; look at the line before too",
    ),
    (
        "a tab",
        "environments:\n  - name: a\n\taccepts: [topics]",
        "4:1 the line is indented with a tab | YAML takes only spaces there; put two spaces in place of each tab",
    ),
    (
        "spaces from a web page",
        "environments:\n  - name: a\n\u{a0}\u{a0}\u{a0} accepts: [topics]",
        "4:1 the line is indented with signs that only look like spaces | type the spaces anew; texts copied from a web page have such signs",
    ),
    (
        "a map in place of a list",
        "environments:\n  integration:\n    accepts: [topics]\n  staging:\n    accepts: [integration]",
        "3:3 environments is a list, not keys with values | write a list, each item with its name: - name: integration",
    ),
    (
        "a list in place of a map",
        "rules:\n  - TP201: warn",
        "3:3 rules is keys with values, not a list | write keys with values below it, such as TP101",
    ),
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
    (
        "a loop",
        "environments:\n  - name: a\n    accepts: [b]\n  - name: b\n    accepts: [a]",
        "6:15 the environments form a loop: a → b → a | a change has to travel one way; take one of these steps out of accepts",
    ),
    (
        "a missing dash",
        "environments:\n  - name: a\n    accepts: [topics]\n    name: b\n    accepts: [a]",
        "5:5 the key \"name\" is written twice | begin another item with a dash: - name: …; the first is on line 3",
    ),
    (
        "no space behind the colon",
        "comment:never",
        "2:1 a key is not followed by a colon and a space | write name: value",
    ),
    (
        "no colon at all",
        "environments\n  - name: a",
        "2:1 a key is not followed by a colon and a space | write name: value",
    ),
    (
        "two colons",
        "comment: on: failure",
        "2:12 a second colon is on this line | a text that holds a colon goes in quotes; another key goes on a line of its own",
    ),
    (
        "a bracket that is not closed",
        "copy: { branch: master, of: production\nrules: { TP201: warn }",
        "2:7 a bracket is opened here and not closed before line 3 | close it with ] or }, or put a comma between its items",
    ),
    (
        "a list that is not closed",
        "environments:\n  - name: a\n    accepts: [topics\n  - name: b",
        "4:14 a bracket is opened here and not closed before line 5 | close it with ] or }, or put a comma between its items",
    ),
    (
        "a quote that is not closed",
        "environments:\n  - name: \"a\n    accepts: [topics]",
        "3:11 a quote is opened here and never closed | close it on the same line",
    ),
    (
        "a pattern without quotes",
        "ignore_paths: [*.md]",
        "2:16 the alias *.md is not taken | anchors and aliases are not taken, write it out; a text goes in quotes: \"*.md\"",
    ),
    (
        "a level that there is not",
        "rules:\n  TP201: warning",
        "3:10 TP201 cannot be \"warning\" | write enforce, warn, observe or off",
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
        "5:23 driver cannot be \"action\" | did you mean actions? Good are none, deployment, actions, webhook or commerce-cloud",
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
            writeln!(faults, "{what}:\n  want {want}\n  said {said}\n  all  {problems:?}").unwrap();
        }
        // What blocks on the default branch names the same place and the same mistake.
        let read = RepositoryConfig::of_file("the file", &text, None, &Arc::new(PromotionPath::pro()));
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
