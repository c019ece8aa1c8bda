//! TP733: the names of branches, which become environments.

use super::{Findings, Judged, Words, say};
use crate::model::{Code, Outcome};

/// What no environment's name may hold.
const REFUSED: [char; 9] = ['{', '}', '(', ')', '*', '<', '>', '&', '%'];

/// The name of the environment that a branch becomes.
fn environment(branch: &str) -> String {
    branch.to_lowercase().replace(' ', "-")
}

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    let Some(branch) = judged.change.branch else { return };
    if let Some(sign) = branch.chars().find(|c| REFUSED.contains(c)) {
        let words = Words {
            title: say("The branch's name holds %", [&sign.to_string()]),
            detail: say(
                "The platform makes no environment of %: the change cannot be tried on one of its own.",
                [branch],
            ),
            remedy: say("Push the work under a name of letters, digits, - and /.", []),
        };
        findings.put(Code::BranchUnfit, Outcome::Fail, None, words);
    }
    let own = environment(branch);
    let twin =
        judged.change.other_branches.iter().find(|other| *other != branch && environment(other) == own);
    if let Some(twin) = twin {
        let words = Words {
            title: say("% and % are one environment", [branch, twin]),
            detail: say(
                "The platform folds both names to %: each push to one of them replaces the other there.",
                [&own],
            ),
            remedy: say("Push the work under another name.", []),
        };
        findings.put(Code::BranchUnfit, Outcome::Fail, None, words);
    }
}
