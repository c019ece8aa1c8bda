//! The protection of branches.

use super::RepoHandle;
use crate::model::{
    Bypass, BypassActor, BypassMode, Kind, Permission, Protection, ProtectionKind, RequiredCheck,
};

impl RepoHandle {
    /// Protects a branch; say what it requires. People's pushes are not held back, as for admins
    /// on GitHub; merges of pull requests are, and what apps do if it says so.
    pub fn protect(&self, branch: &str) -> Protect<'_> {
        self.hub.with(|world| {
            let id = world.next(Kind::Ruleset);
            if let Some(found) = world.repositories.get_mut(&self.id) {
                found.protections.entry(branch.to_owned()).or_insert_with(|| Protection::new(id));
            }
        });
        Protect { repository: self, branch: branch.to_owned() }
    }

    /// Takes the protection off a branch.
    pub fn unprotect(&self, branch: &str) {
        self.hub.with(|world| {
            if let Some(found) = world.repositories.get_mut(&self.id) {
                found.protections.remove(branch);
            }
        });
    }
}

/// The protection of a branch; each call adds to it at once.
#[derive(Debug)]
pub struct Protect<'repository> {
    repository: &'repository RepoHandle,
    branch: String,
}

impl Protect<'_> {
    fn change(&self, act: impl FnOnce(&mut Protection)) {
        self.repository.hub.with(|world| {
            let found = world.repositories.get_mut(&self.repository.id);
            if let Some(protection) = found.and_then(|found| found.protections.get_mut(&self.branch)) {
                act(protection);
            }
        });
    }

    fn add(&self, context: &str, app: Option<u64>) {
        let required = RequiredCheck { context: context.to_owned(), app };
        self.change(|protection| {
            if !protection.required.contains(&required) {
                protection.required.push(required);
            }
        });
    }

    /// Requires a check of that name, by whomever.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn require(self, context: &str) -> Self {
        self.add(context, None);
        self
    }

    /// Requires a check of that name by one app.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn require_from(self, context: &str, app: u64) -> Self {
        self.add(context, Some(app));
        self
    }

    /// Allows only these ways of merging: `merge`, `squash`, `rebase`.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn merged_by<'m>(self, methods: impl IntoIterator<Item = &'m str>) -> Self {
        let methods: Vec<String> = methods.into_iter().map(str::to_owned).collect();
        self.change(|protection| protection.methods = Some(methods.clone()));
        self
    }

    /// Lets apps change it through pull requests only; their pushes are refused.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn require_pull_request(self) -> Self {
        self.change(|protection| protection.pull_request_required = true);
        self
    }

    /// Requires that many approvals, through a pull request.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn require_approvals(self, count: usize) -> Self {
        self.change(|protection| {
            protection.approvals = count;
            protection.pull_request_required = true;
        });
        self
    }

    /// A push to the head takes its approvals away.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn dismiss_stale_reviews(self) -> Self {
        self.change(|protection| protection.dismisses_stale = true);
        self
    }

    /// Lets pull requests merge through a merge queue alone. [`RepoHandle::merge_group`] makes a group of them.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn merge_queue(self) -> Self {
        self.change(|protection| protection.queue = true);
        self
    }

    /// The same, with a queue that merges in this way: `merge`, `squash`, `rebase`.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn merge_queue_by(self, method: &str) -> Self {
        self.change(|protection| {
            protection.queue = true;
            protection.queue_method = method.to_uppercase();
        });
        self
    }

    /// Lets nobody delete it.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn forbid_deletion(self) -> Self {
        self.change(|protection| protection.deletion_forbidden = true);
        self
    }

    /// Lets nobody push to it by force.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn forbid_force_pushes(self) -> Self {
        self.change(|protection| protection.force_pushes_forbidden = true);
        self
    }

    /// Protects it by a ruleset of the repository's owner.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn by_organization(self) -> Self {
        self.change(|protection| protection.kind = ProtectionKind::OrganizationRuleset);
        self
    }

    /// Protects it by a branch protection rule, the older kind: rulesets know nothing of it, and its sentences speak of
    /// no rule violations.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn by_classic_rule(self) -> Self {
        self.change(|protection| protection.kind = ProtectionKind::Classic);
        self
    }

    /// Lets no app move it.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn restrict_updates(self) -> Self {
        self.change(|protection| protection.updates_restricted = true);
        self
    }

    /// Puts one app on the bypass list, always.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn let_pass(self, app: u64) -> Self {
        self.let_pass_as(app, BypassMode::Always)
    }

    /// Puts one app on the bypass list. Its merges then skip the rules, whether it asks for that or not.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn let_pass_as(self, app: u64, mode: BypassMode) -> Self {
        self.change(|protection| protection.bypasses.push(Bypass { actor: BypassActor::App(app), mode }));
        self
    }

    /// Puts everybody of a role on the bypass list: `Maintain`, `Write` or `Admin`.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn let_role_pass(self, role: Permission, mode: BypassMode) -> Self {
        self.change(|protection| protection.bypasses.push(Bypass { actor: BypassActor::Role(role), mode }));
        self
    }

    /// Requires the head to contain the base's tip.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn up_to_date(self) -> Self {
        self.change(|protection| protection.strict = true);
        self
    }
}
