//! What protects branches, and whom it lets through.

use super::Permission;

/// What a branch demands before a pull request may merge into it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule that holds or does not")]
pub(crate) struct Protection {
    /// The id of the ruleset.
    pub(crate) id: u64,
    pub(crate) required: Vec<RequiredCheck>,
    /// The head must contain the tip of the base.
    pub(crate) strict: bool,
    /// The ways in which pull requests may be merged (`merge`, `squash`, `rebase`); `None` allows all.
    pub(crate) methods: Option<Vec<String>>,
    /// Apps may not push to it; they have to go through a pull request.
    pub(crate) pull_request_required: bool,
    /// How many reviewers who may write must have approved.
    pub(crate) approvals: usize,
    /// A push to the head takes its approvals away.
    pub(crate) dismisses_stale: bool,
    /// Pull requests merge through its queue alone.
    pub(crate) queue: bool,
    /// How its queue merges: `MERGE`, `SQUASH`, `REBASE`.
    pub(crate) queue_method: String,
    /// Apps may not move it in any way.
    pub(crate) updates_restricted: bool,
    /// Nobody may delete it.
    pub(crate) deletion_forbidden: bool,
    /// It moves forward alone.
    pub(crate) force_pushes_forbidden: bool,
    /// What it is a part of.
    pub(crate) kind: ProtectionKind,
    pub(crate) bypasses: Vec<Bypass>,
}

/// Where a protection is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ProtectionKind {
    /// In a ruleset of the repository.
    #[default]
    Ruleset,
    /// In a ruleset of its owner.
    OrganizationRuleset,
    /// In a branch protection rule, the older kind: no ruleset has it.
    Classic,
}

/// One required status check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequiredCheck {
    pub(crate) context: String,
    /// Only this app's check counts; `None` takes anybody's.
    pub(crate) app: Option<u64>,
}

/// An entry of a ruleset's bypass list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bypass {
    pub(crate) actor: BypassActor,
    pub(crate) mode: BypassMode,
}

/// Who may bypass the rules of a ruleset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BypassActor {
    App(u64),
    /// Everybody with this role. Shown only: rules do not hold people's pushes back here, and the merge button bypasses none.
    Role(Permission),
}

/// When somebody may bypass the rules of a ruleset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BypassMode {
    /// In pushes and merges.
    Always,
    /// In merges of pull requests alone.
    PullRequests,
    /// As always, and GitHub keeps no record of it.
    Exempt,
}

impl Protection {
    /// A protection that demands nothing yet.
    pub(crate) fn new(id: u64) -> Self {
        Self {
            id,
            required: Vec::new(),
            strict: false,
            methods: None,
            pull_request_required: false,
            approvals: 0,
            dismisses_stale: false,
            queue: false,
            queue_method: "MERGE".to_owned(),
            updates_restricted: false,
            deletion_forbidden: false,
            force_pushes_forbidden: false,
            kind: ProtectionKind::Ruleset,
            bypasses: Vec::new(),
        }
    }

    /// How an app is let through, if it is.
    pub(crate) fn bypass_of(&self, app: u64) -> Option<BypassMode> {
        self.bypasses.iter().find(|bypass| bypass.actor == BypassActor::App(app)).map(|bypass| bypass.mode)
    }

    /// Whether an app is let through when it pushes, or (`merging`) merges a pull request.
    pub(crate) fn lets_through(&self, app: u64, merging: bool) -> bool {
        self.bypass_of(app).is_some_and(|mode| merging || mode != BypassMode::PullRequests)
    }

    /// GitHub's sentence if an app may not move the branch: by hand, or (`merging`) through a pull
    /// request.
    pub(crate) fn against(&self, app: u64, merging: bool) -> Option<String> {
        if self.lets_through(app, merging) {
            return None;
        }
        let rules = [
            (self.updates_restricted, "Cannot update this protected ref."),
            (self.pull_request_required && !merging, "Changes must be made through a pull request."),
        ];
        let broken: Vec<&str> = rules.iter().filter(|(holds, _)| *holds).map(|(_, rule)| *rule).collect();
        if self.kind == ProtectionKind::Classic && !broken.is_empty() {
            return Some(broken.join(" "));
        }
        (!broken.is_empty())
            .then(|| format!("Repository rule violations found\n\n{}\n\n", broken.join("\n\n")))
    }
}
