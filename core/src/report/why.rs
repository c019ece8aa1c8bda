//! The words of `/why`: a verdict at length, and what the rule behind one code says.

use super::Subject;
use super::check::{accounts, check};
use super::explained::explained_anywhere;
use super::limits::{BODY, RESERVE, fit};
use super::words::Scene;
use crate::model::{Code, DocsUrl, PromotionPath, Verdict};

/// What the check of a verdict says in one text, with nothing folded: its title, its summary, its drawing and its evidence.
pub fn verdict_at_length(path: &PromotionPath, subject: &Subject, verdict: &Verdict) -> String {
    let judged = [(subject.clone(), verdict.clone())];
    let check = check(path, &judged);
    let title = accounts(&Scene::of(path, subject), verdict).into_iter().next();
    let title = title.map_or(check.title, |it| it.title.markdown());
    let texts = [check.summary, check.text.unwrap_or_default()].map(|text| unfolded(&text));
    let parts = [vec![format!("**{title}**")], texts.to_vec()].concat();
    fit(&parts, BODY - RESERVE)
}

/// The text with a heading in place of each fold. What others wrote never begins a line.
fn unfolded(text: &str) -> String {
    let lines = text.lines().filter(|line| *line != "</details>").map(|line| {
        let heading = line.strip_prefix("<details><summary>").and_then(|it| it.strip_suffix("</summary>"));
        heading.map_or_else(|| line.to_owned(), |heading| format!("#### {heading}"))
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The title of the finding with this code, if the verdict has one.
pub fn finding_title(
    path: &PromotionPath,
    subject: &Subject,
    verdict: &Verdict,
    code: Code,
) -> Option<String> {
    let accounts = accounts(&Scene::of(path, subject), verdict);
    accounts.into_iter().find(|it| it.code == Some(code)).map(|it| it.title.markdown())
}

/// What the rule behind a code says, and where that is documented.
pub fn rule(code: Code, docs: &DocsUrl) -> String {
    let text = explained_anywhere(code, docs);
    fit(&[text, format!("[{code} in the documentation]({})", docs.finding(code))], BODY - RESERVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{every_cause, subject};

    #[test]
    fn a_verdict_at_length_says_what_its_check_says_and_folds_nothing() {
        let path = PromotionPath::pro();
        for (head, base, verdict) in every_cause() {
            let subject = subject(head, base);
            let check = check(&path, &[(subject.clone(), verdict.clone())]);
            let text = verdict_at_length(&path, &subject, &verdict);
            assert!(!text.contains("<details>") && !text.contains("</details>"), "{text}");
            let said = [check.summary, check.text.unwrap_or_default()].join("\n");
            for line in said.lines().filter(|line| !line.starts_with("<details>") && *line != "</details>") {
                assert!(text.contains(line), "{line:?} is not in:\n{text}");
            }
            for finding in &verdict.findings {
                let title = finding_title(&path, &subject, &verdict, finding.cause.code());
                assert!(title.is_some(), "{}", finding.cause.code());
            }
        }
        let (head, base, verdict) = every_cause().remove(0);
        let other =
            Code::ALL.into_iter().find(|code| verdict.findings.iter().all(|it| it.cause.code() != *code));
        assert_eq!(finding_title(&path, &subject(head, base), &verdict, other.unwrap()), None);
    }
}
