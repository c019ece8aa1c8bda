//! What the platform knows.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

/// How long an access token lives.
const TOKEN_LIFE: TimeDelta = TimeDelta::seconds(900);
/// What the log of an activity says when its build is over: from then on it cannot be cancelled.
const DEPLOY_BEGINS: &str = "Redeploying environment";

/// What the user of a token may do in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look at it.
    Viewer,
    /// Deploy it.
    Contributor,
    /// Set it up, integrations too.
    Admin,
}

/// How far an activity has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityState {
    /// It waits for its turn.
    Pending,
    /// It is under way.
    InProgress,
    /// It has ended.
    Complete,
    /// Somebody has ended it.
    Cancelled,
}

impl ActivityState {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Complete => "complete",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Complete | Self::Cancelled)
    }
}

/// A line of a log.
#[derive(Debug, Clone)]
pub(super) struct LogLine {
    pub(super) at: DateTime<Utc>,
    pub(super) message: String,
}

/// Something that the platform does.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) environment: Option<String>,
    pub(super) integration: Option<String>,
    pub(super) state: ActivityState,
    /// `success` or `failure`, once it is over.
    pub(super) result: Option<&'static str>,
    pub(super) failure_reason: Option<&'static str>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) completed_at: Option<DateTime<Utc>>,
    /// What it brings, and what was there before.
    pub(super) commits: Option<(String, Option<String>)>,
    /// Application, hook and exit status.
    pub(super) commands: Vec<(String, String, i32)>,
    pub(super) log: Vec<LogLine>,
    /// The trees that it will have deployed, by application.
    pub(super) trees: BTreeMap<String, String>,
}

impl Activity {
    /// Whether it can be ended before its own end: only before its deploy has begun.
    pub(super) fn can_be_cancelled(&self) -> bool {
        !self.state.is_over() && !self.log.iter().any(|line| line.message.contains(DEPLOY_BEGINS))
    }
}

/// A branch of the project with what runs for it.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_active: bool,
    pub(super) head: Option<String>,
    /// The trees that run there, by application; `None` where nothing was deployed.
    pub(super) deployed: Option<BTreeMap<String, String>>,
}

/// A project.
#[derive(Debug, Clone)]
pub(super) struct Project {
    pub(super) id: String,
    /// git's number of its repository.
    pub(super) number: u64,
    pub(super) environments: Vec<Environment>,
    /// The address of its repository that the API shows.
    pub(super) git_address: Option<String>,
    /// The id of the source integration, where there is one.
    pub(super) integration: Option<String>,
    /// The oldest first.
    pub(super) activities: Vec<Activity>,
}

impl Project {
    pub(super) fn environment(&self, id: &str) -> Option<&Environment> {
        self.environments.iter().find(|it| it.id == id)
    }

    pub(super) fn environment_mut(&mut self, id: &str) -> Option<&mut Environment> {
        self.environments.iter_mut().find(|it| it.id == id)
    }

    pub(super) fn activity(&self, id: &str) -> Option<&Activity> {
        self.activities.iter().find(|it| it.id == id)
    }

    pub(super) fn activity_mut(&mut self, id: &str) -> Option<&mut Activity> {
        self.activities.iter_mut().find(|it| it.id == id)
    }

    /// Whether something is to be done in an environment or is being done there.
    pub(super) fn is_dirty(&self, environment: &str) -> bool {
        let of_it = |it: &&Activity| it.environment.as_deref() == Some(environment);
        self.activities.iter().filter(of_it).any(|it| !it.state.is_over())
    }
}

/// What a token may do.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) projects: Vec<String>,
    pub(super) role: Role,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: DateTime<Utc>,
    pub(super) projects: Vec<Project>,
    /// By API token.
    pub(super) grants: BTreeMap<String, Grant>,
    /// For whom certificates are good, besides the projects of those who ask for one.
    pub(super) principals: Vec<String>,
    /// The API token of an access token, and until when it is good.
    access: BTreeMap<String, (String, DateTime<Utc>)>,
    next: u64,
}

impl World {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            projects: Vec::new(),
            grants: BTreeMap::new(),
            principals: Vec::new(),
            access: BTreeMap::new(),
            next: 0,
        }
    }

    /// A name that nothing had before.
    pub(super) fn fresh(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{:04}", self.next)
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn project(&self, id: &str) -> Option<&Project> {
        self.projects.iter().find(|it| it.id == id)
    }

    pub(super) fn project_mut(&mut self, id: &str) -> Option<&mut Project> {
        self.projects.iter_mut().find(|it| it.id == id)
    }

    /// An access token for an API token, and how many seconds it lives; `None` where nobody has that API token.
    pub(super) fn exchange(&mut self, api_token: &str) -> Option<(String, i64)> {
        self.grants.get(api_token)?;
        let token = self.fresh("access-");
        self.access.insert(token.clone(), (api_token.to_owned(), self.now + TOKEN_LIFE));
        Some((token, TOKEN_LIFE.num_seconds()))
    }

    /// What an access token may do; `None` where it is no good, or no more.
    pub(super) fn grant(&self, access: &str) -> Option<&Grant> {
        let (api_token, until) = self.access.get(access)?;
        self.grants.get(api_token).filter(|_| *until > self.now)
    }

    pub(super) fn expire_access(&mut self) {
        self.access.clear();
    }
}
