//! What people and the platform itself do, as prose.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use super::code;
use super::hub::Hub;
use super::remote;
use super::world::{Activity, ActivityState, Environment, LogLine, Project};
use crate::Refused;
use crate::verbs::RepoHandle;

/// The sentence that makes a project.
#[derive(Debug)]
pub struct NewProject {
    hub: Arc<Hub>,
    id: String,
    environments: Vec<(String, bool)>,
}

impl NewProject {
    pub(super) fn new(hub: Arc<Hub>, id: &str) -> Self {
        Self { hub, id: id.to_owned(), environments: Vec::new() }
    }

    /// With an active environment for the branch of this name.
    #[must_use]
    pub fn environment(mut self, name: &str) -> Self {
        self.environments.push((name.to_owned(), true));
        self
    }

    /// With a branch for which nothing runs.
    #[must_use]
    pub fn inactive(mut self, name: &str) -> Self {
        self.environments.push((name.to_owned(), false));
        self
    }

    /// Makes it.
    ///
    /// # Errors
    /// If git does not work.
    pub async fn create(self) -> Result<ProjectHandle, Refused> {
        let Self { hub, id, environments } = self;
        let number = hub.with(super::world::World::number);
        hub.git.init(number, "master").await?;
        remote::serve(&hub, &id, number)?;
        let environment = |(name, is_active): (String, bool)| Environment {
            id: folded(&name),
            name,
            is_active,
            head: None,
            deployed: None,
        };
        let environments = environments.into_iter().map(environment).collect();
        let project = Project {
            id: id.clone(),
            number,
            environments,
            git_address: Some(remote::address(&id)),
            integration: None,
            activities: Vec::new(),
        };
        hub.with(|world| world.projects.push(project));
        Ok(ProjectHandle { hub, id })
    }
}

impl IntoFuture for NewProject {
    type Output = Result<ProjectHandle, Refused>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}

/// An environment's id, as the platform makes it of a branch's name.
fn folded(name: &str) -> String {
    name.to_lowercase().replace([' ', '/'], "-")
}

/// A project.
#[derive(Debug, Clone)]
pub struct ProjectHandle {
    pub(super) hub: Arc<Hub>,
    pub(super) id: String,
}

impl ProjectHandle {
    /// Gives it a source integration, and answers its id. What a repository has is fetched by [`ProjectHandle::fetch`].
    pub fn integrate(&self) -> String {
        self.hub.with(|world| {
            let id = world.fresh("integration");
            if let Some(project) = world.project_mut(&self.id) {
                project.integration = Some(id.clone());
            }
            id
        })
    }

    /// The API shows this address of its repository from now on, or none.
    pub fn shows_git(&self, address: Option<&str>) {
        self.hub.with(|world| {
            if let Some(project) = world.project_mut(&self.id) {
                project.git_address = address.map(str::to_owned);
            }
        });
    }

    /// The folder of its repository.
    ///
    /// # Errors
    /// 404 where there is no such project.
    pub fn git_folder(&self) -> Result<PathBuf, Refused> {
        Ok(self.hub.git.path(self.look(|project| project.number)?))
    }

