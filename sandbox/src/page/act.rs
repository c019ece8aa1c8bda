//! Taking the forms to the acts.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::door::Refusal;
use super::show::{WHO, named};
use crate::Refused;
use crate::acts::issues::IssueChange;
use crate::acts::{Actor, checks, comments, issues, merging, pulls, refs};
use crate::git::{NewCommit, Signature, valid_branch};
use crate::hub::Hub;
use crate::model::{Account, AccountKind, Parcel, Permission, World};

type Done = Result<Response, Refusal>;
type Place = Path<(String, String, u64)>;

/// Somebody who may do something on a repository.
struct Who {
    repository: u64,
    account: u64,
    login: String,
    /// Where on the page they go on, as in its address.
    place: String,
}

impl Who {
    /// Looks somebody up and sees whether they may.
    fn may(hub: &Hub, (owner, name): (&str, &str), login: &str, needed: Permission) -> Result<Self, Refused> {
        hub.with(|world| {
            let repository = named(world, owner, name)?;
            let account = person_named(world, login)?;
            let has = world.permission_of(repository, account.id);
            if has < needed {
                let (role, needed) = (world.role_of(repository, account.id), needed.role_name());
                let sentence = format!("{} has the role {role} here; this takes {needed}", account.login);
                return Err(Refused::new(403, sentence));
            }
            let login = account.login.clone();
            Ok(Self { repository: repository.id, account: account.id, login, place: String::new() })
        })
    }

    const fn actor(&self) -> Actor {
        Actor::person(self.account)
    }

    /// Comments on what is under discussion, and goes on where the answer will come.
    fn comment(self, hub: &Hub, number: u64, form: &NewComment) -> Result<Self, Refused> {
        let id = comments::create(hub, self.repository, number, &form.text(), self.actor())?;
        Ok(Self { place: format!("#comment-{id}"), ..self })
    }

    fn back_to(&self, page: &str) -> Response {
        go_on(&self.login, &format!("{page}{}", self.place))
    }
}

/// A person by login.
pub(super) fn person_named<'a>(world: &'a World, login: &str) -> Result<&'a Account, Refused> {
    let account = world.account_named(login).filter(|account| account.kind == AccountKind::User);
    account.ok_or_else(|| Refused::new(422, format!("Nobody is called \"{login}\"")))
}

/// Leads to an address; the pages will remember who it was. A login has no character that a cookie could not hold.
pub(super) fn go_on(login: &str, address: &str) -> Response {
    let cookie = format!("{WHO}={login}; Path=/; HttpOnly; SameSite=Strict");
    ([(SET_COOKIE, cookie)], Redirect::to(address)).into_response()
}

fn page_of(Path((owner, name, number)): &Place) -> String {
    format!("/{owner}/{name}/pull/{number}")
}

/// Does something to an issue as somebody, and goes back to its page.
fn on_issue(
    hub: &Hub,
    Path((owner, name, number)): &Place,
    login: &str,
    needed: Permission,
    act: impl FnOnce(Who) -> Result<Who, Refused>,
) -> Done {
    let page = format!("/{owner}/{name}/issues/{number}");
    let refusal = |refused| Refusal::new(refused, page.clone());
    let who = Who::may(hub, (owner, name), login, needed).map_err(refusal)?;
    if !hub.with(|world| world.issues.contains_key(&(who.repository, *number))) {
        return Err(Refused::not_found().into());
    }
    Ok(act(who).map_err(refusal)?.back_to(&page))
}

/// Does something to a pull request as somebody, and goes back to its page.
async fn on_pull<F>(
    hub: &Hub,
    place: &Place,
    login: &str,
    needed: Permission,
    act: impl FnOnce(Who) -> F,
) -> Done
where
    F: Future<Output = Result<Who, Refused>>,
{
    let page = page_of(place);
    let Path((owner, name, number)) = place;
    let refusal = |refused| Refusal::new(refused, page.clone());
    let who = Who::may(hub, (owner, name), login, needed).map_err(refusal)?;
    if !hub.with(|world| world.pulls.contains_key(&(who.repository, *number))) {
        return Err(Refused::not_found().into());
    }
    let who = act(who).await.map_err(refusal)?;
    Ok(who.back_to(&page))
}

/// A form that only says who it is.
#[derive(Debug, Deserialize)]
pub(super) struct Plain {
    who: String,
}

