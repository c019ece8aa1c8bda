//! GitHub's own reviews of a promotion: an approving one is a sign-off where the environment takes it for one, and its
//! author's next one that is not, or its dismissal, takes it back.
//!
//! Events tell that there is something to look at; the list says what. It may be late, so what events have told is added to
//! it, and nothing is taken back because something is not in it.

use super::attested::judged_again;
use super::command::{Asker, made_a_change};
use super::pending_deliveries::PendingDeliveries;
use super::pull_request::last_verdict;
use crate::commands::rights::{Decision, DefaultRight, Need};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::{ReviewEvent, ReviewJson};
use crate::model::{
    Attestation, Attested, AuditEntry, BranchName, CommitId, Deploy, DeployState, Environment,
    EnvironmentName, PromotionPath, PullNumber, PullRequestState, RepositoryId, Role, SignOffRole, TreeId,
    UnixMillis, UserId, UserKey, WhyNoSignOff, Withdrawal,
};
use crate::store::{Change, JudgedPull, RepositoryRow, RepositoryState, WorkItem};
use std::collections::BTreeMap;
use std::time::Duration;

/// The command that does by words what an approving review does.
const SIGNOFF: &str = "signoff";

/// How many deploys of an environment are looked through.
const DEPLOYS_AT_MOST: u32 = 50;

/// What comes before the number in what an approving review is known by.
const KNOWN_BY: &str = "approval";

/// What comes before the numbers of the promotion and of the account in what an approving review is known by that counts
/// for nothing: whoever may approve nothing leaves one, however often they do.
const UNCOUNTED: &str = "uncounted";

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    number: PullNumber,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let (known, introduced) = pending.repository(ctx, id).await?.unzip();
    let mut changes: Vec<Change> = introduced.flatten().into_iter().collect();
    changes.extend(pending.processed(item));
    let Some(row) = known.filter(|row| row.state == RepositoryState::Active) else { return Ok(changes) };
    let Some(pull) = ctx.store.pull(id, number).await? else { return Ok(changes) };
    let config = ctx.repository_config(&row).await?;
    let ends = takes_reviews(&config.path, &pull).filter(|_| config.invalid.is_none());
    let Some((from, to)) = ends else { return Ok(changes) };
    let (told, _) = pending.events::<ReviewEvent>(&["pull_request_review"]);
    let listed = ctx.api.reviews(row.installation, &row.full_name, number).await?;
    let delivery = told.last().map(|(delivery, _)| delivery.guid.clone());
    let newest = newest_by_author(listed, told.into_iter().map(|(_, event)| event.review));
    let given = ctx.store.attestations(id, &from.name).await?;
    let look = Look { ctx, row: &row, path: &config.path, pull: &pull, from, to, delivery };
    let mut told_of = Vec::new();
    for (author, review) in &newest {
        if review.state == "approved" {
            told_of.extend(look.approved(*author, review).await?);
        } else {
            told_of.extend(look.taken_back(*author, review, &given));
        }
    }
    if !told_of.is_empty() {
        changes.extend(told_of);
        changes.extend(judged_again(ctx, &config.path, id, &from.name).await?);
    }
    Ok(changes)
}

/// The environments that a promotion is between, where reviews of it are sign-offs.
fn takes_reviews<'p>(
    path: &'p PromotionPath,
    judged: &JudgedPull,
) -> Option<(&'p Environment, &'p Environment)> {
    if judged.pull.state != PullRequestState::Open {
        return None;
    }
    let base = judged.judged_base.as_ref().unwrap_or(&judged.pull.base_branch);
    let Role::Environment(to) = path.role(base) else { return None };
    let verdict = last_verdict(judged);
    let snapshot = verdict.as_ref().and_then(crate::model::Verdict::snapshot);
    let Role::Environment(from) = path.role(snapshot.map_or(&judged.pull.head_branch, |it| &it.of)) else {
        return None;
    };
    let is_asked = to.requires.reviews && !to.requires.signoffs.is_empty();
    (is_asked && judged.pull.head_repository == Some(judged.pull.repository)).then_some((from, to))
}

