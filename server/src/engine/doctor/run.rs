//! The way over all installations and their repositories: several at a time, and told in GitHub's order.

use super::examination::Progress;
use super::facts::{Asked, asked};
use super::installation::{self, InstallationFacts};
use super::repository::{self, AccountFiles};
use super::{branch_rules, deploys};
use crate::deploy::operator::{Allowed, Operator};
use crate::github::{Api, Caller, InstallationJson};
use crate::model::{Grants, InstallationId, PromotionPath, RepositoryId, RepositoryName, SetupFinding};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many installations and repositories are asked about at a time. Each of them asks one thing after the other.
const AT_A_TIME: usize = 8;

/// What a look at repositories needs.
pub(super) struct Run {
    api: Arc<Api>,
    path: Arc<PromotionPath>,
    operator: Operator,
    account_files: AccountFiles,
    turns: Semaphore,
    progress: Arc<Progress>,
}

/// What an installation covers, by number and name.
type Covered = Asked<Vec<(RepositoryId, String)>>;

impl Run {
    pub(super) fn new(
        api: Arc<Api>,
        path: Arc<PromotionPath>,
        operator: Operator,
        progress: Arc<Progress>,
    ) -> Self {
        let (account_files, turns) = (AccountFiles::default(), Semaphore::new(AT_A_TIME));
        Self { api, path, operator, account_files, turns, progress }
    }

    /// Looks at installations and at their repositories; answers also which these are.
    pub(super) async fn installations(
        self: &Arc<Self>,
        installations: Vec<InstallationJson>,
        asked_for: Option<&Grants>,
    ) -> (Vec<SetupFinding>, Covered) {
        let look = |installation| {
            let (run, asked_for) = (Arc::clone(self), asked_for.cloned());
            async move { Box::pin(run.installation(installation, asked_for.as_ref())).await }
        };
        let (mut findings, mut all) = (Vec::new(), Ok(Vec::new()));
        for (more, covered) in in_order(installations.into_iter().map(look)).await {
            findings.extend(more);
            match (covered, &mut all) {
                (Ok(more), Ok(all)) => all.extend(more),
                (Err(why), _) => all = Err(why),
                (Ok(_), Err(_)) => {}
            }
        }
        (findings, all)
    }

    async fn installation(
        self: &Arc<Self>,
        installation: InstallationJson,
        asked_for: Option<&Grants>,
    ) -> (Vec<SetupFinding>, Covered) {
        let account = installation::account(&installation);
        if installation.suspended_at.is_some() {
            let why = format!("{account} has suspended the App");
            return (vec![installation::suspended(&installation)], Err(why));
        }
        let turn = self.turns.acquire().await;
        let budget = asked(self.api.rate_budget(installation.id).await);
        let repositories = asked(self.api.repositories(installation.id).await);
        drop(turn);
        let facts = InstallationFacts { installation: &installation, asked_for, budget };
        let mut findings = installation::judge(&facts);
        let repositories = match repositories {
            Ok(repositories) => repositories,
            Err(why) => {
                findings.push(SetupFinding::unknown("installation", &account, &why));
                return (findings, Err(why));
            }
        };
        let covered: Vec<_> = repositories.into_iter().map(|it| (it.id, it.full_name)).collect();
        let leaves = facts.left_to_checks();
        findings.extend(self.repositories(Arc::new(installation), &covered, leaves).await);
        (findings, Ok(covered))
    }

    /// Looks at repositories as long as that leaves the server so many of the hour's calls.
    async fn repositories(
        self: &Arc<Self>,
        installation: Arc<InstallationJson>,
        covered: &[(RepositoryId, String)],
        leaves: u64,
    ) -> Vec<SetupFinding> {
        self.progress.note_listed(covered.len());
        let look = |(_, name): &(RepositoryId, String)| {
            let (run, installation, name) = (Arc::clone(self), Arc::clone(&installation), name.clone());
            async move {
                let _turn = run.turns.acquire().await;
                let is_looked_at = run.left(installation.id).is_none_or(|left| left >= leaves);
                let findings = if is_looked_at {
                    Some(Box::pin(run.repository(&installation, &name)).await)
                } else {
                    None
                };
                run.progress.note_looked_at();
                findings
            }
        };
        let looked_at = in_order(covered.iter().map(look)).await;
        let left_out = looked_at.iter().filter(|it| it.is_none()).count();
        let mut findings: Vec<_> = looked_at.into_iter().flatten().flatten().collect();
        if left_out > 0 {
            findings.push(installation::left_out(&installation, left_out));
        }
        findings
    }

    /// What is left of an installation's calls by GitHub's last answer: the server makes some meanwhile, too.
    fn left(&self, installation: InstallationId) -> Option<u64> {
        let mut budgets = self.api.budgets().into_iter();
        let (_, budget) = budgets.find(|(caller, _)| *caller == Caller::Installation(installation))?;
        Some(budget.remaining)
    }

    /// Looks at one repository.
    pub(super) async fn repository(&self, installation: &InstallationJson, name: &str) -> Vec<SetupFinding> {
        let means = (&self.path, &self.account_files);
        let facts = match repository::gather(&self.api, (installation, name), means).await {
            Ok(facts) => facts,
            Err(why) => return vec![SetupFinding::unknown("repository", name, why)],
        };
        let mut findings = repository::judge(&facts);
        findings.extend(branch_rules::judge(&facts));
        let deploys = deploys::gather(&self.api, &facts, self.allowed(facts.name())).await;
        findings.extend(deploys::judge(&deploys));
        findings
    }

    /// The operator's entry of this name.
    fn allowed(&self, name: &str) -> Option<&Allowed> {
        let mut entries = self.operator.entries();
        entries.find(|(entry, _)| RepositoryName::are_alike(entry, name)).map(|(_, entry)| entry)
    }
}

/// What all of these come to, in their order. They run at the same time, and end with whoever waits for them.
async fn in_order<T: Send + 'static>(
    works: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for (at, work) in works.into_iter().enumerate() {
        tasks.spawn(async move { (at, work.await) });
    }
    let mut ended = tasks.join_all().await;
    ended.sort_by_key(|(at, _)| *at);
    ended.into_iter().map(|(_, it)| it).collect()
}
