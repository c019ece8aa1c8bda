use std::time::Duration;

use super::*;
use crate::commands::grammar::{Dialect, Invocation, parse};
use crate::commands::{CommandError, ErrorKind};
use crate::model::{Code, PromotionPath, PullNumber, UnixSeconds};
use insta::assert_snapshot;
use proptest::prelude::*;

const WHERE: Spec = Spec {
    name: "where",
    summary: "says what runs where",
    example: "production",
    kind: Kind::Read,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::SUBJECT.optional()],
    flags: &[],
    right: DefaultRight::READ,
    unchanged: "nothing was changed",
};

const PROMOTE: Spec = Spec {
    name: "promote",
    summary: "opens or updates the promotion into ENV",
    example: "staging --merge",
    kind: Kind::Act,
    works_on: WorksOn::PullRequests,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[Flag::FROM, Flag::MERGE, Flag::HEAD],
    right: DefaultRight::WRITE_BELOW_PRODUCTION,
    unchanged: "nothing was changed",
};

const ROLLBACK: Spec = Spec {
    name: "rollback",
    summary: "brings ENV back to what ran before, or to a commit or a release",
    example: "production #12 --reason \"the shop is slow\"",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT, Parameter::REVISION.optional()],
    flags: &[Flag::REASON.required(), Flag::UNTIL],
    right: DefaultRight::MAINTAIN,
    unchanged: "nothing was changed",
};

const OVERRIDE: Spec = Spec {
    name: "override",
    summary: "sets one finding aside",
    example: "TP304 --reason \"the vendor's patch\"",
    kind: Kind::Act,
    works_on: WorksOn::PullRequests,
    parameters: &[Parameter::CODE],
    flags: &[Flag::REASON, Flag::UNTIL, Flag::CONFIRM],
    right: DefaultRight::MAINTAIN,
    unchanged: "nothing was changed",
};

const SPECS: [Spec; 4] = [WHERE, PROMOTE, ROLLBACK, OVERRIDE];

fn invocation(line: &str) -> Invocation {
    let names = SPECS.map(|spec| spec.name);
    let dialect = Dialect { prefix: "", handle: "towpath", names: &names, free_text: &[] };
    parse(line, &dialect).remove(0).unwrap()
}

fn bound(line: &str) -> Result<Arguments, CommandError> {
    let invocation = invocation(line);
    let spec = SPECS.into_iter().find(|spec| spec.name == invocation.name).unwrap();
    bind(&spec, &invocation, "")
}

fn refused(line: &str) -> String {
    bound(line).unwrap_err().to_string()
}

#[test]
fn arguments_have_their_types() {
    let path = PromotionPath::pro();
    let given = bound("/promote Staging --from integration --merge --head=0123ABC").unwrap();
    assert_eq!(given.environment(&path).unwrap().name, "staging");
    assert_eq!(given.from(&path).unwrap().unwrap().name, "integration");
    assert!(given.has(&Flag::MERGE) && !given.has(&Flag::FORCE));
    let head = given.head().unwrap();
    assert_eq!(head.as_str(), "0123abc");
    let commit = "0123abc456789012345678901234567890123456";
    assert!(
        head.is_of(commit.parse().unwrap()) && !head.is_of(commit.replace("abc", "abd").parse().unwrap())
    );
    assert_eq!(head.whole(), None);
    assert_eq!((given.reason(), given.until()), (None, None));

    let given = bound("/rollback 'production' #12 --until 2h --reason \" it's <slow> @all \"").unwrap();
    assert_eq!(given.environment(&path).unwrap().name, "production");
    assert_eq!(given.revision(), Some(&Revision::Pull(PullNumber(12))));
    assert_eq!(given.reason(), Some("it's <slow> @all"));
    assert_eq!(given.until(), Some(Until::After(Duration::from_secs(7_200))));
    assert_eq!(given.value("until"), Some(&Value::Until(Until::After(Duration::from_secs(7_200)))));

    assert_eq!(bound("/override tp201 --confirm").unwrap().code(), Some(Code::CarriesHistory));
    assert_eq!(bound("/where").unwrap().subject(&path), Ok(None));
}

