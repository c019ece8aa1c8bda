mod calendar;
mod commerce;
mod first_mistake;
mod guess;
mod requires;
mod valid;

use super::*;

/// Each problem of a text: its place, what is wrong, what to do.
fn problems(text: &str) -> Vec<String> {
    let told = Configuration::read(text).expect_err(text);
    told.iter().map(|it| format!("{} {} | {}", it.place, it.message, it.hint)).collect()
}

fn holds(text: &str, expected: &[&str]) {
    let told = problems(text);
    assert_eq!(told, expected, "\n{text}");
}

/// The lines of a file behind `version: 1`; its first line is the second of the file.
fn with(lines: &str) -> String {
    format!("version: 1\n{lines}\n")
}

#[test]
fn unknown_keys_are_told_at_every_level() {
    let text = "\
versio: 1
version: 1
environments:
  - name: a
    accept: [topics]
    accepts: [topics]
    requires: { testd: true }
    deploy: { driver: actions, file: deploy.yml, timeut: 2h }
copy: { branch: master, of: a, mod: report }
rules: { TP210: warn, TPX: off }
freezes: [{ from: 2026-12-20T18:00:00Z, til: x, until: 2026-12-21T18:00:00Z, reason: Holidays }]
commands: { promte: [write] }
wholly_unknown: 1";
    holds(
        text,
        &[
            "1:1 there is no key \"versio\" here | did you mean version?",
            "5:5 there is no key \"accept\" in an item of environments | did you mean accepts?",
            "7:17 there is no key \"testd\" in requires | did you mean tested?",
            "8:50 there is no key \"timeut\" in deploy | did you mean timeout?",
            "9:32 there is no key \"mod\" in copy | did you mean mode?",
            "10:10 there is no key \"TP210\" in rules | did you mean TP110?",
            "10:23 there is no key \"TPX\" in rules | write a known one, such as TP101",
            "11:41 there is no key \"til\" in an item of freezes | write allow, days, environments, except, from, hotfixes, reason, times, timezone or until, or remove it",
            "12:13 there is no key \"promte\" in commands | did you mean promote?",
            "13:1 there is no key \"wholly_unknown\" here | write command_prefix, commands, comment, commerce, copy, environments, freezes, holidays, hotfixes, ignore_paths, overrides, preset, rules, timezone, version or windows, or remove it",
        ],
    );
}

#[test]
fn wrong_kinds_are_told_with_the_right_one() {
    let text = "\
version: \"1\"
environments:
  - name: 2024
    branch: true
    accepts: topics
    active: two
    requires: { tested: yes, signoffs: qa }
copy: true
rules: [TP201]
ignore_paths:
comment: true
freezes: {}
commands: { deploy: write }";
    holds(
        text,
        &[
            "1:10 version is a whole number, not \"1\" | write the number without quotes",
            "3:11 name is a text, not the number 2024 | put it in quotes: \"2024\"",
            "4:13 branch is a text, not true | put it in quotes: \"true\"",
            "5:14 accepts is a list, not \"topics\" | write accepts: [topics]",
            "6:13 active is a whole number, not \"two\" | write a whole number",
            "7:25 tested is true, false or if-reported, not \"yes\" | write tested: true",
            "7:40 signoffs is a list, not \"qa\" | write signoffs: [qa]",
            "8:7 copy is none or keys with values, not true | write none or keys with values; the keys are after, branch, mode, of",
            "9:8 rules is keys with values, not a list | write keys with values below it, such as TP101",
            "10:13 ignore_paths is a list, not empty | give it a value, or leave it out",
            "11:10 comment is on_failure, never or always, not true | write on_failure, never or always",
            "12:10 freezes is a list, not keys with values | write a list: freezes: []",
            "13:21 deploy is a list or keys with values, not \"write\" | write deploy: [write]",
        ],
    );
}