/// The open promotions whose reviews have to be read.
pub(super) fn to_read(path: &PromotionPath, open: &[JudgedPull]) -> Vec<Change> {
    let asked = open.iter().filter(|it| takes_reviews(path, it).is_some());
    asked.map(|it| Change::Mark(WorkItem::Reviews(it.pull.repository, it.pull.number))).collect()
}

/// The open promotions out of the environment of this branch whose reviews have to be read, since something else is live there.
pub(super) fn to_read_out_of(path: &PromotionPath, branch: &BranchName, open: &[JudgedPull]) -> Vec<Change> {
    let is_out_of =
        |it: &&JudgedPull| takes_reviews(path, it).is_some_and(|(from, _)| from.branch == *branch);
    let asked = open.iter().filter(is_out_of);
    asked.map(|it| Change::Mark(WorkItem::Reviews(it.pull.repository, it.pull.number))).collect()
}

/// The last review of each person that says yes or no, or did: by their account. What bots say is nobody's word.
fn newest_by_author(
    listed: Vec<ReviewJson>,
    told: impl Iterator<Item = ReviewJson>,
) -> BTreeMap<UserId, ReviewJson> {
    let mut newest: BTreeMap<UserId, ReviewJson> = BTreeMap::new();
    for mut review in listed.into_iter().chain(told) {
        review.state.make_ascii_lowercase();
        let author = review.user.as_ref().filter(|user| user.kind != "Bot").and_then(|user| user.id);
        let says = matches!(review.state.as_str(), "approved" | "changes_requested" | "dismissed");
        let Some(author) = author.filter(|_| says) else { continue };
        let is_newer = newest.get(&author).is_none_or(|known| {
            // What was dismissed never comes back.
            review.id > known.id || (review.id == known.id && review.state == "dismissed")
        });
        if is_newer {
            newest.insert(author, review);
        }
    }
    newest
}

/// One look at the reviews of a promotion.
struct Look<'a> {
    ctx: &'a EngineContext,
    row: &'a RepositoryRow,
    path: &'a PromotionPath,
    pull: &'a JudgedPull,
    from: &'a Environment,
    to: &'a Environment,
    /// GitHub's id of the delivery that has brought it about, where one has.
    delivery: Option<String>,
}

