//! The install report on a terminal, as JSON, and in one line.

use super::one_line::one_line;
use super::prose::count;
use crate::model::config::CONFIGURATION_PATH;
use crate::model::{Found, InstallReport, PathReport, PathSource, RuleGap, StoppedPull};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The version of the JSON object. What is added later leaves it as it is.
const SCHEMA_VERSION: u32 = 1;

/// Longer texts are cut: names that GitHub takes are shorter.
const LINE_MAX: usize = 600;

impl InstallReport {
    /// The page of one of the repository's pull requests.
    pub fn pull_url(&self, pull: &StoppedPull) -> String {
        format!("{}/pull/{}", self.html_url, pull.number)
    }

    /// What was found, in a line of plain words.
    pub fn in_one_line(&self) -> String {
        match &self.found {
            Found::Archived => "It is archived; nothing moves there.".to_owned(),
            Found::Empty => "It is empty.".to_owned(),
            Found::NoEnvironments => "It has no branches of environments; it costs nothing.".to_owned(),
            Found::InvalidConfiguration { place, problem } => {
                format!("{place} cannot be used: {problem}")
            }
            Found::Path(path) => format!("{}. {}.", path.path, path.verdicts_in_words()),
        }
    }
}

impl PathReport {
    /// What became of the pull requests, in a sentence without its end.
    pub fn verdicts_in_words(&self) -> String {
        match (self.judged, self.stopped.len()) {
            (0, _) => "No pull request was merged into it that could be checked again".to_owned(),
            (1, 0) => "The last pull request that was merged into it would have passed".to_owned(),
            (judged, 0) => {
                format!("The last {judged} pull requests that were merged into it would have passed")
            }
            (judged, stopped) => format!(
                "Of the last {} merged into it, {stopped} would have been stopped",
                count(judged, "pull request")
            ),
        }
    }

    /// What is said of those that could not be checked again; `None` where all could.
    pub fn unknown_in_words(&self) -> Option<String> {
        match self.unknown {
            0 => None,
            1 => Some(
                "One more could not be checked again: its commits are gone, or git could not tell."
                    .to_owned(),
            ),
            more => Some(format!(
                "{more} more could not be checked again: their commits are gone, or git could not tell."
            )),
        }
    }

    /// Where the path is from, in words.
    pub fn source_in_words(&self) -> String {
        match &self.source {
            PathSource::BuiltIn => "the built-in path".to_owned(),
            PathSource::File(place) => format!("as {place} has it"),
            PathSource::Guessed => "by the names of branches, and by who merges into whom".to_owned(),
        }
    }

    /// What is to be done about a configuration, in a sentence without its end.
    pub fn configuration_in_words(&self) -> String {
        match (&self.source, &self.configuration) {
            (_, Some(_)) => {
                format!("The smallest configuration that fits, to be committed as {CONFIGURATION_PATH}")
            }
            (PathSource::File(place), None) => format!("{place} is its configuration"),
            (_, None) => "It needs no configuration: the built-in path fits".to_owned(),
        }
    }
}

/// The report for a terminal.
pub fn install_report_on_terminal(report: &InstallReport) -> String {
    let mut text = format!("{}\n", one_line(&report.repository, LINE_MAX));
    let Found::Path(path) = &report.found else {
        // Writing into a text does not fail.
        let _ = writeln!(text, "  {}", one_line(&report.in_one_line(), LINE_MAX));
        return text;
    };
    let _ = writeln!(text, "  {}", one_line(&path.path, LINE_MAX));
    let _ = writeln!(text, "  ({})", one_line(&path.source_in_words(), LINE_MAX));
    text += &pulls(report, path);
    text += &rules(path);
    let end = if path.configuration.is_some() { ":" } else { "." };
    let _ = writeln!(text, "\n{}{end}", one_line(&path.configuration_in_words(), LINE_MAX));
    if let Some(configuration) = &path.configuration {
        text.push('\n');
        for line in configuration.lines() {
            let _ = writeln!(text, "    {}", one_line(line, LINE_MAX));
        }
    }
    text
}

fn pulls(report: &InstallReport, path: &PathReport) -> String {
    let mut text = format!("\n{}", path.verdicts_in_words());
    let by_code = path.stopped_by_code();
    if by_code.is_empty() {
        text.push_str(".\n");
    } else {
        let counts: Vec<_> = by_code.iter().map(|(code, count)| format!("{code} {count}×")).collect();
        let _ = writeln!(text, " ({}):", counts.join(", "));
    }
    for pull in &path.stopped {
        let (author, head) = (one_line(&pull.author, LINE_MAX), one_line(pull.head.as_str(), LINE_MAX));
        let base = one_line(pull.base.as_str(), LINE_MAX);
        let _ = writeln!(text, "  #{} by {author}: {head} → {base}", pull.number);
        for reason in &pull.reasons {
            let _ = writeln!(text, "      {} {}", reason.code, one_line(&reason.title, LINE_MAX));
        }
        let _ = writeln!(text, "      {}", one_line(&report.pull_url(pull), LINE_MAX));
    }
    if let Some(unknown) = path.unknown_in_words() {
        let _ = writeln!(text, "{unknown}");
    }
    text
}