#[test]
fn bad_values_are_told_with_the_good_ones() {
    let text = "\
version: 2
environments:
  - name: a!b
    accepts: [topics]
    active: 0
    requires: { tested: if-report, soak: 2 hours, readiness: [Ready!] }
    deploy: { driver: jenkins }
  - name: ok
    accepts: []
copy: nothing
rules: { TP201: wran, TP202: mandatory }
comment: sometimes
freezes: [{ from: noon, until: 2026-02-30T18:00:00Z, reason: '' }]
commands: { deploy: [everyone] }";
    holds(
        text,
        &[
            "1:10 version is 1, not 2 | write version: 1",
            "3:11 name cannot be \"a!b\" | write up to 64 letters and digits without accents, with spaces and . _ - / between them",
            "5:13 active is a whole number from 1 to 1000, not 0 | write a number, for instance active: 2",
            "6:25 tested is true, false or if-reported, not \"if-report\" | did you mean if-reported?",
            "6:42 soak cannot be \"2 hours\" | write a number of minutes, hours or days, such as 30m, 2h or 1d",
            "6:63 an item of readiness cannot be \"Ready!\" | write small letters, digits, - and _, such as qa or release-notes",
            "7:23 driver cannot be \"jenkins\" | write none, deployment, actions, webhook or commerce-cloud",
            "9:14 accepts is an empty list | name at least one",
            "10:7 copy is none or keys with values, not \"nothing\" | write none or keys with values; the keys are after, branch, mode, of",
            "11:17 TP201 cannot be \"wran\" | did you mean warn? Good are enforce, warn, observe or off",
            "11:30 TP202 cannot be \"mandatory\" | write enforce, warn, observe or off",
            "12:10 comment cannot be \"sometimes\" | write on_failure, never or always",
            "13:19 from cannot be \"noon\" | write a day and a time: 2026-12-20 18:00, or with its own zone 2026-12-20T18:00:00+01:00",
            "13:62 reason cannot be \"\" | write one line of up to 200 characters",
            "14:22 an item of deploy cannot be \"everyone\" | write a role in the repository (triage, write, maintain, admin) or a team, such as team:release",
        ],
    );
}

#[test]
fn rights_prefixes_and_budgets_are_told_with_the_good_ones() {
    let text = "\
commands:
  deploy: { prodution: [write], staging: [everyone], Production: write }
  help: [write]
command_prefix: un
overrides: { second: 2, budget: 5 a month, third: true }";
    holds(
        &with(text),
        &[
            "3:13 there is no environment \"prodution\" | did you mean production?",
            "3:43 an item of staging cannot be \"everyone\" | write a role in the repository (triage, write, maintain, admin) or a team, such as team:release",
            "3:54 there is no environment \"Production\" | did you mean production?",
            "3:66 Production is a list, not \"write\" | write Production: [write]",
            "4:3 there is no key \"help\" in commands | write a known one, such as activate",
            "5:17 command_prefix cannot be \"un\" | write small letters, digits and -, with a - at the end, such as tp-",
            "6:22 second is true or false, not the number 2 | write true or false",
            "6:33 budget cannot be \"5 a month\" | write a number and a time, such as 5/month, 2/week or 1/day",
            "6:44 there is no key \"third\" in overrides | write budget or second, or remove it",
        ],
    );
}

#[test]
fn what_has_to_be_there_is_asked_for() {
    holds("comment: never", &["1:1 version is missing | write version: 1 as the first line"]);
    holds(
        &with("environments: [{ branch: a }]\ncopy: { branch: b }"),
        &[
            "2:16 accepts is missing in an item of environments | add accepts: and its value",
            "2:16 name is missing in an item of environments | add name: and its value",
            "3:7 of is missing in copy | add of: and its value",
        ],
    );
    holds(
        &with("environments: [{ name: a, accepts: [topics], deploy: { timeout: 2h } }]"),
        &["2:54 driver is missing | write driver: and none, deployment, actions, webhook or commerce-cloud"],
    );
    holds(
        &with("environments: [{ name: a, accepts: [topics], deploy: { driver: actions } }]"),
        &["2:54 file is missing in deploy | add file: and its value"],
    );
    holds(&with("environments: []"), &["2:15 environments is an empty list | name at least one"]);
}