    /// Its git server refuses every push with these words from now on.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn refuses_pushes(&self, words: &str) -> Result<(), Refused> {
        let words = words.replace('\'', "");
        remote::hook(&self.git_folder()?, "pre-receive", &format!("printf '%s\\n' '{words}' >&2; exit 1"))
    }

    /// Its git server takes pushes and holds whoever pushes for so many seconds from now on, as it does until a deploy ends.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn holds_pushes(&self, seconds: u32) -> Result<(), Refused> {
        remote::hook(&self.git_folder()?, "post-receive", &format!("sleep {seconds}"))
    }

    /// Its git server takes pushes and dies before it has answered from now on.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn loses_answers(&self) -> Result<(), Refused> {
        remote::hook(&self.git_folder()?, "post-receive", "kill -9 $PPID")
    }

    /// Begins an activity for each active environment whose branch was pushed to, where no integration brings branches.
    pub(super) async fn take_pushes(&self) -> Result<(), Refused> {
        let _alone = self.hub.turn.lock().await;
        let (number, is_pushed_to, names) = self.look(|project| {
            let names: Vec<String> = project.environments.iter().map(|it| it.name.clone()).collect();
            (project.number, project.integration.is_none(), names)
        })?;
        if is_pushed_to {
            let refs = self.hub.git.refs(number).await?;
            for name in names {
                self.moved(&name, refs.get(&format!("refs/heads/{name}")).cloned(), None).await?;
            }
        }
        Ok(())
    }

    /// Takes the branches of a repository, and begins a push to each active environment whose branch has moved: what the
    /// platform does when the repository's webhook comes. Answers the activities, in the order of the environments.
    ///
    /// # Errors
    /// If git does not work.
    pub async fn fetch(&self, repository: &RepoHandle) -> Result<Vec<ActivityHandle>, Refused> {
        let _alone = self.hub.turn.lock().await;
        let from = repository.hub.git.path(repository.id).to_string_lossy().into_owned();
        let (number, integration) = self.look(|project| (project.number, project.integration.clone()))?;
        code::fetch(&self.hub.git, number, &from).await?;
        let names =
            self.look(|project| project.environments.iter().map(|it| it.name.clone()).collect::<Vec<_>>())?;
        let mut begun = Vec::new();
        for name in names {
            let tip = code::tip(&self.hub.git, number, &name).await?;
            begun.extend(self.moved(&name, tip, integration.as_deref()).await?);
        }
        Ok(begun)
    }

    /// The branch of an environment is somewhere else now.
    async fn moved(
        &self,
        name: &str,
        tip: Option<String>,
        integration: Option<&str>,
    ) -> Result<Option<ActivityHandle>, Refused> {
        let id = folded(name);
        let (before, is_active) = self.look(|project| {
            let environment = project.environment(&id);
            (environment.and_then(|it| it.head.clone()), environment.is_some_and(|it| it.is_active))
        })?;
        if before == tip {
            return Ok(None);
        }
        self.hub.with(|world| {
            let project = world.project_mut(&self.id);
            if let Some(environment) = project.and_then(|project| project.environment_mut(&id)) {
                environment.head.clone_from(&tip);
            }
        });
        match tip.filter(|_| is_active) {
            Some(tip) => self.push(name, (&tip, before.as_deref()), integration).await.map(Some),
            None => Ok(None),
        }
    }

    /// Begins an activity as a push of this commit does.
    ///
    /// # Errors
    /// If git does not know the commit.
    pub async fn push(
        &self,
        name: &str,
        (commit, before): (&str, Option<&str>),
        integration: Option<&str>,
    ) -> Result<ActivityHandle, Refused> {
        let number = self.look(|project| project.number)?;
        let trees = code::application_trees(&self.hub.git, number, commit).await?;
        let commits = Some((commit.to_owned(), before.map(str::to_owned)));
        let id =
            begin(&self.hub, &self.id, ("environment.push", &folded(name)), (commits, trees, integration));
        Ok(ActivityHandle { hub: Arc::clone(&self.hub), project: self.id.clone(), id })
    }

    /// What runs in an environment is taken to be what its branch has: for what lies before a story.
    ///
    /// # Errors
    /// If git does not work.
    pub async fn runs_its_branches(&self, repository: &RepoHandle) -> Result<(), Refused> {
        for activity in self.fetch(repository).await? {
            activity.starts()?;
            activity.ends(Ending::success())?;
        }
        Ok(())
    }

    /// The activities so far, the oldest first.
    pub fn activities(&self) -> Vec<ActivityHandle> {
        let ids = self.look(|project| project.activities.iter().map(|it| it.id.clone()).collect::<Vec<_>>());
        let handle = |id| ActivityHandle { hub: Arc::clone(&self.hub), project: self.id.clone(), id };
        ids.unwrap_or_default().into_iter().map(handle).collect()
    }

    fn look<T>(&self, look: impl FnOnce(&Project) -> T) -> Result<T, Refused> {
        self.hub.with(|world| world.project(&self.id).map(look)).ok_or_else(Refused::not_found)
    }
}

type Bringing<'a> = (Option<(String, Option<String>)>, BTreeMap<String, String>, Option<&'a str>);

/// Begins an activity and answers its id.
fn begin(hub: &Hub, project: &str, (kind, environment): (&str, &str), bringing: Bringing<'_>) -> String {
    let (commits, trees, integration) = bringing;
    hub.with(|world| {
        let (id, now) = (world.fresh("activity"), world.now);
        let activity = Activity {
            id: id.clone(),
            kind: kind.to_owned(),
            environment: Some(environment.to_owned()),
            integration: integration.map(str::to_owned),
            state: ActivityState::Pending,
            result: None,
            failure_reason: None,
            created_at: now,
            updated_at: now,
            started_at: None,
            completed_at: None,
            commits,
            commands: Vec::new(),
            log: Vec::new(),
            trees,
        };
        if let Some(project) = world.project_mut(project) {
            project.activities.push(activity);
        }
        id
    })
}

/// Begins to deploy anew what the branch of an environment has; `None` where that cannot be now.
pub(super) async fn begin_redeploy(hub: &Hub, project: &str, environment: &str) -> Option<String> {
    let (number, head) = hub.with(|world| {
        let project = world.project(project)?;
        let found = project.environment(environment).filter(|it| it.is_active)?;
        if project.is_dirty(environment) {
            return None;
        }
        Some((project.number, found.head.clone()?))
    })?;
    let trees = code::application_trees(&hub.git, number, &head).await.ok()?;
    Some(begin(hub, project, ("environment.redeploy", environment), (None, trees, None)))
}

/// How an activity ends.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    fails_by: Option<&'static str>,
    commands: Vec<(String, String, i32)>,
    trees: Option<BTreeMap<String, String>>,
}