fn rules(path: &PathReport) -> String {
    if path.rules.is_empty() {
        return "\nNothing is missing in the rules of its branches.\n".to_owned();
    }
    let mut text = "\nWhat is missing in the rules of its branches:\n".to_owned();
    let (mut about, mut told): (_, Vec<&(String, String)>) = (None, Vec::new());
    for gap in &path.rules {
        if about != Some(&gap.about) {
            let _ = writeln!(text, "  {}", one_line(&gap.about, LINE_MAX));
            about = Some(&gap.about);
        }
        let _ = writeln!(text, "    {:7} {}", state(gap), one_line(&gap.found, LINE_MAX));
        if !gap.effect.is_empty() {
            let _ = writeln!(text, "            {}", one_line(&gap.effect, LINE_MAX));
        }
        let Some(repair) = &gap.repair else { continue };
        if told.contains(&repair) {
            let _ = writeln!(text, "            the same repair as above");
            continue;
        }
        told.push(repair);
        let (kind, words) = repair;
        // A command is to be pasted whole; its quoting has made it safe to be shown.
        let words = if kind == "run" { words.into() } else { one_line(words, LINE_MAX) };
        let _ = writeln!(text, "            {kind}: {words}");
    }
    text
}

fn state(gap: &RuleGap) -> &'static str {
    if gap.is_fault { "fault" } else { "unknown" }
}

/// The report as the object that programs rely on.
pub fn install_report_as_json(report: &InstallReport) -> Value {
    let mut object = json!({
        "schema_version": SCHEMA_VERSION,
        "repository": report.repository,
        "made_at": report.made_at.0 / 1_000,
        "found": match &report.found {
            Found::Archived => "archived",
            Found::Empty => "empty",
            Found::NoEnvironments => "no-environments",
            Found::InvalidConfiguration { .. } => "invalid-configuration",
            Found::Path(_) => "path",
        },
        "summary": report.in_one_line(),
    });
    let Found::Path(path) = &report.found else { return object };
    let (source, file) = match &path.source {
        PathSource::BuiltIn => ("built-in", None),
        PathSource::File(place) => ("file", Some(place)),
        PathSource::Guessed => ("guessed", None),
    };
    let by_code: serde_json::Map<String, Value> =
        path.stopped_by_code().into_iter().map(|(code, count)| (code.to_owned(), count.into())).collect();
    object["path"] = json!({ "text": path.path, "source": source, "file": file });
    object["pull_requests"] = json!({
        "judged": path.judged,
        "unknown": path.unknown,
        "stopped": path.stopped.iter().map(|it| stopped(report, it)).collect::<Vec<_>>(),
        "stopped_by_code": by_code,
    });
    object["rules"] = path.rules.iter().map(gap).collect();
    object["configuration"] = json!(path.configuration);
    object
}

fn stopped(report: &InstallReport, pull: &StoppedPull) -> Value {
    let reasons = pull.reasons.iter().map(|it| json!({ "code": it.code, "title": it.title }));
    json!({
        "number": pull.number,
        "url": report.pull_url(pull),
        "author": pull.author,
        "head": pull.head,
        "base": pull.base,
        "merged_at": pull.merged_at,
        "reasons": reasons.collect::<Vec<_>>(),
    })
}

