//! The text of the pull request that proposes the configuration of an install report.

use super::limits::{BODY, RESERVE, fit};
use super::markdown::{block, code, code_in_table, folded};
use crate::model::config::CONFIGURATION_PATH;
use crate::model::{InstallReport, PathReport, RuleGap, StoppedPull};

/// Its title, and that of its commit.
pub const PROPOSAL_TITLE: &str = "Tell Towpath the path of this repository";

/// Its text: the file, and the report that it follows from.
pub fn proposal(report: &InstallReport, path: &PathReport, file: &str) -> String {
    let what = format!(
        "This adds `{CONFIGURATION_PATH}`. Once it is on {}, every pull request into these branches gets a check on \
         whether it comes by the path.",
        code(&report.default_branch)
    );
    let mut parts = vec![
        what,
        format!("The path, {}: {}", path.source_in_words(), code(&path.path)),
        block("yaml", file.trim_end()),
        stopped(path),
    ];
    parts.extend(path.unknown_in_words());
    if !path.rules.is_empty() {
        let lines: Vec<String> = path.rules.iter().map(gap).collect();
        let repairs = "Whoever runs Towpath gets the repairs by `towpath doctor`.";
        let heading = "What is missing in the rules of its branches";
        parts.push(folded(heading, &format!("{}\n\n{repairs}", lines.join("\n"))));
    }
    parts.push(
        "_The operator of Towpath has asked for this pull request. Close it if the path is another one._"
            .to_owned(),
    );
    fit(&parts, BODY - RESERVE)
}

fn stopped(path: &PathReport) -> String {
    let words = path.verdicts_in_words();
    if path.stopped.is_empty() {
        return format!("{words}.");
    }
    let counts: Vec<_> =
        path.stopped_by_code().iter().map(|(code, count)| format!("{code} {count}×")).collect();
    let rows: Vec<String> = path.stopped.iter().map(row).collect();
    let table = format!("| pull request | from | into | why |\n|---|---|---|---|\n{}", rows.join("\n"));
    format!("{words} ({}):\n\n{}", counts.join(", "), folded("These pull requests", &table))
}

fn row(pull: &StoppedPull) -> String {
    let reasons: Vec<_> =
        pull.reasons.iter().map(|it| format!("{} {}", it.code, code_in_table(&it.title))).collect();
    format!(
        "| #{} by {} | {} | {} | {} |",
        pull.number,
        code_in_table(&pull.author),
        code_in_table(pull.head.as_str()),
        code_in_table(pull.base.as_str()),
        reasons.join("<br>")
    )
}

fn gap(gap: &RuleGap) -> String {
    let unknown = if gap.is_fault { "" } else { "not known: " };
    let effect = if gap.effect.is_empty() { String::new() } else { format!("; {}", code(&gap.effect)) };
    format!("- {unknown}{}: {}{effect}", code(&gap.about), code(&gap.found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Found, PathSource, PullNumber, StopReason, UnixMillis, UnixSeconds};
    use insta::assert_snapshot;

    #[test]
    fn a_proposal_has_the_file_and_the_report_and_pings_nobody() {
        let reason = StopReason { code: "TP101".to_owned(), title: "Wrong base: @a|b → uat".to_owned() };
        let path = PathReport {
            source: PathSource::Guessed,
            path: "develop → uat, no copy branch".to_owned(),
            judged: 12,
            unknown: 1,
            stopped: vec![StoppedPull {
                number: PullNumber(9),
                author: "ana".to_owned(),
                head: "@a|b".parse().unwrap(),
                base: "uat".parse().unwrap(),
                merged_at: UnixSeconds(0),
                reasons: vec![reason],
            }],
            rules: vec![RuleGap {
                code: "deletion".to_owned(),
                about: "acme/store: uat".to_owned(),
                is_fault: true,
                found: "whoever may write can delete it".to_owned(),
                effect: "the environment loses its branch".to_owned(),
                repair: None,
            }],
            configuration: None,
        };
        let report = InstallReport {
            repository: "acme/store".to_owned(),
            html_url: "https://github.com/acme/store".to_owned(),
            default_branch: "main".to_owned(),
            made_at: UnixMillis(0),
            found: Found::NoEnvironments,
            proposed: None,
        };
        assert_snapshot!(proposal(&report, &path, "version: 1\n"), @r"
        This adds `.github/towpath.yml`. Once it is on `main`, every pull request into these branches gets a check on whether it comes by the path.

        The path, by the names of branches, and by who merges into whom: `develop → uat, no copy branch`

        ```yaml
        version: 1
        ```

        Of the last 12 pull requests merged into it, 1 would have been stopped (TP101 1×):

        <details><summary>These pull requests</summary>

        | pull request | from | into | why |
        |---|---|---|---|
        | #9 by `ana` | `@a\|b` | `uat` | TP101 `Wrong base: @a\|b → uat` |

        </details>

        One more could not be checked again: its commits are gone, or git could not tell.

        <details><summary>What is missing in the rules of its branches</summary>

        - `acme/store: uat`: `whoever may write can delete it`; `the environment loses its branch`

        Whoever runs Towpath gets the repairs by `towpath doctor`.

        </details>

        _The operator of Towpath has asked for this pull request. Close it if the path is another one._
        ");
    }
}
