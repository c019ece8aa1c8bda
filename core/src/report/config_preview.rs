//! The config preview, as the check `towpath: config` shows it: what a pull request would change in the configuration.

use super::check::{CheckText, Conclusion};
use super::dress::explained;
use super::limits::{BODY, RESERVE, TITLE, fit};
use super::markdown::{block, code, folded};
use super::prose::{Prose, count};
use super::stamp;
use crate::model::config::{Configuration, Place, Problem};
use crate::model::{Code, Outcome, PullNumber, UnixSeconds, Verdict};

/// What a pull request proposes.
#[derive(Debug, Clone)]
pub enum ConfigPreview {
    /// A file that cannot be used, and why not.
    Invalid(Vec<Problem>),
    /// A file that can.
    Valid {
        /// The file.
        configuration: Box<Configuration>,
        /// What would have become of others by it.
        tested: BackTest,
    },
}

/// The last merged pull requests, judged by the file that holds and by the proposed one.
#[derive(Debug, Clone, Default)]
pub struct BackTest {
    /// How many were judged by both.
    pub judged: usize,
    /// How many could not be judged again, since their commits are gone.
    pub unknown: usize,
    /// Those on which the two differ, the newest first.
    pub otherwise: Vec<ChangedVerdict>,
}

/// A merged pull request on which two configurations differ.
#[derive(Debug, Clone)]
pub struct ChangedVerdict {
    /// Its number.
    pub number: PullNumber,
    /// Its author's login.
    pub author: String,
    /// The verdict by the file that holds.
    pub now: Verdict,
    /// The verdict by the proposed file.
    pub then: Verdict,
}

/// The check on a pull request that changes the configuration, as it was read at this time.
///
/// `docs_url` is the page that explains the codes, where there is one.
pub fn config_preview(proposed: &ConfigPreview, docs_url: Option<&str>, at: UnixSeconds) -> CheckText {
    let (conclusion, title, parts) = match proposed {
        ConfigPreview::Invalid(problems) => invalid(problems, docs_url),
        ConfigPreview::Valid { configuration, tested } => valid(configuration, tested),
    };
    CheckText {
        conclusion,
        title: title.within(TITLE).plain(),
        summary: fit(&parts, BODY - RESERVE),
        text: None,
        actions: Vec::new(),
        footer: format!(
            "_Read from this pull request, {}. The configuration in force is the one on the default branch._",
            stamp::utc(at)
        ),
    }
}

fn invalid(problems: &[Problem], docs_url: Option<&str>) -> (Conclusion, Prose, Vec<String>) {
    let title = match problems.len() {
        1 => format!("Configuration invalid: {}", problems.first().map(at).unwrap_or_default()),
        many => {
            let first = problems.first().map(at).unwrap_or_default();
            format!("Configuration invalid: {many} mistakes, first {first}")
        }
    };
    let listed: Vec<String> = problems
        .iter()
        .map(|it| {
            let Place { line, column } = it.place;
            format!("- Line {line}, column {column}: {}; {}", code(&it.message), code(&it.hint))
        })
        .collect();
    let parts = vec![
        "On the default branch this file would block every pull request into an environment.".to_owned(),
        listed.join("\n"),
        "To see the same before pushing:".to_owned(),
        block("sh", "towpath config check .github/towpath.yml"),
        explained(Code::ConfigurationInvalid, docs_url),
    ];
    (Conclusion::Failure, Prose::new(&title, &[]), parts)
}

/// Where a mistake is, for a title.
fn at(problem: &Problem) -> String {
    format!("line {}, column {}", problem.place.line, problem.place.column)
}

fn valid(configuration: &Configuration, tested: &BackTest) -> (Conclusion, Prose, Vec<String>) {
    let differing = tested.otherwise.len();
    let title = match differing {
        0 => Prose::new("Valid; changes no verdict on merged pull requests", &[]),
        some => {
            Prose::new(&format!("Valid; changes {} on merged pull requests", count(some, "verdict")), &[])
        }
    };
    let mut parts = vec![format!("The path would be: {}.", code(&configuration.in_one_line()))];
    parts.push(match (tested.judged, differing) {
        (0, _) => "Towpath knows no merged pull request to try it on.".to_owned(),
        (judged, 0) => {
            format!(
                "With this change the last {judged} merged pull requests get the same verdicts as before."
            )
        }
        (judged, some) => format!(
            "With this change {some} of the last {} would have got another verdict:",
            count(judged, "merged pull request")
        ),
    });
    if differing > 0 {
        let rows: Vec<String> = tested.otherwise.iter().map(row).collect();
        parts.push(format!("| pull request | now | with this change |\n|---|---|---|\n{}", rows.join("\n")));
    }
    if tested.unknown > 0 {
        let (which, whose) = match tested.unknown {
            1 => ("One more".to_owned(), "its"),
            more => (format!("{more} more"), "their"),
        };
        parts.push(format!("{which} could not be checked again, because {whose} commits are gone."));
    }
    let notices: Vec<String> = configuration
        .notices()
        .iter()
        .map(|notice| format!("- Line {}: {}", notice.place.line, code(&notice.message)))
        .collect();
    if !notices.is_empty() {
        parts.push(format!("Worth knowing:\n\n{}", notices.join("\n")));
    }
    parts.push(folded(
        "The configuration with every default spelled out",
        &block("yaml", configuration.effective().trim_end()),
    ));
    (Conclusion::Success, title, parts)
}

fn row(it: &ChangedVerdict) -> String {
    format!(
        "| #{} by {} | {} | {} |",
        it.number,
        code(&it.author).replace('|', "\\|"),
        said(&it.now),
        said(&it.then)
    )
}

fn said(verdict: &Verdict) -> String {
    let codes: Vec<&str> = verdict
        .findings
        .iter()
        .filter(|finding| finding.severity > Outcome::Pass)
        .map(|finding| finding.cause.code().as_str())
        .collect();
    if codes.is_empty() {
        return verdict.outcome().as_str().to_owned();
    }
    format!("{} ({})", verdict.outcome().as_str(), codes.join(", "))
}