fn gap(gap: &RuleGap) -> Value {
    json!({
        "code": gap.code,
        "about": gap.about,
        "state": state(gap),
        "found": gap.found,
        "effect": gap.effect,
        "repair": gap.repair.as_ref().map(|(kind, text)| json!({ "kind": kind, "text": text })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PullNumber, StopReason, UnixMillis, UnixSeconds};
    use insta::assert_snapshot;

    fn report(found: Found) -> InstallReport {
        InstallReport {
            repository: "acme/store".to_owned(),
            html_url: "https://github.com/acme/store".to_owned(),
            default_branch: "main".to_owned(),
            made_at: UnixMillis(1_700_000_000_000),
            found,
            proposed: None,
        }
    }

    fn path() -> PathReport {
        let reason = |code: &str, title: &str| StopReason { code: code.to_owned(), title: title.to_owned() };
        let pull = |number, head: &str, reasons| StoppedPull {
            number: PullNumber(number),
            author: "ana".to_owned(),
            head: head.parse().unwrap(),
            base: "uat".parse().unwrap(),
            merged_at: UnixSeconds(1_700_000_000),
            reasons,
        };
        let gap = |code: &str, is_fault, found: &str, repair: Option<(&str, &str)>| RuleGap {
            code: code.to_owned(),
            about: "acme/store: uat".to_owned(),
            is_fault,
            found: found.to_owned(),
            effect: if is_fault { "it follows".to_owned() } else { String::new() },
            repair: repair.map(|(kind, text)| (kind.to_owned(), text.to_owned())),
        };
        let run = Some(("run", "gh api --method POST /repos/acme/store/rulesets"));
        PathReport {
            source: PathSource::Guessed,
            path: "develop → uat, no copy branch".to_owned(),
            judged: 12,
            unknown: 2,
            stopped: vec![
                pull(9, "feature/\u{202e}x", vec![reason("TP102", "Skips develop")]),
                pull(7, "fix/y", vec![reason("TP102", "Skips develop"), reason("TP201", "Carries\nmain")]),
            ],
            rules: vec![
                gap("required-check", true, "the check \"towpath: uat\" is not required", run),
                gap("deletion", true, "whoever may write can delete it", run),
                gap("forced-pushes", false, "GitHub does not tell", None),
            ],
            configuration: Some("version: 1\nenvironments:\n  - name: develop\n".to_owned()),
        }
    }

    #[test]
    fn a_repository_without_a_path_is_one_line() {
        let invalid = Found::InvalidConfiguration {
            place: ".github/towpath.yml".to_owned(),
            problem: "2:1 there is no key \"x\" here; remove it".to_owned(),
        };
        let lines = [Found::Archived, Found::Empty, Found::NoEnvironments, invalid]
            .map(|found| install_report_on_terminal(&report(found)));
        assert_snapshot!(lines.join(""), @r#"
        acme/store
          It is archived; nothing moves there.
        acme/store
          It is empty.
        acme/store
          It has no branches of environments; it costs nothing.
        acme/store
          .github/towpath.yml cannot be used: 2:1 there is no key "x" here; remove it
        "#);
        let json = install_report_as_json(&report(Found::NoEnvironments));
        assert_eq!((&json["found"], &json["path"]), (&json!("no-environments"), &Value::Null));
    }

    #[test]
    fn a_path_is_told_with_what_it_would_have_stopped_and_what_is_missing() {
        assert_snapshot!(install_report_on_terminal(&report(Found::Path(Box::new(path())))), @r#"
        acme/store
          develop → uat, no copy branch
          (by the names of branches, and by who merges into whom)

        Of the last 12 pull requests merged into it, 2 would have been stopped (TP102 2×, TP201 1×):
          #9 by ana: feature/\u{202e}x → uat
              TP102 Skips develop
              https://github.com/acme/store/pull/9
          #7 by ana: fix/y → uat
              TP102 Skips develop
              TP201 Carries\nmain
              https://github.com/acme/store/pull/7
        2 more could not be checked again: their commits are gone, or git could not tell.

        What is missing in the rules of its branches:
          acme/store: uat
            fault   the check "towpath: uat" is not required
                    it follows
                    run: gh api --method POST /repos/acme/store/rulesets
            fault   whoever may write can delete it
                    it follows
                    the same repair as above
            unknown GitHub does not tell

        The smallest configuration that fits, to be committed as .github/towpath.yml:

            version: 1
            environments:
              - name: develop
        "#);
        let sound = PathReport {
            source: PathSource::BuiltIn,
            unknown: 0,
            stopped: Vec::new(),
            rules: Vec::new(),
            configuration: None,
            ..path()
        };
        assert_snapshot!(install_report_on_terminal(&report(Found::Path(Box::new(sound)))), @r"
        acme/store
          develop → uat, no copy branch
          (the built-in path)

        The last 12 pull requests that were merged into it would have passed.

        Nothing is missing in the rules of its branches.

        It needs no configuration: the built-in path fits.
        ");
    }

    #[test]
    fn programs_are_told_the_same() {
        let json = install_report_as_json(&report(Found::Path(Box::new(path()))));
        assert_eq!(
            json["path"],
            json!({ "text": "develop → uat, no copy branch", "source": "guessed", "file": null })
        );
        let pulls = &json["pull_requests"];
        assert_eq!(pulls["stopped_by_code"], json!({ "TP102": 2, "TP201": 1 }));
        assert_eq!(pulls["stopped"][1]["url"], "https://github.com/acme/store/pull/7");
        assert_eq!((&pulls["judged"], &pulls["unknown"]), (&json!(12), &json!(2)));
        assert_eq!(json["rules"][2]["state"], "unknown");
        assert_eq!((&json["made_at"], &json["schema_version"]), (&json!(1_700_000_000), &json!(1)));
    }

    #[test]
    fn one_pull_request_is_told_as_one() {
        let words = |judged, stopped: usize| {
            let all = path().stopped;
            PathReport { judged, stopped: all.into_iter().take(stopped).collect(), ..path() }
                .verdicts_in_words()
        };
        assert_eq!(words(0, 0), "No pull request was merged into it that could be checked again");
        assert_eq!(words(1, 0), "The last pull request that was merged into it would have passed");
        assert_eq!(words(3, 0), "The last 3 pull requests that were merged into it would have passed");
        assert_eq!(words(1, 1), "Of the last 1 pull request merged into it, 1 would have been stopped");
    }
}
