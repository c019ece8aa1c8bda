//! Finding out how a deploy stands, and ending what still builds.

use super::CloudDriver;
use super::client::below;
use super::fault::CloudFault;
use super::follow::{self, Seen, difference};
use super::shared::FollowedLog;
use crate::commerce::log::{LogReader, LogReading};
use crate::commerce::platform::{
    Activity, ActivityState, CloudEnvironment, activity_for, activity_past, deployed_trees, find_environment,
};
use crate::deploy::drivers::DeployRequest;
use crate::deploy::drivers::forge::Forge;
use crate::deploy::{CancelAnswer, DeployReport};
use crate::model::{CommitId, Deploy, Phase, UserMessage, error_chain};
use reqwest::Url;
use serde_json::Value;
use std::time::Duration;

/// How many activities are looked through for the one that deploys a commit.
const LOOKED_THROUGH: &str = "20";
/// For how long the platform may not say yet what runs, once it has said success.
const TREES_WITHIN: Duration = Duration::from_secs(120);
/// For how long an activity may be missing from what the API answers.
const GONE_FOR: Duration = Duration::from_secs(60);
/// Whether the platform was asked to deploy the same again shows in its lists within this time.
const SHOWN_WITHIN: Duration = Duration::from_secs(60);

/// Where a deploy goes on the platform.
pub(super) struct Place {
    pub(super) endpoint: Url,
    pub(super) environment: CloudEnvironment,
}