/// The form of a comment.
#[derive(Debug, Deserialize)]
pub(super) struct NewComment {
    who: String,
    body: String,
}

impl NewComment {
    /// A browser sends the ends of lines as the network has them.
    fn text(&self) -> String {
        self.body.replace("\r\n", "\n")
    }
}

pub(super) async fn comment(State(hub): State<Arc<Hub>>, place: Place, Form(form): Form<NewComment>) -> Done {
    let number = place.2;
    let act = async |who: Who| who.comment(&hub, number, &form);
    on_pull(&hub, &place, &form.who, Permission::Read, act).await
}

pub(super) async fn comment_on_issue(
    State(hub): State<Arc<Hub>>,
    place: Place,
    Form(form): Form<NewComment>,
) -> Done {
    on_issue(&hub, &place, &form.who, Permission::Read, |who| who.comment(&hub, place.2, &form))
}

/// The form of a merge.
#[derive(Debug, Deserialize)]
pub(super) struct Merge {
    who: String,
    method: String,
}

pub(super) async fn merge(State(hub): State<Arc<Hub>>, place: Place, Form(form): Form<Merge>) -> Done {
    let number = place.2;
    let act = async |who: Who| {
        let method = match form.method.as_str() {
            "merge" => merging::Method::Merge,
            "squash" => merging::Method::Squash,
            "rebase" => merging::Method::Rebase,
            _ => return Err(Refused::new(422, "There is no such way to merge")),
        };
        merging::merge_pull(&hub, who.repository, number, method, merging::Wishes::default(), who.actor())
            .await?;
        Ok(who)
    };
    on_pull(&hub, &place, &form.who, Permission::Write, act).await
}

pub(super) async fn close(State(hub): State<Arc<Hub>>, place: Place, Form(form): Form<Plain>) -> Done {
    let number = place.2;
    let act = async |who: Who| {
        pulls::close(&hub, who.repository, number, who.account);
        Ok(who)
    };
    on_pull(&hub, &place, &form.who, Permission::Triage, act).await
}

pub(super) async fn reopen(State(hub): State<Arc<Hub>>, place: Place, Form(form): Form<Plain>) -> Done {
    let number = place.2;
    let act = async |who: Who| {
        pulls::reopen(&hub, who.repository, number, who.account).await?;
        Ok(who)
    };
    on_pull(&hub, &place, &form.who, Permission::Triage, act).await
}

pub(super) async fn close_issue(State(hub): State<Arc<Hub>>, place: Place, Form(form): Form<Plain>) -> Done {
    turn_issue(&hub, &place, &form.who, false)
}

pub(super) async fn reopen_issue(State(hub): State<Arc<Hub>>, place: Place, Form(form): Form<Plain>) -> Done {
    turn_issue(&hub, &place, &form.who, true)
}

/// Closes or reopens an issue as somebody.
fn turn_issue(hub: &Hub, place: &Place, login: &str, open: bool) -> Done {
    on_issue(hub, place, login, Permission::Triage, |who| {
        let change = IssueChange { open: Some(open), ..IssueChange::default() };
        issues::change(hub, who.repository, place.2, change, who.actor())?;
        Ok(who)
    })
}

/// The form of a new base.
#[derive(Debug, Deserialize)]
pub(super) struct Retarget {
    who: String,
    base: String,
}

pub(super) async fn retarget(State(hub): State<Arc<Hub>>, place: Place, Form(form): Form<Retarget>) -> Done {
    let number = place.2;
    let act = async |who: Who| {
        pulls::retarget(&hub, who.repository, number, &form.base, who.account).await?;
        Ok(who)
    };
    on_pull(&hub, &place, &form.who, Permission::Write, act).await
}

/// The buttons of a check.
#[derive(Debug, Deserialize)]
pub(super) struct Pressed {
    who: String,
    /// The identifier of one of the app's buttons; none for the one that asks for the check again.
    press: Option<String>,
}

pub(super) async fn check(
    State(hub): State<Arc<Hub>>,
    Path((owner, name, number, id)): Path<(String, String, u64, u64)>,
    Form(form): Form<Pressed>,
) -> Done {
    let place = Path((owner, name, number));
    let act = async |who: Who| {
        let own = hub.with(|world| world.runs.get(&id).is_some_and(|run| run.repository == who.repository));
        if !own {
            return Err(Refused::not_found());
        }
        match &form.press {
            Some(identifier) => checks::press(&hub, id, identifier, who.account)?,
            None => checks::rerequest(&hub, id, who.account)?,
        }
        Ok(who)
    };
    on_pull(&hub, &place, &form.who, Permission::Write, act).await
}