#[test]
fn what_is_wrong_about_deployments_of_others_is_told_where_it_is() {
    let text = "\
environments:
  - { name: a, accepts: [topics], deploy: { driver: deployment, foreign: ci.yml } }
  - { name: b, accepts: [a], deploy: { driver: deployment, foreign: { workflow: ../ci.yml } } }
  - { name: c, accepts: [b], deploy: { driver: actions, file: x.yml, foreign: { flow: ci.yml } } }
  - { name: d, accepts: [c], deploy: { driver: none, foreign: true } }
copy: none";
    holds(
        &with(text),
        &[
            "3:74 foreign is true, false or keys with values, not \"ci.yml\" | write true, false or keys with values; the keys are workflow",
            "4:81 workflow cannot be \"../ci.yml\" | write the name of a file without folders that ends with .yml or .yaml",
            "5:79 workflow is missing in foreign | add workflow: and its value",
            "5:81 there is no key \"flow\" in foreign | write workflow, or remove it",
            "6:54 there is no key \"foreign\" in deploy | write driver, or remove it",
        ],
    );
}

#[test]
fn what_is_written_twice_is_told() {
    let text = "\
environments:
  - { name: a, accepts: [topics, topics] }
  - { name: A, branch: c, accepts: [a] }
  - { name: b, branch: a, accepts: [a] }
comment: never
comment: always";
    holds(
        &with(text),
        &[
            "3:34 accepts lists \"topics\" twice | keep one; the first is on line 3",
            "4:13 two environments are called \"A\" | rename one; the first is on line 3",
            "5:24 two environments are on the branch a | give each its own; the first is on line 3",
            "7:1 the key \"comment\" is written twice | keep one; the first is on line 6",
        ],
    );
}

#[test]
fn a_branch_whose_check_would_have_another_ones_name_is_refused() {
    let text = "\
environments:
  - { name: config, accepts: [topics] }
  - { name: b, branch: COPY, accepts: [config] }
  - { name: c, branch: Live, accepts: [b] }
  - { name: d, branch: live, accepts: [c] }
copy: { branch: Copy, of: d }";
    let config = "the branch \"config\" cannot be on the path: its check would have the name of another one, towpath: config";
    let copy = "cannot be on the path: its check would have the name of another one, towpath: copy";
    let rename = "rename the branch, and write its new name here";
    let alike = "are too much alike: their checks would share a name | rename one; the first is on line";
    holds(
        &with(text),
        &[
            &format!("3:13 {config} | {rename}"),
            &format!("4:24 the branch \"COPY\" {copy} | {rename}"),
            &format!("6:24 the branches \"Live\" and \"live\" {alike} 5"),
            &format!("7:17 the branch \"Copy\" {copy} | {rename}"),
            &format!("7:17 the branches \"COPY\" and \"Copy\" {alike} 4"),
        ],
    );
    holds(
        &with("copy: { branch: Staging, of: production }"),
        &[
            "2:17 the branches \"staging\" and \"Staging\" are too much alike: their checks would share a name | rename one",
        ],
    );
    // An environment may well be called so, and a branch may begin so.
    let named = "environments: [{ name: config, branch: config/live, accepts: [topics] }]";
    assert!(Configuration::read(&with(named)).is_ok());
    // What was accepted once is still known by its branches; what never was is not.
    assert_eq!(Configuration::read_kept(&with(text)).unwrap().environments.len(), 4);
    assert!(Configuration::read_kept(&with("environments: []")).is_none());
}

#[test]
fn paths_that_lead_nowhere_are_told() {
    let text = "\
environments:
  - { name: a, accepts: [topics, a, stagin] }
  - { name: staging, accepts: [Topics, elsewhere] }
copy: { branch: staging, of: stagign }";
    holds(
        &with(text),
        &[
            "3:34 a accepts itself | name the environments before it, topics or hotfixes",
            "3:37 there is no environment \"stagin\" | did you mean staging?",
            "4:32 there is no environment \"Topics\" | did you mean topics?",
            "4:40 there is no environment \"elsewhere\" | the environments are a, staging",
            "5:17 the copy branch staging is the branch of an environment too | name another branch, or write copy: none",
            "5:30 there is no environment \"stagign\" | did you mean staging?",
        ],
    );
    holds(
        &with("copy: { branch: production, of: live }"),
        &[
            "2:17 the copy branch production is the branch of an environment too | name another branch, or write copy: none",
            "2:33 there is no environment \"live\" | the environments are integration, staging, production",
        ],
    );
}

