//! What a verdict on a promotion needs to know of who has accepted it, and for how long it has run.

use crate::deploy::live_time;
use crate::engine::commerce_files::{files_by_ticket, service_changes};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::lineage::Repository;
use crate::model::{
    AcceptanceFacts, Attestation, Attested, CommitId, Environment, FileFinding, FormerSignOff, IgnoredPaths,
    PromotionPath, PullEnds, PullNumber, ReadinessItem, ReadinessState, RepositoryId, Role, SaidReady,
    SignOffState, SoakState, TicketRule, TicketState, TicketsOn, TreeId, UnixMillis, WhyNoSignOff, WhyOpen,
};
use crate::policy::{Fact, Judged};

/// How many deploys of an environment are looked through.
const DEPLOYS_AT_MOST: u32 = 50;

/// So many changed files are named.
const PATHS_NAMED: usize = 10;

/// What people and time have said about a promotion, and when that is another by itself.
#[derive(Debug, Default)]
pub(in crate::engine::work_items) struct Acceptance {
    pub(in crate::engine::work_items) facts: AcceptanceFacts,
    /// The first moment at which something of it ends or begins.
    pub(in crate::engine::work_items) changes_at: Option<UnixMillis>,
}

/// What is known, with the ends as they are judged, and with what was found in the files. A pull request without a number has no
/// tickets.
pub(in crate::engine::work_items) async fn known(
    ctx: &EngineContext,
    path: &PromotionPath,
    repository: &Repository,
    (id, number): (RepositoryId, Option<PullNumber>),
    (ends, found): (&PullEnds, &[FileFinding]),
) -> Result<Acceptance, WorkError> {
    let head = ends.head.branch.as_ref().map(|branch| path.role(branch));
    let between = (head, path.role(&ends.base.branch));
    let (Some(Role::Environment(from)), Role::Environment(to)) = between else {
        return Ok(Acceptance::default());
    };
    let is_needed = (Judged { path, pull: ends, snapshot: None }).needs(Fact::Acceptance);
    let is_asked = to.requires.soak.is_some() || to.requires.asks_people();
    let trees = (repository.tree(ends.head.commit).await?, repository.tree(ends.base.commit).await?);
    let (true, (Some(head), Some(base))) = (is_needed && is_asked, trees) else {
        return Ok(Acceptance::default());
    };
    let question = Question { ctx, path, repository, id, now: ctx.now(), head, commit: ends.head.commit };
    let mut acceptance = Acceptance::default();
    if !to.requires.signoffs.is_empty() {
        acceptance.facts.signoffs = question.signoffs(from, to).await?;
    }
    if !to.requires.readiness.is_empty() || to.requires.tickets.is_some() {
        let said = ctx.store.attestations(id, &to.name).await?;
        question.readiness(to, &said, &mut acceptance).await?;
        question.ticket(to, (&said, number), (base, found), &mut acceptance).await?;
    }
    question.soak(from, to, &mut acceptance).await?;
    Ok(acceptance)
}

/// Who has approved in a review that is no sign-off, and why it is none.
fn why_none(said: &Attestation) -> Option<(String, WhyNoSignOff)> {
    match said.what {
        Attested::Approval { not_counted, .. } => not_counted.map(|why| (said.by.clone(), why)),
        _ => None,
    }
}

/// What is asked about a promotion of these files.
struct Question<'a> {
    ctx: &'a EngineContext,
    path: &'a PromotionPath,
    repository: &'a Repository,
    id: RepositoryId,
    now: UnixMillis,
    head: TreeId,
    commit: CommitId,
}

impl Acceptance {
    fn changes_at(&mut self, at: UnixMillis) {
        self.changes_at = Some(self.changes_at.map_or(at, |known| known.min(at)));
    }
}

