//! The comment on a promotion that did not end as it was predicted.

use super::comment::MARKER;
use super::dress::explained;
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

/// The sticky comment of a merged promotion: like that of an open one at most twelve lines.
pub fn aftermath(path: &PromotionPath, subject: &Subject, found: &Aftermath) -> String {
    let scene = Scene::of(path, subject);
    let (head, base) = (scene.head(), scene.base());
    let made = subject.pull.base.commit.short();
    let title = if found.differs {
        Prose::new("% does not hold what was tested on %", &[base, &head])
    } else {
        Prose::new("This promotion cut the history of % and %", &[&head, base])
    };
    let mark = if found.differs { "❌" } else { "⚠️" };
    let mut parts = vec![format!("{MARKER}\n### {mark} {}", title.markdown())];
    if found.differs {
        let compare = format!("git fetch origin && git diff {} {made}", subject.pull.head.commit.short());
        let happened = Prose::new(
            "The merge gave % other files than % had: something else was merged meanwhile, or somebody resolved a conflict \
             by hand. Compare the two with ",
            &[base, &head],
        );
        let then = Prose::new(
            ". Merge what you want to keep back into % and promote it again; revert the rest on %.",
            &[scene.entry().map_or(&*head, |entry| entry.branch.as_str()), base],
        );
        parts.push(happened.command(&compare).then(then).markdown());
    }
    if found.cut {
        parts.push(
            Prose::new(
                "It was squashed or rebased: % has the files of %, but not its commits. Later promotions show everything \
                 again, and can conflict. Join the two histories again; no file changes:",
                &[base, &head],
            )
            .markdown(),
        );
        let (up, down) = (shell::quote(&head), shell::quote(base));
        let title = shell::quote(&format!("Join the history of {base} and {head} again"));
        let repository = shell::quote(&subject.repository);
        let open =
            format!("gh pr create --repo {repository} --base {up} --head {down} --title {title} --body ''");
        parts.push(block("sh", &open));
        let method = Prose::new(
            "Merge that pull request with a merge commit. To prevent this, allow only merge commits in the ruleset of %. ",
            &[base],
        );
        let code = explained(Code::MergeMethod, subject.docs_url.as_deref());
        parts.push(format!("{}{code}", method.markdown()));
    }
    fit(&parts, BODY - RESERVE)
}