impl Ending {
    /// Well.
    pub fn success() -> Self {
        Self::default()
    }

    /// By a hook that failed.
    pub fn hook_failed() -> Self {
        Self { fails_by: Some("shell"), ..Self::default() }
    }

    /// By the platform itself.
    pub fn platform_failed() -> Self {
        Self { fails_by: Some("error"), ..Self::default() }
    }

    /// With a hook of an application that has ended with this status.
    #[must_use]
    pub fn command(mut self, app: &str, hook: &str, exit_code: i32) -> Self {
        self.commands.push((app.to_owned(), hook.to_owned(), exit_code));
        self
    }

    /// With this tree of an application, whatever the commit has.
    #[must_use]
    pub fn tree(mut self, app: &str, tree: &str) -> Self {
        self.trees.get_or_insert_default().insert(app.to_owned(), tree.to_owned());
        self
    }
}

/// Something that the platform does.
#[derive(Debug, Clone)]
pub struct ActivityHandle {
    hub: Arc<Hub>,
    project: String,
    id: String,
}

impl ActivityHandle {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What kind it is, such as `environment.push`; empty once it has vanished.
    pub fn kind(&self) -> String {
        self.look(|it| it.kind.clone()).unwrap_or_default()
    }

    /// The environment that it is for; empty where there is none.
    pub fn environment(&self) -> String {
        self.look(|it| it.environment.clone()).ok().flatten().unwrap_or_default()
    }

    /// How far it has come; `None` once it has vanished.
    pub fn state(&self) -> Option<ActivityState> {
        self.look(|it| it.state).ok()
    }

    /// Begins, if nothing else is under way in its environment.
    ///
    /// # Errors
    /// 409 where something is, or where it does not wait any more.
    pub fn starts(&self) -> Result<&Self, Refused> {
        self.hub.with(|world| {
            let now = world.now;
            let project = world.project_mut(&self.project).ok_or_else(Refused::not_found)?;
            let activity = project.activity(&self.id).ok_or_else(Refused::not_found)?;
            let under_way = |it: &&Activity| {
                it.environment == activity.environment && it.state == ActivityState::InProgress
            };
            if activity.state != ActivityState::Pending || project.activities.iter().any(|it| under_way(&it))
            {
                return Err(Refused::new(409, "something else is under way, or this does not wait"));
            }
            let activity = project.activity_mut(&self.id).ok_or_else(Refused::not_found)?;
            activity.state = ActivityState::InProgress;
            (activity.started_at, activity.updated_at) = (Some(now), now);
            Ok(())
        })?;
        Ok(self)
    }

    /// Logs lines.
    pub fn says(&self, text: &str) -> &Self {
        self.hub.with(|world| {
            let at = world.now;
            if let Some(it) = world.project_mut(&self.project).and_then(|it| it.activity_mut(&self.id)) {
                it.log.extend(text.lines().map(|line| LogLine { at, message: format!("{line}\n") }));
                it.updated_at = at;
            }
        });
        self.hub.logged.notify_waiters();
        self
    }

    /// Ends. What has ended well, or only after the deploy itself, is what runs.
    ///
    /// # Errors
    /// 409 where it is not under way.
    pub fn ends(&self, ending: Ending) -> Result<(), Refused> {
        self.hub.with(|world| {
            let now = world.now;
            let project = world.project_mut(&self.project).ok_or_else(Refused::not_found)?;
            let activity = project.activity_mut(&self.id).ok_or_else(Refused::not_found)?;
            if activity.state != ActivityState::InProgress {
                return Err(Refused::new(409, "it is not under way"));
            }
            let is_live =
                ending.fails_by.is_none() || ending.commands.iter().any(|(_, hook, _)| hook == "post_deploy");
            activity.state = ActivityState::Complete;
            activity.result = Some(if ending.fails_by.is_some() { "failure" } else { "success" });
            activity.failure_reason = ending.fails_by;
            activity.commands = ending.commands;
            (activity.completed_at, activity.updated_at) = (Some(now), now);
            let mut trees = activity.trees.clone();
            trees.extend(ending.trees.unwrap_or_default());
            let environment = activity.environment.clone().unwrap_or_default();
            if let Some(environment) = project.environment_mut(&environment).filter(|_| is_live) {
                environment.deployed = Some(trees);
            }
            Ok(())
        })?;
        self.hub.logged.notify_waiters();
        Ok(())
    }

    /// The platform knows it no more.
    pub fn vanishes(&self) {
        self.hub.with(|world| {
            if let Some(project) = world.project_mut(&self.project) {
                project.activities.retain(|it| it.id != self.id);
            }
        });
        self.hub.logged.notify_waiters();
    }

    fn look<T>(&self, look: impl FnOnce(&Activity) -> T) -> Result<T, Refused> {
        let found = self.hub.with(|world| world.project(&self.project)?.activity(&self.id).map(look));
        found.ok_or_else(Refused::not_found)
    }
}