#[test]
fn what_a_question_is_about_depends_on_the_path() {
    let mut path = PromotionPath::pro();
    let subject = |line: &str, path: &PromotionPath| match bound(line).unwrap().subject(path) {
        Ok(Some(Subject::Environment(environment))) => format!("environment {}", environment.name),
        Ok(Some(Subject::Copy(copy))) => format!("copy branch {}", copy.branch),
        Ok(Some(Subject::Revision(revision))) => format!("{revision:?}"),
        Ok(None) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    };
    assert_eq!(subject("/where STAGING", &path), "environment staging");
    assert_eq!(subject("/where master", &path), "copy branch master");
    assert_eq!(subject("/where #7", &path), "Pull(PullNumber(7))");
    assert_eq!(subject("/where deadbeef", &path), "Commit(CommitPrefix(\"deadbeef\"))");
    assert_eq!(
        subject("/where stagin", &path),
        "1:8: there is no environment \"stagin\"; did you mean `staging`?"
    );
    assert_eq!(
        subject("/where beef", &path),
        "1:8: there is no environment \"beef\"; name one of these: `integration`, `staging`, `production`"
    );
    path.environments[1].name = "deadbeef".to_owned();
    assert_eq!(subject("/where deadbeef", &path), "environment deadbeef");
}

#[test]
fn environments_are_never_guessed() {
    let mut path = PromotionPath::pro();
    path.environments[1].name = "North America/staging".to_owned();
    let told = |line: &str| bound(line).unwrap().environment(&path).unwrap_err().to_string();
    assert_eq!(
        told("/promote prodution"),
        "1:10: there is no environment \"prodution\"; did you mean `production`?"
    );
    assert_eq!(
        told("/promote 'North America staging'"),
        "1:10: there is no environment \"North America staging\"; did you mean `'North America/staging'`?"
    );
    let given = bound("/promote \"north america/staging\"").unwrap();
    assert_eq!(given.environment(&path).unwrap().name, "North America/staging");
    assert_eq!(
        bound("/where").unwrap().environment(&path).unwrap_err().to_string(),
        "1:1: ENV is missing; name one: `integration`, `'North America/staging'`, `production`"
    );
}

