//! Filling the pages from the model.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Html;
use http::HeaderMap;
use http::header::COOKIE;
use serde::Deserialize;

use super::conversation::conversation;
use super::door::Refusal;
use super::view;
use crate::Refused;
use crate::git::{CommitInfo, is_sha, moment};
use crate::hub::Hub;
use crate::model::{
    AccountKind, CheckRun, Delivery, Deployment, Issue, Permission, Pull, Repository, RequiredCheck,
    RunAction, World,
};

/// How many commits of a branch are listed.
const RECENT: &str = "--max-count=12";

/// How many deliveries are listed.
const DELIVERIES: usize = 200;

/// How many issues are listed.
const ISSUES: usize = 30;

type Page = Result<Html<String>, Refusal>;

/// The cookie that remembers who acted last.
pub(super) const WHO: &str = "who";

/// `/`
pub(super) async fn home(State(hub): State<Arc<Hub>>) -> Html<String> {
    let lines = hub.with(|world| {
        let living = world.repositories.values().filter(|found| !found.deleted);
        let line = |found: &Repository| view::RepositoryLine {
            name: world.full_name(found),
            description: found.description.clone(),
            default_branch: found.default_branch.clone(),
            open_pulls: world.pulls.values().filter(|pull| pull.open && pull.repository == found.id).count(),
        };
        living.map(line).collect::<Vec<_>>()
    });
    Html(view::home(&lines).into_string())
}

