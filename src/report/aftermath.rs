//! The comment on a promotion that did not end as it was predicted.

use super::comment::MARKER;
use super::dress::{bullets, explained, paragraphs};
use super::limits::{BODY, RESERVE, fit};
use super::markdown::block;
use super::prose::Prose;
use super::words::Scene;
use super::{Subject, shell};
use crate::model::{Code, PromotionPath};

/// What was found after a promotion was merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aftermath {
    /// The base holds other files than the head had.
    pub differs: bool,
    /// The base does not contain the head's commits: it was squashed or rebased.
    pub cut: bool,
}

impl Aftermath {
    /// Whether it ended as it should.
    pub fn is_as_predicted(&self) -> bool {
        !self.differs && !self.cut
    }
}

/// The sticky comment of a merged promotion.
pub fn aftermath(path: &PromotionPath, subject: &Subject, found: &Aftermath) -> String {
    let scene = Scene::of(path, subject);
    let (head, base) = (scene.head(), scene.base());
    let made = subject.pull.base.commit.short();
    let mut parts = Vec::new();
    if found.differs {
        parts.push(format!(
            "{MARKER}\n### ❌ {}",
            Prose::new("% does not hold what was tested on %", &[base, &head]).markdown()
        ));
        parts.extend(paragraphs(&[Prose::new(
            "The merge gave % (%) other files than % had: something else was merged meanwhile, or a conflict was \
             resolved by hand. Compare the two before you rely on it.",
            &[base, &made, &head],
        )]));
        let compare = format!("git diff {} {made}", subject.pull.head.commit.short());
        parts.push(block("sh", &format!("git fetch origin &&\n{compare}")));
        parts.extend(paragraphs(&[Prose::new(
            "What was meant is carried back upstream, tested and promoted again; what was not is reverted on %.",
            &[base],
        )]));
    } else {
        parts.push(format!(
            "{MARKER}\n### ⚠️ {}",
            Prose::new("This promotion cut the history of % and %", &[&head, base]).markdown()
        ));
    }
    if found.cut {
        parts.extend(paragraphs(&[Prose::new(
            "It was squashed or rebased: % is a new commit with the files of %, and % does not contain the commits \
             themselves. Later promotions show everything again, and can conflict.",
            &[&made, &head, base],
        )]));
        parts.push("**What to do.** Join the histories again. No file changes by it:".to_owned());
        let (up, down) = (shell::quote(&head), shell::quote(base));
        let title = shell::quote(&format!("Join the history of {base} and {head} again"));
        parts.push(block(
            "sh",
            &format!(
                "gh pr create --repo {} --base {up} --head {down} --title {title} --body ''",
                shell::quote(&subject.repository)
            ),
        ));
        parts.push(bullets(&[
            "Merge that pull request with a merge commit; squashed or rebased it would join nothing."
                .to_owned(),
            Prose::new(
                "To keep it from happening again, allow only merge commits in the ruleset of %.",
                &[base],
            )
            .markdown(),
        ]));
        parts.push(explained(Code::MergeMethod, subject.docs_url.as_deref()));
    }
    fit(&parts, BODY - RESERVE)
}