impl Look<'_> {
    /// Somebody has approved: what that is worth is decided once, by the rights that they have then. Only that the files had
    /// gone live may be heard of later than the approval.
    async fn approved(&self, author: UserId, review: &ReviewJson) -> Result<Vec<Change>, WorkError> {
        let number = self.pull.pull.number;
        // Where the promotion is turned to another environment, that one's roles decide.
        let to = &self.to.name;
        let counted = format!("{KNOWN_BY}-{number}-{}-{to}", review.id);
        let uncounted = format!("{UNCOUNTED}-{number}-{author}-{to}");
        let (Some(user), Some(commit)) = (&review.user, review.commit_id) else { return Ok(Vec::new()) };
        if self.known(&counted).await?.is_some() {
            return Ok(Vec::new());
        }
        let before = self.known(&uncounted).await?.filter(|it| it.withdrawn.is_none());
        let same = before.as_ref().filter(|it| review_of(it) == Some(review.id));
        let heard_at = same.map_or(self.ctx.now(), |it| it.at);
        let at = review.submitted_at.map_or(heard_at, |at| self.ctx.api.our_time_of(at.into()));
        if let Some(same) = same
            && (why_none(same) != Some(WhyNoSignOff::NotLive) || !self.was_live(same.tree, at).await?)
        {
            return Ok(Vec::new());
        }
        // What git no longer has is not what would be merged.
        let Some(tree) = self.tree(commit).await? else { return Ok(Vec::new()) };
        let asker = Asker::new(self.ctx, self.row, UserKey { login: &user.login, id: Some(author) });
        let decided = if self.was_live(tree, at).await? {
            self.roles_of(&asker, commit).await?
        } else {
            Err(WhyNoSignOff::NotLive)
        };
        let role = asker.role().await?;
        let (roles, not_counted) = match decided {
            Ok(roles) => (roles, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let result = match not_counted {
            None => format!("approved in a review, as {}", roles.join(", ")),
            Some(why) => format!("approved in a review, which is no sign-off: {}", plain(why)),
        };
        let entry = self.entry(&user.login, (role, commit), (not_counted.is_none(), result));
        let attestation = Attestation {
            command: if not_counted.is_none() { counted } else { uncounted },
            what: Attested::Approval { number, to: to.clone(), review: review.id, roles, not_counted },
            commit,
            tree,
            by: user.login.clone(),
            by_id: Some(author),
            note: None,
            at: self.ctx.now(),
            withdrawn: None,
        };
        Ok(self.given(attestation, entry, before.as_ref()))
    }

    /// What somebody has approved is stored; `before` is what counts for nothing of what they have approved there before.
    fn given(&self, now: Attestation, entry: AuditEntry, before: Option<&Attestation>) -> Vec<Change> {
        let environment = || EnvironmentName::from(self.from.name.as_str());
        let mut changes = Vec::new();
        if let Some(before) = before.filter(|it| it.command != now.command) {
            let withdrawal = Withdrawal { at: now.at, by: now.by.clone() };
            changes.push(Change::Withdraw(self.row.id, environment(), before.command.clone(), withdrawal));
        }
        // Somebody without a right may approve as often as they like.
        let is_news = before.is_none_or(|it| it.commit != now.commit || why_none(it) != why_none(&now));
        changes.push(Change::Attest(self.row.id, environment(), Box::new(now)));
        changes.extend(is_news.then(|| Change::Audit(Box::new(entry))));
        changes
    }

    async fn known(&self, command: &str) -> Result<Option<Attestation>, WorkError> {
        Ok(self.ctx.store.attestation(self.row.id, &self.from.name, command).await?)
    }

    async fn tree(&self, commit: CommitId) -> Result<Option<TreeId>, WorkError> {
        let mirror = self.ctx.mirror(self.row).await?;
        Ok(match mirror.at_hand().await?.tree(commit).await? {
            Some(tree) => Some(tree),
            None => mirror.fetched(&[self.pull.pull.number.0]).await?.tree(commit).await?,
        })
    }

    /// Whether these files were live on the environment at that moment; where nobody deploys, the branch alone tells.
    async fn was_live(&self, tree: TreeId, at: UnixMillis) -> Result<bool, WorkError> {
        if self.ctx.is_dormant(self.row, self.path).await? {
            return Ok(true);
        }
        let deploys = self.ctx.store.newest_deploys(self.row.id, &self.from.name, DEPLOYS_AT_MOST).await?;
        Ok(were_live(&deploys, tree, at))
    }

    /// The roles in which they may sign off, or why in none.
    async fn roles_of(
        &self,
        asker: &Asker<'_>,
        commit: CommitId,
    ) -> Result<Result<Vec<String>, WhyNoSignOff>, WorkError> {
        let mut roles: Vec<&SignOffRole> = Vec::new();
        for role in &self.to.requires.signoffs {
            let need = if role.by.is_empty() {
                Need::of(SIGNOFF, DefaultRight::WRITE, Some(self.from), self.path)
            } else {
                Need::one_of(role.by.clone())
            };
            if asker.decide(&need).await? == Decision::Allowed {
                roles.push(role);
            }
        }
        if roles.is_empty() {
            return Ok(Err(WhyNoSignOff::MissingRight));
        }
        let asks_others = roles.iter().any(|it| it.by_others);
        if asks_others && made_a_change(self.ctx, (self.row, self.path), (self.from, commit), asker).await? {
            roles.retain(|it| !it.by_others);
        }
        let roles: Vec<String> = roles.into_iter().map(|it| it.role.clone()).collect();
        Ok(if roles.is_empty() { Err(WhyNoSignOff::OwnChange) } else { Ok(roles) })
    }

    /// What somebody has approved before they wanted changes, or before their approval was dismissed.
    fn taken_back(&self, author: UserId, review: &ReviewJson, given: &[Attestation]) -> Vec<Change> {
        let (id, number) = (self.row.id, self.pull.pull.number);
        let login = review.user.as_ref().map_or("ghost", |user| user.login.as_str());
        let is_earlier = |it: &&Attestation| {
            it.by_id == Some(author)
                && matches!(it.what, Attested::Approval { number: of, review: before, .. }
                    if of == number && before <= review.id)
        };
        let mut changes = Vec::new();
        for approval in given.iter().filter(is_earlier) {
            let withdrawal = Withdrawal { at: self.ctx.now(), by: login.to_owned() };
            let environment = EnvironmentName::from(self.from.name.as_str());
            changes.push(Change::Withdraw(id, environment, approval.command.clone(), withdrawal));
            let how = if review.state == "dismissed" {
                "their approval was dismissed"
            } else {
                "they want changes"
            };
            let result = format!("what {login} had approved in a review is no sign-off any more: {how}");
            let about = (String::new(), approval.commit);
            changes.push(Change::Audit(Box::new(self.entry(login, about, (true, result)))));
        }
        changes
    }

    fn entry(
        &self,
        actor: &str,
        (role, commit): (String, CommitId),
        (done, result): (bool, String),
    ) -> AuditEntry {
        AuditEntry {
            at: self.ctx.now(),
            actor: actor.to_owned(),
            role,
            action: SIGNOFF.to_owned(),
            repository: self.row.id,
            environment: Some(self.from.name.clone()),
            pull_request: Some(self.pull.pull.number),
            reason: None,
            head: Some(commit),
            base: None,
            done,
            result,
            delivery: self.delivery.clone(),
        }
    }
}

/// GitHub's number of a review.
fn review_of(approval: &Attestation) -> Option<u64> {
    match approval.what {
        Attested::Approval { review, .. } => Some(review),
        _ => None,
    }
}

/// Why an approving review is no sign-off, where it is none.
fn why_none(approval: &Attestation) -> Option<WhyNoSignOff> {
    match approval.what {
        Attested::Approval { not_counted, .. } => not_counted,
        _ => None,
    }
}

/// Whether these files were live at that moment, as far as is known by now.
fn were_live(deploys: &[Deploy], tree: TreeId, at: UnixMillis) -> bool {
    // GitHub tells whole seconds.
    let by_then = |(since, _): &(UnixMillis, &Deploy)| *since < at + Duration::from_secs(1);
    let live = deploys.iter().filter_map(|it| Some((live_since(it)?, it))).filter(by_then);
    live.max_by_key(|(since, _)| *since).is_some_and(|(_, it)| it.tree == tree)
}

/// Since when a deploy that has succeeded is live: a report may be heard of long after it was made.
fn live_since(deploy: &Deploy) -> Option<UnixMillis> {
    let heard_at = deploy.ended_at.filter(|_| deploy.state == DeployState::Succeeded)?;
    let reported_at = deploy.reported_at.unwrap_or(heard_at);
    // Whoever made the report may have a clock that is behind.
    Some(reported_at.max(deploy.requested_at.unwrap_or(deploy.made_at)).min(heard_at))
}

fn plain(why: WhyNoSignOff) -> &'static str {
    match why {
        WhyNoSignOff::MissingRight => "they may not sign off",
        WhyNoSignOff::OwnChange => "they have made one of the changes",
        WhyNoSignOff::NotLive => "the files were not live there",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::ReviewerJson;
    use crate::model::Trigger;

    fn review(id: u64, author: u64, state: &str) -> ReviewJson {
        let kind = if author == 9 { "Bot" } else { "User" }.to_owned();
        let user = ReviewerJson { login: format!("user-{author}"), id: Some(UserId(author)), kind };
        ReviewJson { id, user: Some(user), state: state.to_owned(), commit_id: None, submitted_at: None }
    }

    fn said(listed: &[(u64, u64, &str)], told: &[(u64, u64, &str)]) -> Vec<(u64, u64, String)> {
        let all = |of: &[(u64, u64, &str)]| {
            of.iter().map(|(id, author, state)| review(*id, *author, state)).collect::<Vec<_>>()
        };
        let newest = newest_by_author(all(listed), all(told).into_iter());
        newest.into_iter().map(|(author, it)| (author.0, it.id, it.state)).collect()
    }

    #[test]
    fn files_are_live_from_when_it_was_reported_and_not_from_when_it_was_heard() {
        let deploy = |n: u8, requested: i64, reported: Option<i64>, ended: i64| {
            let files = (CommitId::from_bytes([n; 20]), TreeId::from_bytes([n; 20]));
            Deploy {
                state: DeployState::Succeeded,
                requested_at: Some(UnixMillis(requested)),
                reported_at: reported.map(UnixMillis),
                ended_at: Some(UnixMillis(ended)),
                ..Deploy::new(u64::from(n), "staging", files, Trigger::Merge)
            }
        };
        let live = |deploys: &[Deploy], at| {
            let trees = [1, 2].map(|n| TreeId::from_bytes([n; 20]));
            trees.map(|tree| were_live(deploys, tree, UnixMillis(at)))
        };
        let heard_late = [deploy(2, 60_000, Some(100_000), 700_000), deploy(1, 0, Some(10_000), 10_000)];
        assert_eq!(live(&heard_late, 400_000), [false, true], "the server was down");
        assert_eq!(live(&heard_late, 90_000), [true, false]);
        assert_eq!(live(&heard_late, 5_000), [false, false]);
        // By a clock that is behind, and by one that is ahead; and where nobody has reported.
        assert_eq!(live(&[deploy(1, 50_000, Some(1), 90_000)], 40_000), [false, false]);
        assert_eq!(live(&[deploy(1, 50_000, Some(1), 90_000)], 60_000), [true, false]);
        assert_eq!(live(&[deploy(1, 50_000, Some(500_000), 90_000)], 90_000), [true, false]);
        assert_eq!(live(&[deploy(1, 50_000, None, 90_000)], 80_000), [false, false]);
        let failed = Deploy { state: DeployState::Failed, ..deploy(1, 0, Some(1), 1) };
        assert_eq!(live(&[failed], 90_000), [false, false]);
    }

    #[test]
    fn what_somebody_has_said_last_counts() {
        let of = |author: u64, id: u64, state: &str| (author, id, state.to_owned());
        assert_eq!(said(&[(1, 1, "APPROVED")], &[]), [of(1, 1, "approved")]);
        assert_eq!(said(&[(1, 1, "APPROVED"), (2, 1, "COMMENTED")], &[]), [of(1, 1, "approved")]);
        let both = [(1, 1, "APPROVED"), (2, 2, "APPROVED"), (3, 1, "CHANGES_REQUESTED")];
        assert_eq!(said(&both, &[]), [of(1, 3, "changes_requested"), of(2, 2, "approved")]);
        // The list is late.
        assert_eq!(said(&[], &[(4, 1, "approved")]), [of(1, 4, "approved")]);
        assert_eq!(said(&[(4, 1, "APPROVED")], &[(4, 1, "dismissed")]), [of(1, 4, "dismissed")]);
        // So is the event.
        assert_eq!(said(&[(4, 1, "DISMISSED")], &[(4, 1, "approved")]), [of(1, 4, "dismissed")]);
        assert_eq!(said(&[(4, 9, "APPROVED")], &[]), [], "a bot's word");
    }
}