#[test]
fn loops_are_named() {
    let text = "\
environments:
  - { name: a, accepts: [c] }
  - { name: b, accepts: [a] }
  - { name: c, accepts: [b] }";
    holds(
        &with(text),
        &[
            "4:26 the environments form a loop: a → b → c → a | a change has to travel one way; take one of these steps out of accepts",
            "2:1 no environment accepts topics or hotfixes, so no change can enter the path | give the first one accepts: [topics]",
        ],
    );
    let text = "\
environments:
  - { name: a, accepts: [topics, b] }
  - { name: b, accepts: [a, c] }
  - { name: c, accepts: [b] }";
    let told = problems(&with(text)).join("\n");
    assert!(told.contains("a → b → a") && told.contains("b → c → b"), "{told}");
}

#[test]
fn a_mistake_in_one_environment_is_not_told_of_another() {
    // The second may be the one that the third accepts.
    let text = "\
environments:
  - { name: a, accepts: [topics] }
  - { nam: b, accepts: [a] }
  - { name: c, accepts: [b] }";
    let told = problems(&with(text));
    assert!(told.iter().all(|it| it.starts_with("4:")), "{told:?}");
    let text = "environments: [{ name: a, accepts: [1] }]";
    holds(&with(text), &["2:37 an item of accepts is a text, not the number 1 | put it in quotes: \"1\""]);
}

#[test]
fn names_and_patterns_are_checked() {
    let text = "\
environments:
  - { name: topics, accepts: [topics] }
  - { name: b, branch: 'b c', accepts: [topics] }
  - { name: c/, accepts: [topics] }
ignore_paths: [docs/, /docs, '!a', '', 'a\\b', '[z-a]', ../x, docs/]";
    holds(
        &with(text),
        &[
            "3:13 an environment cannot be called \"topics\": the word has a meaning of its own | give it another name; branch: can keep the branch",
            "4:24 branch name \"b c\" is not valid: it holds a space or one of ~ ^ : ? * [ \\ | name the branch as git has it, without refs/heads/",
            "5:13 branch name \"c/\" is not valid: a part between slashes is empty, starts with a dot or ends with .lock | name the branch as git has it, without refs/heads/",
            "6:23 the pattern \"/docs\" matches nothing: paths begin at the top of the repository, without a slash | repair the pattern, or remove it",
            "6:30 the pattern \"!a\" begins with !, and patterns cannot take anything back | repair the pattern, or remove it",
            "6:36 the pattern \"\" is empty; name a path, for instance docs/ | repair the pattern, or remove it",
            "6:40 the pattern \"a\\\\b\" holds a backslash; folders are separated by / | repair the pattern, or remove it",
            "6:47 the pattern \"[z-a]\" cannot be read: no character is between z and a | repair the pattern, or remove it",
            "6:56 the pattern \"../x\" matches nothing: paths hold neither ./ nor .. | repair the pattern, or remove it",
            "6:62 ignore_paths lists \"docs/\" twice | keep one; the first is on line 6",
        ],
    );
}

#[test]
fn unknown_is_never_a_pass() {
    let told = "cannot be softened: unknown is never a pass | remove the line";
    let expected = [format!("2:10 TP601 {told}"), format!("2:22 TP901 {told}")];
    assert_eq!(problems(&with("rules: { TP601: off, TP901: warn }")), expected);
}

#[test]
fn files_that_are_no_configuration_are_told_what_they_lack() {
    let empty = ["1:1 the file is empty | write version: 1, or remove the file: both mean the built-in path"];
    for text in ["", "\n\n", "# only words\n", "---\n", "~"] {
        holds(text, &empty);
    }
    let other = |what: &str| {
        format!("1:1 the file is {what}, and a configuration is keys with values | begin it with version: 1")
    };
    holds("- version: 1", &[&other("a list")]);
    holds("version 1", &[&other("\"version 1\"")]);
    holds("42", &[&other("the number 42")]);
    holds(
        "version: 1\n---\nversion: 1\n",
        &["2:1 a second document begins here | keep one document; remove the --- and what follows"],
    );
    let bytes = |bytes: &[u8]| Configuration::read_bytes(bytes).unwrap_err()[0].to_string();
    assert!(
        bytes(b"version: 1\n# M\xfcller").starts_with("2:4: the file is not UTF-8;"),
        "{}",
        bytes(b"\n# M\xfc")
    );
    assert!(bytes(&vec![b' '; CONFIGURATION_BYTES_MAX + 1]).contains("more than 65536 bytes"));
}