impl<F: Forge> CloudDriver<'_, F> {
    /// The project and the environment, as they are now.
    pub(super) async fn place(&self, environment: &str) -> Result<Place, CloudFault> {
        let name = self.target(environment)?;
        let endpoint = self.client.endpoint().await?;
        let list = self.client.get(&below(&endpoint, &["environments"], &[])).await?;
        let environment =
            find_environment(&list, name).ok_or_else(|| CloudFault::NoEnvironment(name.to_owned()))?;
        Ok(Place { endpoint, environment })
    }

    fn of_environment(place: &Place, what: &[&str], query: &[(&str, &str)]) -> Url {
        let parts = [&["environments", place.environment.id.as_str()], what].concat();
        below(&place.endpoint, &parts, query)
    }

    /// The deploys of the environment, of all commits.
    pub(super) async fn activities(&self, place: &Place) -> Result<Vec<Activity>, CloudFault> {
        let types =
            [("type", "environment.push"), ("type", "environment.redeploy"), ("count", LOOKED_THROUGH)];
        self.list(&Self::of_environment(place, &["activities"], &types)).await
    }

    async fn list(&self, url: &Url) -> Result<Vec<Activity>, CloudFault> {
        let list = self.client.get(url).await?;
        let unreadable = || CloudFault::Unreadable { url: url.path().to_owned(), why: "it is no list" };
        Activity::read_list(&list).ok_or_else(unreadable)
    }

    /// The activity of a deploy: the newest that brings its commit, or the one that is known, if that is newer.
    async fn activity(
        &self,
        deploy: &Deploy,
        (place, all): (&Place, &[Activity]),
    ) -> Result<Option<Activity>, CloudFault> {
        let listed = known_activity(deploy).and_then(|handle| all.iter().find(|it| it.id == handle));
        let commit = listed.and_then(brought_by).unwrap_or_else(|| brought(deploy));
        let found = activity_for(all, &place.environment.id, commit).cloned();
        let found = found.filter(|it| follow::may_be_of(deploy, it));
        let Some(handle) = known_activity(deploy) else { return Ok(found) };
        if found.as_ref().is_some_and(|it| it.id == handle) {
            return Ok(found);
        }
        let known = match listed {
            Some(known) => Some(known.clone()),
            None => self.activity_by_id(place, handle).await?,
        };
        Ok(known.into_iter().chain(found).max_by_key(|it| it.created_at))
    }

    async fn activity_by_id(&self, place: &Place, id: &str) -> Result<Option<Activity>, CloudFault> {
        match self.client.get(&below(&place.endpoint, &["activities", id], &[])).await {
            Ok(answer) => Ok(Activity::read(&answer)),
            Err(CloudFault::Missing(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// How a deploy stands.
    pub(super) async fn look(&self, request: &DeployRequest) -> Result<Vec<DeployReport>, CloudFault> {
        let deploy = &request.deploy;
        let place = self.place(&deploy.environment).await?;
        let all = self.activities(&place).await?;
        let Some(activity) = self.activity(deploy, (&place, &all)).await? else {
            return match known_activity(deploy) {
                Some(known) => self.gone(request, &place, known).await,
                None => self.not_begun(deploy, (&place, &all)).await,
            };
        };
        self.shared.with(&request.key, |it| it.gone_since = None);
        let (reading, lines) = self.read_log(&request.key, &place, &activity).await?;
        let seen = Seen { deploy, activity: &activity, reading: &reading, lines, now: self.now };
        let report = match activity.state {
            ActivityState::Pending => seen.under_way(self.behind(&place, &activity).await?),
            ActivityState::Staged | ActivityState::InProgress => seen.under_way(None),
            ActivityState::Cancelled => seen.cancelled(),
            ActivityState::Complete if seen.is_live() => self.compared(request, &place, &seen).await?,
            ActivityState::Complete => match self.try_again(request, &place, &seen).await? {
                Some(tried_again) => tried_again,
                None => seen.failed(),
            },
        };
        Ok(vec![report])
    }

    /// Reads on in the log of an activity. Answers what it tells, and how many lines were read.
    async fn read_log(
        &self,
        key: &str,
        place: &Place,
        activity: &Activity,
    ) -> Result<(LogReading, u64), CloudFault> {
        let known = self.shared.with(key, |it| it.log.clone()).filter(|log| log.activity == activity.id);
        let mut log = known.unwrap_or_else(|| FollowedLog {
            activity: activity.id.clone(),
            lines: 0,
            reader: LogReader::new(),
        });
        let mut url = match activity.links.get("log") {
            Some(href) => self.client.link(&place.endpoint, href)?,
            None => below(&place.endpoint, &["activities", &activity.id, "log"], &[]),
        };
        let from = log.lines.to_string();
        url.query_pairs_mut().extend_pairs([
            ("start_at", from.as_str()),
            ("max_items", "0"),
            ("max_delay", "0"),
        ]);
        let bytes = match self.client.log(&url).await {
            Ok(bytes) => bytes,
            // An end is told by the activity; its log is a help.
            Err(fault) if activity.state.is_over() => {
                tracing::warn!(error = error_chain(&fault), "the log of an activity cannot be read");
                Vec::new()
            }
            Err(fault) => return Err(fault),
        };
        for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| is_item(line)) {
            log.lines += 1;
            log.reader.push(line);
        }
        let status = activity.failed_command().and_then(|it| u8::try_from(it.exit_code).ok());
        let reading = match status {
            Some(status) => log.reader.clone().finish_with_status(status),
            None if activity.state.is_over() => log.reader.clone().finish(),
            None => log.reader.so_far(),
        };
        let lines = log.lines;
        self.shared.with(key, |it| it.log = Some(log));
        Ok((reading, lines))
    }

    /// Whether the platform does anything else in the environment.
    async fn is_busy(&self, place: &Place, besides: &Activity) -> Result<bool, CloudFault> {
        let others = self.open_activities(place).await?;
        Ok(others.iter().any(|it| it.id != besides.id && !it.state.is_over()))
    }

    async fn open_activities(&self, place: &Place) -> Result<Vec<Activity>, CloudFault> {
        let query = [("state", "in_progress"), ("state", "pending"), ("state", "staged"), ("count", "10")];
        self.list(&Self::of_environment(place, &["activities"], &query)).await
    }

    /// What the platform does before an activity's turn comes: in its environment, else anywhere in the project.
    async fn behind(&self, place: &Place, waits: &Activity) -> Result<Option<String>, CloudFault> {
        let url = below(&place.endpoint, &["activities"], &[("state", "in_progress"), ("count", "10")]);
        let mut others = self.list(&url).await?;
        others.retain(|it| it.id != waits.id && !it.state.is_over());
        let is_here = |it: &&Activity| it.environments.contains(&place.environment.id);
        Ok(others.iter().find(is_here).or(others.first()).map(follow::named))
    }

    async fn not_begun(
        &self,
        deploy: &Deploy,
        (place, all): (&Place, &[Activity]),
    ) -> Result<Vec<DeployReport>, CloudFault> {
        if !deploy.state.is_open() {
            return Ok(Vec::new());
        }
        let past = activity_past(all, &place.environment.id, brought(deploy));
        if let Some((_, newer)) = past.filter(|(it, _)| follow::may_be_of(deploy, it)) {
            return Ok(vec![follow::went_with(deploy, newer)]);
        }
        let others = self.open_activities(place).await?;
        Ok(vec![follow::not_begun(deploy, others.first())])
    }

    /// The activity was there and is gone.
    async fn gone(
        &self,
        request: &DeployRequest,
        place: &Place,
        known: &str,
    ) -> Result<Vec<DeployReport>, CloudFault> {
        let deploy = &request.deploy;
        // Of what has ended they vanish with time.
        if !deploy.state.is_open() && !deploy.may_still_run() {
            return Ok(Vec::new());
        }
        let since = self.shared.with(&request.key, |it| *it.gone_since.get_or_insert(self.now));
        if self.now.since(since) < GONE_FOR {
            return Ok(Vec::new());
        }
        let same = self.differs(request, place).await?.map(|difference| difference.is_none());
        Ok(vec![follow::vanished(deploy, known, same, self.now)])
    }

    /// In what the files that run differ from the deploy's; the outer `None` where the platform does not tell.
    async fn differs(
        &self,
        request: &DeployRequest,
        place: &Place,
    ) -> Result<Option<Option<String>>, CloudFault> {
        let deploy = &request.deploy;
        let url = Self::of_environment(place, &["deployments", "current"], &[]);
        let current = match self.client.get(&url).await {
            Ok(current) => current,
            Err(CloudFault::Missing(_)) => Value::Null,
            Err(fault) => return Err(fault),
        };
        let Some(theirs) = deployed_trees(&current) else { return Ok(None) };
        let ours = self.forge.application_trees(deploy.commit).await?;
        Ok(Some(difference(&ours, deploy.tree, &theirs)))
    }

    /// A deploy that has gone well, once what runs is what was to be deployed.
    async fn compared(
        &self,
        request: &DeployRequest,
        place: &Place,
        seen: &Seen<'_>,
    ) -> Result<DeployReport, CloudFault> {
        let differs = match self.differs(request, place).await? {
            Some(None) => return Ok(seen.succeeded()),
            Some(Some(differs)) => differs,
            None => "it does not say what runs".to_owned(),
        };
        let since = self.shared.with(&request.key, |it| it.differs_since(&seen.activity.id, self.now));
        Ok(seen.other_files(&differs, self.now.since(since) >= TREES_WITHIN))
    }

    /// Has the same deployed again where that may help: once, and not where that was done, is done by somebody, or
    /// would deploy what somebody else has pushed since. That it is asked for is kept first.
    async fn try_again(
        &self,
        request: &DeployRequest,
        place: &Place,
        seen: &Seen<'_>,
    ) -> Result<Option<DeployReport>, CloudFault> {
        if !seen.is_worth_another_try(place.environment.head_commit.as_deref()) {
            return Ok(None);
        }
        let is_due = self.shared.with(&request.key, |it| std::mem::take(&mut it.retry_is_due));
        // Where that is not known here, it may have been asked for before a restart: it is never asked for twice.
        if let Some(kept) = request.deploy.retried_at.filter(|_| !is_due) {
            let may_show_yet = self.now.since(kept) < SHOWN_WITHIN;
            return Ok(may_show_yet.then(|| seen.tried_again(None)));
        }
        if self.is_busy(place, seen.activity).await? {
            return Ok(None);
        }
        let Some(href) = place.environment.links.get("#redeploy") else { return Ok(None) };
        let url = self.client.link(&place.endpoint, href)?;
        if request.deploy.retried_at.is_none() {
            self.shared.with(&request.key, |it| it.retry_is_due = true);
            return Ok(Some(seen.tried_again(None)));
        }
        let answer = self.client.post(&url).await?;
        Ok(Some(seen.tried_again(Activity::begun(&answer).first())))
    }

    /// Ends what still builds. What has begun to deploy cannot be ended on the platform.
    pub(super) async fn end_build(&self, request: &DeployRequest) -> Result<CancelAnswer, CloudFault> {
        let deploy = &request.deploy;
        let place = self.place(&deploy.environment).await?;
        let all = self.activities(&place).await?;
        let Some(activity) = self.activity(deploy, (&place, &all)).await? else {
            // What was pushed is there, and what an integration brings may come.
            let is_pushed = place.environment.head_commit.as_deref() == Some(&*brought(deploy).to_string());
            let may_begin =
                follow::may_yet_begin(deploy, self.now) && (is_pushed || self.is_integrated(&place).await?);
            return Ok(follow::not_there_to_end(known_activity(deploy), may_begin));
        };
        if activity.state.is_over() {
            // How it has ended is told by a look at it.
            return Ok(CancelAnswer::Told);
        }
        let (reading, _) = self.read_log(&request.key, &place, &activity).await?;
        let has_begun = reading.phase.max(deploy.phase()) > Some(Phase::Build) || activity.has_been_built();
        let link = activity.links.get("#cancel").filter(|_| !has_begun);
        let Some(href) = link else {
            let why = if has_begun {
                "its deploy has begun, and the platform ends none of those; it comes to its own end"
            } else {
                "the platform does not let it be cancelled now; it comes to its own end"
            };
            return Ok(CancelAnswer::Cannot(UserMessage::new(why)));
        };
        self.client.post(&self.client.link(&place.endpoint, href)?).await?;
        Ok(CancelAnswer::Told)
    }
}

/// The activity that was seen for a deploy.
fn known_activity(deploy: &Deploy) -> Option<&str> {
    deploy.handle.as_deref().filter(|handle| handle.parse::<CommitId>().is_err())
}

/// The commit that the platform's branch is brought to: the deploy's own, or one that was made for it, until its activity
/// tells.
fn brought(deploy: &Deploy) -> CommitId {
    deploy.handle.as_deref().and_then(|handle| handle.parse().ok()).unwrap_or(deploy.commit)
}

fn brought_by(activity: &Activity) -> Option<CommitId> {
    activity.commits.first()?.parse().ok()
}

/// Whether a line of a log, as the API sends it, is whole and holds what was logged. The last one seals it.
fn is_item(line: &[u8]) -> bool {
    if !line.ends_with(b"\n") {
        return false;
    }
    let item: Option<Value> = serde_json::from_slice(line).ok();
    item.is_some_and(|it| it.get("data").is_some_and(|data| data.get("message").is_some()))
}