impl Question<'_> {
    async fn signoffs(&self, from: &Environment, to: &Environment) -> Result<Vec<SignOffState>, WorkError> {
        let said = self.ctx.store.attestations(self.id, &from.name).await?;
        let mut states = Vec::new();
        let counts = |it: &&Attestation| to.hears(it);
        for asked in &to.requires.signoffs {
            let mut of_role = said.iter().filter(counts).filter(|it| it.signs_off(&asked.role));
            let newest = of_role.clone().next();
            let given_by = of_role.find(|it| it.tree == self.head).map(|it| it.by.clone());
            let former = match newest.filter(|_| given_by.is_none()) {
                Some(former) => Some(FormerSignOff {
                    by: former.by.clone(),
                    at: former.at,
                    paths: self.changed_since(former, None).await.into_iter().take(PATHS_NAMED).collect(),
                }),
                None => None,
            };
            let is_open = given_by.is_none();
            let not_counted = said.iter().filter(|it| is_open && counts(it) && it.tree == self.head);
            let not_counted = not_counted.filter_map(why_none).collect();
            states.push(SignOffState { role: asked.role.clone(), given_by, former, not_counted });
        }
        Ok(states)
    }

    async fn readiness(
        &self,
        to: &Environment,
        said: &[Attestation],
        acceptance: &mut Acceptance,
    ) -> Result<(), WorkError> {
        for asked in &to.requires.readiness {
            let newest = said.iter().find(|it| it.item() == Some(&asked.item));
            let open = match newest {
                None => Some(WhyOpen::NeverSaid),
                Some(newest) => {
                    let ends = asked.expires.map(|expires| newest.at + expires);
                    if let Some(ends) = ends.filter(|ends| self.now < *ends) {
                        acceptance.changes_at(ends);
                    }
                    self.why_open(asked, newest, ends.filter(|ends| *ends <= self.now)).await
                }
            };
            acceptance.facts.readiness.push(ReadinessState {
                item: asked.item.clone(),
                description: asked.description.clone(),
                said: newest.map(|it| SaidReady { by: it.by.clone(), at: it.at, note: it.note.clone() }),
                open,
            });
        }
        Ok(())
    }

    async fn why_open(
        &self,
        asked: &ReadinessItem,
        newest: &Attestation,
        ended: Option<UnixMillis>,
    ) -> Option<WhyOpen> {
        if let Some(since) = ended {
            return Some(WhyOpen::Expired { since });
        }
        let paths = asked.paths.as_ref()?;
        let changed = self.changed_since(newest, Some(paths)).await;
        (!changed.is_empty())
            .then(|| WhyOpen::Changed { paths: changed.into_iter().take(PATHS_NAMED).collect() })
    }

    async fn ticket(
        &self,
        to: &Environment,
        (said, number): (&[Attestation], Option<PullNumber>),
        (base, found): (TreeId, &[FileFinding]),
        acceptance: &mut Acceptance,
    ) -> Result<(), WorkError> {
        let Some(rule) = &to.requires.tickets else { return Ok(()) };
        let mut paths = match &rule.on {
            TicketsOn::Paths(patterns) => {
                let mut paths = self.repository.differing_paths(base, self.head).await?;
                paths.retain(|path| patterns.holds(path));
                paths
            }
            TicketsOn::Services => files_by_ticket(found),
        };
        if paths.is_empty() {
            return Ok(());
        }
        let mut acknowledged = None;
        for it in said {
            let Attested::Ticket { ticket, number: of, earliest } = &it.what else { continue };
            // Another change of these files is another matter for the support.
            if Some(*of) == number && self.is_as_acknowledged(it, to, rule).await {
                acknowledged = Some((ticket.clone(), *earliest));
                break;
            }
        }
        let is_due = acknowledged.as_ref().is_some_and(|(_, earliest)| *earliest <= self.now);
        if let Some((_, earliest)) = acknowledged.as_ref().filter(|_| !is_due) {
            acceptance.changes_at(*earliest);
        }
        paths.truncate(PATHS_NAMED);
        acceptance.facts.ticket = Some(TicketState { paths, acknowledged, is_due });
        Ok(())
    }

    /// Whether what takes the ticket is as it was when the support acknowledged it.
    async fn is_as_acknowledged(&self, said: &Attestation, to: &Environment, rule: &TicketRule) -> bool {
        let settings = match &rule.on {
            TicketsOn::Paths(patterns) => return self.changed_since(said, Some(patterns)).await.is_empty(),
            TicketsOn::Services => self.path.commerce.as_ref(),
        };
        let Some(settings) = settings.filter(|_| said.tree != self.head) else { return true };
        let between = (said.commit, self.commit);
        match Box::pin(service_changes(self.repository, (settings, to), between)).await {
            Ok(changed) => changed.is_empty(),
            // Where git no longer has what they saw, all of it may have changed.
            Err(error) => {
                let error = crate::model::error_chain(&error);
                tracing::debug!(error, "what has changed since a ticket was acknowledged cannot be told");
                false
            }
        }
    }

    async fn soak(
        &self,
        from: &Environment,
        to: &Environment,
        acceptance: &mut Acceptance,
    ) -> Result<(), WorkError> {
        let Some(needed) = to.requires.soak else { return Ok(()) };
        let deploys = self.ctx.store.newest_deploys(self.id, &from.name, DEPLOYS_AT_MOST).await?;
        let time = live_time(&deploys, self.head, self.now);
        let is_over = time.so_far >= needed;
        let until = time.is_live.then(|| self.now + needed.saturating_sub(time.so_far)).filter(|_| !is_over);
        if let Some(until) = until {
            acceptance.changes_at(until);
        }
        let (seconds, until) = (time.so_far.as_secs(), until.map(UnixMillis::to_seconds));
        acceptance.facts.soak = Some(SoakState { seconds, until, is_over });
        Ok(())
    }

    /// The files that have changed since somebody vouched for something, of these patterns where there are some. Where git
    /// no longer has what they saw, all of them may have.
    async fn changed_since(&self, said: &Attestation, of: Option<&IgnoredPaths>) -> Vec<String> {
        if said.tree == self.head {
            return Vec::new();
        }
        let mut paths = match self.repository.differing_paths(said.tree, self.head).await {
            Ok(paths) => paths,
            Err(error) => {
                tracing::debug!(
                    error = crate::model::error_chain(&error),
                    "what has changed since something was vouched for cannot be told"
                );
                return of.map_or_else(Vec::new, |of| of.patterns().to_vec());
            }
        };
        paths.retain(|path| of.is_none_or(|of| of.holds(path)));
        paths
    }
}