/// `/{owner}/{repo}`
pub(super) async fn repository(
    State(hub): State<Arc<Hub>>,
    Path((owner, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Page {
    let (found, mut view) = hub.with(|world| {
        let found = named(world, &owner, &name)?;
        let pulls = |open: bool| {
            let own =
                world.pulls.values().rev().filter(|pull| pull.repository == found.id && pull.open == open);
            own.map(|pull| pull_line(world, pull)).collect()
        };
        let name = world.full_name(found);
        let view = view::RepositoryView {
            clone_url: format!("{}/{name}.git", world.urls.html),
            name,
            environments: environments(world, found.id),
            issues: issues(world, found.id),
            branches: Vec::new(),
            open: pulls(true),
            closed: pulls(false),
            people: people(world, found, &headers),
        };
        Ok::<_, Refused>((found.clone(), view))
    })?;
    for (branch, tip) in found.branches() {
        let mut commits = hub.git.commits(found.id, &[RECENT, tip]).await?;
        commits.reverse();
        let Some(newest) = commits.first() else {
            continue;
        };
        let required = found.protections.get(branch).map(|protection| &protection.required);
        view.branches.push(view::BranchView {
            name: branch.to_owned(),
            tip: commit_line(newest),
            is_default: branch == found.default_branch,
            required: required.into_iter().flatten().map(|check| check.context.clone()).collect(),
            commits: commits.iter().map(commit_line).collect(),
        });
    }
    Ok(Html(view::repository(&view).into_string()))
}

/// What may stand in the query of the form for a new pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    head: Option<String>,
    base: Option<String>,
}

/// `/{owner}/{repo}/pulls/new`
pub(super) async fn new_pull(
    State(hub): State<Arc<Hub>>,
    Path((owner, name)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Page {
    let view = hub.with(|world| {
        let found = named(world, &owner, &name)?;
        Ok::<_, Refused>(view::NewPull {
            repository: world.full_name(found),
            branches: found.branches().map(|(name, _)| name.to_owned()).collect(),
            head: wanted.head,
            base: wanted.base.or_else(|| Some(found.default_branch.clone())),
            people: people(world, found, &headers),
        })
    })?;
    Ok(Html(view::new_pull(&view).into_string()))
}

/// `/{owner}/{repo}/pull/{number}`
pub(super) async fn pull(
    State(hub): State<Arc<Hub>>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    headers: HeaderMap,
) -> Page {
    let (pull, mut view) = hub.with(|world| {
        let found = named(world, &owner, &name)?;
        let pull = world.pulls.get(&(found.id, number)).ok_or_else(Refused::not_found)?;
        Ok::<_, Refused>((pull.clone(), pull_view(world, found, pull, &headers)))
    })?;
    let range = format!("{}..{}", pull.base_sha, pull.head.sha);
    let commits = hub.git.commits(pull.repository, &[&range]).await?;
    view.commits = commits.iter().map(commit_line).collect();
    Ok(Html(view::pull(&view).into_string()))
}

/// `/{owner}/{repo}/issues/{number}`
pub(super) async fn issue(
    State(hub): State<Arc<Hub>>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    headers: HeaderMap,
) -> Page {
    let view = hub.with(|world| {
        let found = named(world, &owner, &name)?;
        let issue = world.issues.get(&(found.id, number)).ok_or_else(Refused::not_found)?;
        Ok::<_, Refused>(view::IssueView {
            repository: world.full_name(found),
            line: issue_line(world, issue),
            body: issue.body.clone(),
            conversation: conversation(world, (found.id, number)),
            people: people(world, found, &headers),
        })
    })?;
    Ok(Html(view::issue(&view).into_string()))
}

/// `/{owner}/{repo}/commit/{sha}`
pub(super) async fn commit(
    State(hub): State<Arc<Hub>>,
    Path((owner, name, sha)): Path<(String, String, String)>,
) -> Page {
    let found = hub.with(|world| named(world, &owner, &name).cloned())?;
    if !is_sha(&sha) {
        return Err(Refused::not_found().into());
    }
    let info = hub.git.commit_info(found.id, &sha).await?.ok_or_else(Refused::not_found)?;
    let args = ["show", "--format=", "--first-parent", "--diff-merges=first-parent", "--no-color", &info.sha];
    let diff = hub.git.run(found.id, &args).await?;
    let (repository, checks) = hub.with(|world| {
        let runs = world.current_runs(found.id, &info.sha);
        let checks = runs.map(|run| (light(run), run.name.clone(), run.output.title.clone())).collect();
        (world.full_name(&found), checks)
    });
    let view = view::CommitView {
        repository,
        line: commit_line(&info),
        branches: found
            .branches()
            .filter(|(_, tip)| *tip == info.sha)
            .map(|(name, _)| name.to_owned())
            .collect(),
        parents: info.parents,
        message: info.message,
        checks,
        diff,
    };
    Ok(Html(view::commit(&view).into_string()))
}

/// `/deliveries`
pub(super) async fn deliveries(State(hub): State<Arc<Hub>>) -> Html<String> {
    let (lines, all) = hub.with(|world| {
        let newest = world.deliveries.values().rev().take(DELIVERIES);
        let line = |delivery: &Delivery| view::DeliveryLine {
            id: delivery.id,
            app: world.apps.get(&delivery.app).map_or_else(String::new, |app| app.slug.clone()),
            event: match &delivery.action {
                Some(action) => format!("{}.{action}", delivery.event),
                None => delivery.event.clone(),
            },
            guid: delivery.guid.clone(),
            status: match delivery.status_code {
                0 => delivery.status.clone(),
                code => format!("{code} {}", delivery.status),
            },
            good: delivery.status == "OK",
            again: delivery.redelivery,
            at: delivery.delivered_at,
        };
        (newest.map(line).collect::<Vec<_>>(), world.deliveries.len())
    });
    Html(view::deliveries(&lines, all - lines.len()).into_string())
}

/// A living repository by name.
pub(super) fn named<'a>(world: &'a World, owner: &str, name: &str) -> Result<&'a Repository, Refused> {
    world.repository_named(owner, name).ok_or_else(Refused::not_found)
}

/// The people who may at least read a repository.
fn people(world: &World, repository: &Repository, headers: &HeaderMap) -> view::People {
    let persons = world.accounts.values().filter(|account| account.kind == AccountKind::User);
    let mut all: Vec<(String, String)> = persons
        .filter(|account| world.permission_of(repository, account.id) >= Permission::Read)
        .map(|account| (account.login.clone(), world.role_of(repository, account.id)))
        .collect();
    all.sort();
    view::People { all, current: remembered(headers) }
}

/// The people who administer an account, or all for their own.
pub(super) fn administrators(world: &World, account: Option<u64>, headers: &HeaderMap) -> view::People {
    let persons = world.accounts.values().filter(|person| person.kind == AccountKind::User);
    let may = persons.filter(|person| account.is_none_or(|account| world.administers(person.id, account)));
    let role = if account.is_some() { "administrator" } else { "own account" };
    let mut all: Vec<_> = may.map(|person| (person.login.clone(), role.to_owned())).collect();
    all.sort();
    view::People { all, current: remembered(headers) }
}

fn remembered(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == WHO).map(|(_, login)| login.to_owned()).next()
}

fn commit_line(info: &CommitInfo) -> view::CommitLine {
    view::CommitLine {
        sha: info.sha.clone(),
        title: info.message.lines().next().unwrap_or_default().to_owned(),
        author: info.author.name.clone(),
        at: moment(info.committer.at),
    }
}

fn light(run: &CheckRun) -> view::Light {
    view::Light::of(run.conclusion.as_deref())
}

fn state(pull: &Pull) -> view::State {
    match pull {
        pull if pull.merged() => view::State::Merged,
        pull if !pull.open => view::State::Closed,
        pull if pull.draft => view::State::Draft,
        _ => view::State::Open,
    }
}

/// The head as people name it: with its owner if it is another one's.
fn head(world: &World, pull: &Pull) -> String {
    if pull.head.repository == Some(pull.repository) {
        return pull.head.branch.clone();
    }
    format!("{}:{}", world.login(pull.head.owner), pull.head.branch)
}

/// The newest deployment to each environment, the environments in order of their names.
fn environments(world: &World, repository: u64) -> Vec<view::EnvironmentLine> {
    let newest: BTreeMap<&str, &Deployment> =
        world.deployments_of(repository).map(|found| (found.environment.as_str(), found)).collect();
    let line = |(name, found): (&str, &Deployment)| {
        let last = found.statuses.last();
        let said = last.map(|status| status.description.clone()).filter(|text| !text.is_empty());
        view::EnvironmentLine {
            name: name.to_owned(),
            sha: found.sha.clone(),
            state: found.state().map(str::to_owned),
            at: found.updated_at,
            description: said.or_else(|| found.description.clone()).unwrap_or_default(),
            log_url: last.map(|status| status.log_url.clone()).unwrap_or_default(),
        }
    };
    newest.into_iter().map(line).collect()
}

/// The newest issues, open ones first.
fn issues(world: &World, repository: u64) -> Vec<view::IssueLine> {
    let all = || world.issues_of(repository).rev();
    let ordered = all().filter(|issue| issue.open).chain(all().filter(|issue| !issue.open));
    ordered.take(ISSUES).map(|issue| issue_line(world, issue)).collect()
}

fn issue_line(world: &World, issue: &Issue) -> view::IssueLine {
    view::IssueLine {
        number: issue.number,
        title: issue.title.clone(),
        state: if issue.open { view::State::Open } else { view::State::Closed },
        author: world.login(issue.author),
        labels: issue.labels.clone(),
        at: issue.created_at,
    }
}

fn pull_line(world: &World, pull: &Pull) -> view::PullLine {
    view::PullLine {
        number: pull.number,
        title: pull.title.clone(),
        state: state(pull),
        author: world.login(pull.author),
        head: head(world, pull),
        base: pull.base_ref.clone(),
        lights: world.current_runs(pull.repository, &pull.head.sha).map(light).collect(),
    }
}

fn pull_view(world: &World, home: &Repository, pull: &Pull, headers: &HeaderMap) -> view::PullView {
    view::PullView {
        repository: world.full_name(home),
        number: pull.number,
        title: pull.title.clone(),
        body: pull.body.clone(),
        state: state(pull),
        author: world.login(pull.author),
        created_at: pull.created_at,
        head: head(world, pull),
        base: pull.base_ref.clone(),
        branches: home.branches().map(|(name, _)| name.to_owned()).collect(),
        checks: checks(world, home, pull),
        conversation: conversation(world, (home.id, pull.number)),
        commits: Vec::new(),
        merge: merge_box(world, pull),
        people: people(world, home, headers),
    }
}

/// The newest run of each check, and the places of required ones that are missing.
fn checks(world: &World, home: &Repository, pull: &Pull) -> Vec<view::CheckView> {
    let protection = home.protections.get(&pull.base_ref);
    let required = protection.map_or(&[][..], |protection| &protection.required);
    let meets = |run: &CheckRun, wanted: &RequiredCheck| {
        run.name == wanted.context && wanted.app.is_none_or(|app| app == run.app)
    };
    let runs: Vec<&CheckRun> = world.current_runs(home.id, &pull.head.sha).collect();
    let present = runs.iter().map(|run| check_view(run, required.iter().any(|wanted| meets(run, wanted))));
    let missing = required.iter().filter(|wanted| !runs.iter().any(|run| meets(run, wanted)));
    let mut views: Vec<view::CheckView> = present.chain(missing.map(expected)).collect();
    views.sort_by(|a, b| (!a.required, &a.name).cmp(&(!b.required, &b.name)));
    views
}

fn expected(wanted: &RequiredCheck) -> view::CheckView {
    view::CheckView {
        id: None,
        name: wanted.context.clone(),
        light: view::Light::Running,
        required: true,
        title: None,
        summary: None,
        text: None,
        buttons: Vec::new(),
    }
}

fn check_view(run: &CheckRun, required: bool) -> view::CheckView {
    let button = |action: &RunAction| view::Button {
        label: action.label.clone(),
        description: action.description.clone(),
        identifier: action.identifier.clone(),
    };
    // As on GitHub, an app's buttons are there once its run is over.
    let shown = if run.status == "completed" { run.actions.as_slice() } else { &[] };
    view::CheckView {
        id: Some(run.id),
        name: run.name.clone(),
        light: light(run),
        required,
        title: run.output.title.clone(),
        summary: run.output.summary.clone(),
        text: run.output.text.clone(),
        buttons: shown.iter().map(button).collect(),
    }
}

fn merge_box(world: &World, pull: &Pull) -> view::MergeBox {
    if pull.merged() {
        let who = pull.merged_by.map_or_else(|| "Somebody".to_owned(), |id| world.login(id));
        return view::MergeBox::Over(Some((who, pull.base_ref.clone())));
    }
    if !pull.open {
        return view::MergeBox::Over(None);
    }
    if pull.draft {
        return view::MergeBox::Blocked("It is still a draft.".to_owned());
    }
    if pull.merge_commit.is_none() {
        return view::MergeBox::Blocked(format!("It conflicts with {}.", pull.base_ref));
    }
    world.blocked(pull).map_or(view::MergeBox::Ready, view::MergeBox::Blocked)
}