#[test]
fn times_are_read_as_the_configuration_has_them_or_as_moments() {
    let until = |text: &str| bound(&format!("/rollback a --reason x --until {text}")).ok()?.until();
    let moment = UnixSeconds(1_797_786_000);
    assert_eq!(until("30m"), Some(Until::After(Duration::from_secs(1_800))));
    assert_eq!(until("3d"), Some(Until::After(Duration::from_secs(259_200))));
    for text in ["2026-12-20T18:00:00+01:00", "2026-12-20T18:00+01:00", "2026-12-20T17:00Z"] {
        assert_eq!(until(text), Some(Until::At(moment)), "{text}");
    }
    for text in
        ["0m", "1w", "12345h", "h", "-1h", "+1h", "2026-12-32", "2026-12-20T18:00", "2026-02-30T18:00Z", "é"]
    {
        assert_eq!(until(text), None, "{text}");
    }
    // By which clocks, the project says.
    for (text, shown) in [("2026-12-20", "2026-12-20 00:00"), ("'2026-12-20 18:00'", "2026-12-20 18:00")] {
        let Some(Until::Local(local)) = until(text) else { panic!("{text}") };
        assert_eq!(local.as_str(), shown);
    }
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let long = "x".repeat(10_000);
    let told: Vec<_> = [
        "/promote",
        "/promote --merge",
        "/promote a b",
        "/promote a --merg",
        "/promote a --zzz",
        "/promote a --merge --merge",
        "/promote a --merge=yes",
        "/promote a --from --merge",
        "/promote a --head 12345",
        "/promote a --head=0123456789012345678901234567890123456789a",
        "/rollback production",
        "/rollback production #0 --reason x",
        "/rollback production --reason the shop is slow",
        "/rollback production --reason the shop --until 2h",
        "/rollback production --reason undo #12",
        "/rollback production --reason ''",
        "/rollback production --reason='…'",
        "/rollback production --reason=\"a\tb\"",
        "/rollback production --reason x --until tomorrow",
        &format!("/rollback production --reason {long}"),
        &format!("/rollback production --reason x {}", "y ".repeat(5_000)),
        &format!("/promote {long} {long}"),
        "/rollback ''",
        "/override",
        "/override TP210",
        "/override everything",
        "/where staging production",
    ]
    .into_iter()
    .map(refused)
    .collect();
    assert_snapshot!(told.join("\n"), @r##"
    1:1: ENV is missing; write `/promote ENV [--from ENV] [--merge] [--head SHA]`
    1:1: ENV is missing; write `/promote ENV [--from ENV] [--merge] [--head SHA]`
    1:12: `/promote` takes no more values, and "b" is one; write `/promote ENV [--from ENV] [--merge] [--head SHA]`
    1:12: `/promote` has no flag "--merg"; did you mean `--merge`?
    1:12: `/promote` has no flag "--zzz"; write `/promote ENV [--from ENV] [--merge] [--head SHA]`
    1:20: --merge is there twice; keep one of them
    1:12: --merge takes no value, and "yes" is one; write `--merge` alone
    1:12: --from has no value; write `--from ENV`
    1:19: --head cannot be "12345"; write 7 to 40 digits of a commit
    1:12: --head cannot be "0123456789012345678901234567890123456789a"; write 7 to 40 digits of a commit
    1:1: --reason is missing; write `/rollback ENV [SHA|#N] --reason TEXT [--until TIME]`
    1:22: SHA|#N cannot be "#0"; write 7 to 40 digits of a commit, or a pull request as `#12`
    1:35: "shop" stands behind the text of --reason; write `--reason 'the shop is slow'`; a value of `/rollback` goes before `--reason`
    1:35: "shop" stands behind the text of --reason; write `--reason 'the shop'`; a value of `/rollback` goes before `--reason`
    1:36: "#12" stands behind the text of --reason; write `--reason 'undo #12'`; a value of `/rollback` goes before `--reason`
    1:31: --reason says nothing; say in a few words why
    1:22: --reason says nothing; say in a few words why
    1:22: --reason holds a control character; write plain text on one line
    1:41: --until cannot be "tomorrow"; write a time from now on, such as `30m`, `2h` or `3d`, or a moment, such as `2026-12-20 18:00` by the project's clocks or `2026-12-20T18:00Z`
    1:31: --reason has 10000 characters, and at most 200 are taken; shorten it; the details can be in the comment
    1:33: "y" stands behind the text of --reason; write `--reason "…"`; a value of `/rollback` goes before `--reason`
    1:10011: `/promote` takes no more values, and "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is one; write `/promote ENV [--from ENV] [--merge] [--head SHA]`
    1:11: ENV is empty; write a name, or leave the quotation marks out
    1:1: CODE is missing; write `/override CODE [--reason TEXT] [--until TIME] [--confirm]`
    1:11: CODE cannot be "TP210"; did you mean `TP110`?
    1:11: CODE cannot be "everything"; write a finding's code, such as `TP201`
    1:16: `/where` takes no more values, and "production" is one; write `/where [ENV|SHA|#N]`
    "##);
}

#[test]
fn a_reason_is_one_line_of_plain_text() {
    let reason =
        |text: &str| bound(&format!("/rollback a --reason={text}")).map(|it| it.reason().unwrap().to_owned());
    for harmless in ["<b>**x**</b>", "@all", "[a](b)", "'<!--x-->'", "`x`", "é", "\u{202e}x"] {
        assert_eq!(reason(harmless), Ok(harmless.trim_matches('\'').to_owned()));
    }
    assert_eq!(reason(&"é".repeat(200)), Ok("é".repeat(200)));
    let too_long = reason(&"é".repeat(201)).unwrap_err();
    assert_eq!((too_long.kind, too_long.place.column), (ErrorKind::InvalidValue, 13));
    for silent in ["''", "<!--x-->", "'  '", "'-'", "'\u{200b}'"] {
        assert!(reason(silent).is_err(), "{silent}");
    }
}

#[test]
fn the_document_is_made_of_what_commands_say() {
    let text = docs(&SPECS);
    let (_, tables) = text.split_once("## All commands").unwrap();
    assert_snapshot!(tables.trim(), @r##"
    | command | what it does | where | who, unless the configuration says otherwise |
    |---|---|---|---|
    | [`/where`](#where) | says what runs where | pull requests; issues if you name what you mean | read |
    | [`/promote`](#promote) | opens or updates the promotion into ENV | pull requests | write; maintain on production |
    | [`/rollback`](#rollback) | brings ENV back to what ran before, or to a commit or a release | pull requests; issues if you name what you mean | maintain |
    | [`/override`](#override) | sets one finding aside | pull requests | maintain |

    ## where

    ```
    /where [ENV|SHA|#N]
    ```

    It says what runs where. It changes nothing. For example:

    ```
    /where production
    ```

    ## promote

    ```
    /promote ENV [--from ENV] [--merge] [--head SHA]
    ```

    It opens or updates the promotion into ENV. For example:

    ```
    /promote staging --merge
    ```

    | flag | |
    |---|---|
    | `--from ENV` | where it comes from, if ENV accepts several |
    | `--merge` | merge it as well |
    | `--head SHA` | only if the head of the pull request is still this commit |

    ## rollback

    ```
    /rollback ENV [SHA|#N] --reason TEXT [--until TIME]
    ```

    It brings ENV back to what ran before, or to a commit or a release. For example:

    ```
    /rollback production #12 --reason "the shop is slow"
    ```

    | flag | |
    |---|---|
    | `--reason TEXT` | why, for everybody to read (required) |
    | `--until TIME` | when it ends by itself |

    ## override

    ```
    /override CODE [--reason TEXT] [--until TIME] [--confirm]
    ```

    It sets one finding aside. For example:

    ```
    /override TP304 --reason "the vendor's patch"
    ```

    | flag | |
    |---|---|
    | `--reason TEXT` | why, for everybody to read |
    | `--until TIME` | when it ends by itself |
    | `--confirm` | confirm what somebody else has asked for |
    "##);
}

#[test]
fn every_example_is_a_command_of_its_own() {
    for spec in SPECS {
        bind(&spec, &invocation(&spec.example("")), "").unwrap();
        assert!(docs(&[spec]).contains(&spec.usage("")));
    }
    assert_eq!(ROLLBACK.usage("tp-"), "/tp-rollback ENV [SHA|#N] --reason TEXT [--until TIME]");
    assert_eq!(WHERE.usage(""), "/where [ENV|SHA|#N]");
}

proptest! {
    #[test]
    fn any_arguments_are_taken_or_told(
        name in prop::sample::select(SPECS.map(|spec| spec.name).to_vec()),
        words in prop::collection::vec(
            prop_oneof![
                Just("--reason".to_owned()),
                Just("--head=0123abc".to_owned()),
                Just("--until".to_owned()),
                Just("2h".to_owned()),
                Just("#1".to_owned()),
                Just("TP201".to_owned()),
                "[a-f0-9#]{1,12}",
                "-{0,3}[!-~é\u{200b}]{0,12}".prop_filter("quotes are the grammar's affair", |it| !it.contains(['\'', '"'])),
            ],
            0..6,
        ),
    ) {
        let words: Vec<_> = words.into_iter().filter(|word| word != "--" && !word.starts_with("--=")).collect();
        match bound(&format!("/{name} {}", words.join(" "))) {
            Ok(given) => {
                let path = PromotionPath::pro();
                prop_assert!(given.reason().is_none_or(|it| it.chars().count() <= 200));
                let _ = (given.environment(&path), given.from(&path), given.subject(&path));
            }
            Err(error) => {
                for words in [&error.message, &error.hint] {
                    prop_assert!(!words.is_empty() && !words.contains(char::is_control), "{:?}", words);
                    prop_assert!(words.chars().count() < 270, "{:?}", words);
                }
            }
        }
    }
}