#[test]
fn tabs_are_told_wherever_they_indent() {
    let told =
        "the line is indented with a tab | YAML takes only spaces there; put two spaces in place of each tab";
    for (text, line) in [
        ("rules:\n\tTP201: off", 3),
        ("environments:\n\t- name: a", 3),
        ("environments:\n  - name: a\n\taccepts: [topics]", 4),
        ("environments:\n  - name: a\n  \taccepts: [topics]", 4),
    ] {
        assert_eq!(problems(&with(text)).last(), Some(&format!("{line}:1 {told}")), "{text}");
    }
}

#[test]
fn slips_in_yaml_are_told_in_plain_words() {
    let lines_up = "the line does not line up with those before it";
    for (text, expected) in [
        ("copy: \"none", "2:7 a quote is opened here and never closed"),
        ("copy: {branch: a, of: b\nrules: {}", "2:7 a bracket is opened here and not closed before line 3"),
        ("ignore_paths: [docs/, 'x'", "2:15 a bracket is opened here and never closed"),
        ("environments:\n  - name: a\n   accepts: [topics]", &format!("4:4 {lines_up}")),
        ("environments:\n- name: a\n  - name: b", &format!("4:5 {lines_up}")),
        (
            " comment: never",
            "2:2 the line is indented further than the one before it, which has a value already",
        ),
        ("comment: a: b", "2:11 a second colon is on this line"),
        ("comment:never", "2:1 a key is not followed by a colon and a space"),
        ("ignore_paths: [@x]", "2:16 a text cannot begin with @"),
        ("<<<<<<< HEAD\ncopy: none\n=======", "2:1 this is the mark of a merge conflict"),
    ] {
        let told = problems(&with(text));
        assert!(told.iter().any(|it| it.starts_with(expected)), "{told:?}\n{text}");
    }
    assert!(problems("  version: 1\ncopy: none")[0].starts_with(&format!("2:1 {lines_up}")));
}

#[test]
fn what_yaml_has_beyond_plain_data_is_refused_plainly() {
    let text = "\
environments: &all
  - name: &a !!str a
    accepts: [*nobody, topics]
    <<: *all
  - *all
copy: !copy none
rules:
  <<: { TP201: off }
  [TP202]: off";
    let written = "anchors and aliases are not taken, write it out; a text goes in quotes:";
    let merge = "the merge key << is not taken | anchors, aliases and merge keys are not taken, write it out";
    let tag = "leave the tag out; a text that looks like a number goes in quotes";
    holds(
        &with(text),
        &[
            &format!("2:15 the anchor &all is not taken | {written} \"&all\""),
            &format!("3:11 the anchor &a is not taken | {written} \"&a\""),
            &format!("3:14 the tag \"!!str\" is not taken | {tag}"),
            &format!("4:15 the alias *nobody is not taken | {written} \"*nobody\""),
            &format!("5:5 {merge}"),
            &format!("6:5 the alias *all is not taken | {written} \"*all\""),
            &format!("7:7 the tag \"!copy\" is not taken | {tag}"),
            &format!("9:3 {merge}"),
            "10:3 a key has to be a plain word | write name: value",
        ],
    );
    holds("%YAML 1.2\n---\nversion: 1\n", &["1:1 a line that begins with % is not taken | remove the line"]);
}

#[test]
fn bombs_do_not_go_off() {
    let level = |at: usize| match at {
        0 => "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned(),
        _ => format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 8].join(", ")),
    };
    let laughs = with(&(0..30).map(level).collect::<Vec<_>>().concat());
    let told = problems(&laughs);
    assert!(told[0].contains("the anchor &a0"), "{told:?}");
    assert_eq!(told.len(), PROBLEMS_MAX + 1);
    assert!(told[PROBLEMS_MAX].contains("more problems follow"), "{told:?}");

    let depth = "lies deeper than 16 levels";
    for text in
        [format!("a: {}", "[".repeat(60_000)), "- ".repeat(30_000), format!("a: {}", "{a: ".repeat(15_000))]
    {
        let told = problems(&text);
        assert!(told.iter().any(|it| it.contains(depth)), "{told:?}");
    }
    let many = format!("a: [{}]", "1,".repeat(30_000));
    assert!(problems(&many).iter().any(|it| it.contains("more than 5000 values")));
}