/// The form of a new pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Open {
    who: String,
    head: String,
    base: String,
    title: String,
    body: String,
}

pub(super) async fn open(
    State(hub): State<Arc<Hub>>,
    Path((owner, name)): Path<(String, String)>,
    Form(form): Form<Open>,
) -> Done {
    let back = format!("/{owner}/{name}/pulls/new");
    let refusal = |refused| Refusal::new(refused, back.clone());
    let who = Who::may(&hub, (&owner, &name), &form.who, Permission::Write).map_err(refusal)?;
    let body = form.body.replace("\r\n", "\n");
    let new = pulls::NewPull {
        title: form.title,
        body: Some(body).filter(|body| !body.trim().is_empty()),
        head_repository: who.repository,
        head: form.head,
        base: form.base,
        draft: false,
    };
    let number = pulls::open(&hub, who.repository, new, who.actor()).await.map_err(refusal)?;
    Ok(who.back_to(&format!("/{owner}/{name}/pull/{number}")))
}

/// The form of a commit.
#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    who: String,
    from: String,
    branch: String,
    path: String,
    message: String,
    content: String,
}

pub(super) async fn commit(
    State(hub): State<Arc<Hub>>,
    Path((owner, name)): Path<(String, String)>,
    Form(form): Form<Commit>,
) -> Done {
    let page = format!("/{owner}/{name}");
    let refusal = |refused| Refusal::new(refused, page.clone());
    let who = Who::may(&hub, (&owner, &name), &form.who, Permission::Write).map_err(refusal)?;
    write_commit(&hub, &who, form).await.map_err(refusal)?;
    Ok(who.back_to(&page))
}

/// Puts one commit on a branch, new or old, as a push would.
async fn write_commit(hub: &Arc<Hub>, who: &Who, form: Commit) -> Result<(), Refused> {
    let branch = Some(form.branch.trim()).filter(|name| !name.is_empty()).unwrap_or(&form.from).to_owned();
    if !valid_branch(&branch) {
        return Err(Refused::new(422, format!("\"{branch}\" is no name for a branch")));
    }
    let bad_part = |part: &str| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git");
    if form.path.split('/').any(bad_part) || form.path.chars().any(char::is_control) {
        return Err(Refused::new(422, format!("\"{}\" is no path of a file", form.path)));
    }
    let _guard = hub.lock(who.repository).await;
    let (parent, date) = hub.with(|world| {
        let home = world.repositories.get_mut(&who.repository).ok_or_else(Refused::not_found)?;
        if branch != form.from && home.branch(&branch).is_some() {
            return Err(Refused::new(422, format!("The branch \"{branch}\" is there already")));
        }
        let parent = home.branch(&form.from).map(str::to_owned).ok_or_else(Refused::not_found)?;
        Ok((parent, home.next_commit_date()))
    })?;
    let content = form.content.replace("\r\n", "\n");
    let new = NewCommit {
        parents: vec![parent],
        files: vec![(form.path, Some(content.into_bytes()))],
        message: form.message,
        author: Signature::of(&who.login, date),
    };
    let sha = hub.git.commit(who.repository, &new).await?;
    let moved = vec![(format!("refs/heads/{branch}"), Some(sha))];
    refs::move_refs(hub, who.repository, moved, who.account, None).await
}

/// Sends a webhook again, under the same GUID.
pub(super) async fn redeliver(State(hub): State<Arc<Hub>>, Path(id): Path<u64>) -> Done {
    hub.with(|world| {
        let delivery = world.deliveries.get(&id).cloned().ok_or_else(Refused::not_found)?;
        world.outbox.push(Parcel {
            app: delivery.app,
            installation: delivery.installation,
            repository: delivery.repository,
            event: delivery.event,
            action: delivery.action,
            guid: delivery.guid,
            payload: delivery.payload,
            redelivery: true,
            excused: false,
        });
        Ok::<_, Refused>(())
    })?;
    Ok(Redirect::to("/deliveries").into_response())
}
