//! The install reports on the set-up page.

use crate::engine::InstallReports;
use crate::model::{
    Found, InstallReport, PathReport, ProposedConfiguration, RepositoryId, RuleGap, StoppedPull,
};
use crate::web::markup::text;
use std::fmt::Write as _;
use std::time::Duration;

/// How many reports the page shows.
pub(super) const SHOWN: u32 = 50;

/// All of them, each a line that opens; nothing before the first one is asked for.
pub(super) fn section((reports, wait): (&InstallReports, Option<Duration>), form: &str) -> String {
    let InstallReports { first, made, waiting, .. } = reports;
    if made + waiting == 0 {
        return String::new();
    }
    let mut html = "<h2>What Towpath would mean for your repositories</h2>".to_owned();
    // Writing into a text does not fail.
    if *waiting > 0 {
        let wait = wait.map_or_else(String::new, |wait| {
            format!(
                " The others wait for {} min, until GitHub takes more calls: the last ones of this hour are left to checks.",
                wait.as_secs().div_ceil(60)
            )
        });
        let all = made + waiting;
        let _ = write!(html, "<p role=\"status\">{made} of {all} repositories are looked at.{wait}</p>");
    }
    for (id, report) in first {
        html += &one(*id, report, form);
    }
    if let Some(more) = made.checked_sub(first.len()).filter(|more| *more > 0) {
        let _ = write!(
            html,
            "<p>{more} more are not shown here: <code>towpath report --repository OWNER/NAME</code></p>"
        );
    }
    html
}

fn one(id: RepositoryId, report: &InstallReport, form: &str) -> String {
    let name = text(&report.repository);
    let Found::Path(path) = &report.found else {
        return format!("<p class=\"report\"><b>{name}</b>: {}</p>", text(&report.in_one_line()));
    };
    format!(
        "<details class=\"report\"><summary><b>{name}</b>: {}</summary>\
         <p class=\"path\">{}<br><small>{}</small></p>{}{}{}</details>",
        text(&report.in_one_line()),
        text(&path.path),
        text(&path.source_in_words()),
        pulls(report, path),
        rules(path),
        configuration(id, report, (path, form))
    )
}

fn pulls(report: &InstallReport, path: &PathReport) -> String {
    let by_code = path.stopped_by_code();
    let counts: Vec<_> = by_code.iter().map(|(code, count)| format!("{} {count}×", text(code))).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
    let rows = path.stopped.iter().fold(String::new(), |rows, pull| rows + &row(report, pull));
    let unknown = path.unknown_in_words().unwrap_or_default();
    format!("<p>{}{counts}. {unknown}</p><ul>{rows}</ul>", text(&path.verdicts_in_words()))
}

fn row(report: &InstallReport, pull: &StoppedPull) -> String {
    let reasons: Vec<_> =
        pull.reasons.iter().map(|it| format!("{} {}", text(&it.code), text(&it.title))).collect();
    format!(
        "<li><a href=\"{}\">#{}</a> by {}, {} → {}: {}</li>",
        text(&report.pull_url(pull)),
        pull.number,
        text(&pull.author),
        text(pull.head.as_str()),
        text(pull.base.as_str()),
        reasons.join("; ")
    )
}

fn rules(path: &PathReport) -> String {
    if path.rules.is_empty() {
        return "<p>Nothing is missing in the rules of its branches.</p>".to_owned();
    }
    let line = |gap: &RuleGap| {
        let unknown = if gap.is_fault { "" } else { "not known: " };
        let effect = if gap.effect.is_empty() { String::new() } else { format!("; {}", text(&gap.effect)) };
        format!("<li>{unknown}{}: {}{effect}</li>", text(&gap.about), text(&gap.found))
    };
    let lines = path.rules.iter().fold(String::new(), |lines, gap| lines + &line(gap));
    format!(
        "<p>What is missing in the rules of its branches; <code>towpath doctor</code> has the repairs:</p>\
         <ul>{lines}</ul>"
    )
}

fn configuration(id: RepositoryId, report: &InstallReport, (path, form): (&PathReport, &str)) -> String {
    let words = text(&path.configuration_in_words());
    let Some(file) = &path.configuration else { return format!("<p>{words}.</p>") };
    let said = match &report.proposed {
        None => String::new(),
        Some(ProposedConfiguration::Opened(number)) => {
            let page = format!("{}/pull/{number}", report.html_url);
            format!("<p>Proposed by <a href=\"{}\">#{number}</a>.</p>", text(&page))
        }
        Some(ProposedConfiguration::Refused(why)) => {
            format!("<p class=\"problem\" role=\"alert\">Not proposed: {}</p>", text(why))
        }
    };
    format!(
        "<p>{words}:</p><pre>{}</pre>{said}<form method=\"post\" action=\"setup/propose\">\
         <input type=\"hidden\" name=\"form\" value=\"{form}\">\
         <input type=\"hidden\" name=\"repository\" value=\"{id}\"><button>Propose</button> \
         <small>opens one pull request with this file, and this report in its text</small></form>",
        text(file)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PathSource, PullNumber, StopReason, UnixMillis, UnixSeconds};

    fn report(found: Found) -> (RepositoryId, InstallReport) {
        let report = InstallReport {
            repository: "acme/<b>".to_owned(),
            html_url: "https://github.com/acme/b".to_owned(),
            default_branch: "main".to_owned(),
            made_at: UnixMillis(1),
            found,
            proposed: None,
        };
        (RepositoryId(7), report)
    }

    #[test]
    fn nothing_of_a_repository_is_markup_and_progress_is_told() {
        let stopped = StoppedPull {
            number: PullNumber(9),
            author: "\"ana\"".to_owned(),
            head: "<script>".parse().unwrap(),
            base: "uat".parse().unwrap(),
            merged_at: UnixSeconds(0),
            reasons: vec![StopReason { code: "TP101".to_owned(), title: "Wrong <base>".to_owned() }],
        };
        let path = PathReport {
            source: PathSource::Guessed,
            path: "develop → uat & on".to_owned(),
            judged: 3,
            unknown: 0,
            stopped: vec![stopped],
            rules: Vec::new(),
            configuration: Some("version: 1 # <x>\n".to_owned()),
        };
        let first = vec![report(Found::Path(Box::new(path))), report(Found::NoEnvironments)];
        let reports = InstallReports { first, made: 3, waiting: 4, proposing: 0 };
        let html = section((&reports, None), "form");
        assert!(
            !html.contains("<script>") && !html.contains("<base>") && !html.contains("<b>acme/<b>"),
            "{html}"
        );
        assert!(html.contains("<a href=\"https://github.com/acme/b/pull/9\">#9</a>"), "{html}");
        assert!(html.contains("(TP101 1×)") && html.contains("<pre>version: 1 # &lt;x&gt;"), "{html}");
        let (form, button) = ("name=\"form\" value=\"form\"", "name=\"repository\" value=\"7\"");
        assert_eq!((html.matches(form).count(), html.matches(button).count()), (1, 1), "{html}");
        assert!(
            html.contains("3 of 7 repositories are looked at.") && html.contains("1 more are not"),
            "{html}"
        );
        assert!(!html.contains("wait"), "{html}");
        let waits = section((&reports, Some(Duration::from_secs(61))), "form");
        assert!(waits.contains("looked at. The others wait for 2 min, until GitHub"), "{waits}");
        assert_eq!(section((&InstallReports::default(), None), "form"), "");
    }
}
