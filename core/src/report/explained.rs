//! What the documentation of this version says of a finding's code.

use crate::model::{Code, DocsUrl};

/// The page of this version.
const FINDINGS: &str = include_str!("../../../docs/findings.md");

/// What the documentation says of a code in Markdown, without its heading. Links in it lead from `docs/findings.md`.
pub fn explained(code: Code) -> &'static str {
    let mut sections = FINDINGS.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'));
    sections.find(|(heading, _)| *heading == code.as_str()).map_or("", |(_, text)| text.trim())
}

/// The same with links that lead to the documentation from anywhere.
pub fn explained_anywhere(code: Code, docs: &DocsUrl) -> String {
    let mut parts = explained(code).split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (target, rest) = part.split_once(')').unwrap_or((part, ""));
        text.push_str("](");
        text.push_str(&docs.from_findings(target));
        text.push(')');
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_by_what_it_means_why_it_matters_and_how_to_repair_it() {
        for code in Code::ALL {
            let section = explained(code);
            for part in ["Example: ", "Why it matters: ", "How to repair: "] {
                assert!(section.contains(part), "{code} lacks {part}");
            }
            assert!(section.starts_with("**") && !section.contains("\n## "), "{code}");
        }
    }

    #[test]
    fn links_lead_to_the_documentation_from_anywhere() {
        let docs = DocsUrl::new("https://docs.example.com/towpath");
        for code in Code::ALL {
            let text = explained_anywhere(code, &docs);
            let targets: Vec<&str> = text.split("](").skip(1).collect();
            assert_eq!(targets.len(), explained(code).split("](").count() - 1, "{code}");
            assert!(targets.iter().all(|it| it.starts_with("https://")), "{text}");
        }
        let text = explained_anywhere(Code::MergeConflicts, &docs);
        assert!(text.contains("[TP502](https://docs.example.com/towpath/findings.md#tp502)"), "{text}");
    }
}
