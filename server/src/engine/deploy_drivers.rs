//! What the drivers of deploys are made of: what the operator allows and holds, and the programs of this machine.

mod asked_records;

use super::clock::Clock;
use super::operator_entries::{Entries, EntryMatch, NOT_CONFIRMED};
use super::work_span;
use crate::deploy::drivers::commerce_cloud::{CloudShared, Pushes};
use crate::deploy::drivers::programs::{Bounds, Commands};
use crate::deploy::drivers::webhook::{Caller, SigningKey, SystemResolver};
use crate::deploy::drivers::{DeployRequest, DriverError, deploy_key, parse_key};
use crate::deploy::operator::{Allowed, Operator, SecretError};
use crate::deploy::{CloudProject, Endpoint, refuses_branch};
use crate::github::Secret;
use crate::model::{Environment, ErrorContext, RepositoryId, error_chain};
use crate::store::{RepositoryRow, Store, WorkItem};
use asked_records::AskedRecords;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tracing::Instrument as _;

/// Where people and programs call back, behind the server's own address.
pub const REPORTS_PATH: &str = "/webhooks/deploys";

/// Where the logs of deploys by programs are shown.
pub const LOGS_PATH: &str = "/deploys";

/// How long one call to an address of the operator's may take.
const CALL_WITHIN: Duration = Duration::from_secs(10);

/// How often the platform of Adobe Commerce is asked about a deploy that is under way there.
const CLOUD_LOOK_EVERY: Duration = Duration::from_secs(5);

/// Looks up a variable of the server's environment.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the operator allows and holds for deploys.
#[derive(Clone)]
pub struct Deploying {
    /// What is allowed for each repository.
    pub operator: Operator,
    /// Where the server is reached from outside, without a slash at its end.
    pub public_url: Option<String>,
    /// Where secrets are looked up that lie in the environment.
    pub variables: Variables,
    /// What all builds that are kept may take, in bytes; `None` for 10 GB.
    pub slug_bytes: Option<u64>,
    /// How often the platform of Adobe Commerce is asked about a deploy; `None` for every 5 s.
    pub cloud_look_every: Option<Duration>,
    /// The program by which the platform's git servers are reached; `None` for the `ssh` that is found in `PATH`.
    pub ssh: Option<PathBuf>,
}

impl Default for Deploying {
    fn default() -> Self {
        Self {
            operator: Operator::default(),
            public_url: None,
            variables: Arc::new(|_| None),
            slug_bytes: None,
            cloud_look_every: None,
            ssh: None,
        }
    }
}

impl std::fmt::Debug for Deploying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deploying").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// The means of the drivers, for as long as the server runs.
pub(super) struct DeployDrivers {
    pub(super) deploying: Deploying,
    /// Which repository each entry of the operator's file is for.
    pub(super) entries: Entries,
    pub(super) caller: Caller,
    /// What is remembered of deploys on the platform of Adobe Commerce.
    pub(super) cloud: CloudShared,
    /// What whoever deploys was asked of its record.
    pub(super) asked_records: AskedRecords,
    /// Marks the addresses of logs.
    secret: Option<Secret>,
    /// The operator's own programs.
    pub(super) commands: Commands,
}

impl DeployDrivers {
    /// What pushes of a server that was killed have left is removed.
    pub(super) async fn new(
        deploying: Deploying,
        entries: Entries,
        secret: Option<Secret>,
        (data_dir, commands): (&Path, Commands),
    ) -> Self {
        let pushes = Pushes { folder: data_dir.join("pushes"), ssh: deploying.ssh.clone() };
        let cloud = CloudShared::new(deploying.cloud_look_every.unwrap_or(CLOUD_LOOK_EVERY), pushes);
        if let Err(error) = cloud.remove_leftovers().await {
            tracing::warn!(error = error_chain(&error), "what pushes have left could not be removed");
        }
        Self {
            deploying,
            entries,
            cloud,
            asked_records: AskedRecords::default(),
            caller: Caller::new(Arc::new(SystemResolver), CALL_WITHIN),
            secret,
            commands,
        }
    }

    /// Where the log of a deploy by programs is shown: to whoever was given the address. `None` where the server's own
    /// address is not known.
    pub(super) fn log_url(&self, key: &str) -> Option<String> {
        let base = self.deploying.public_url.as_ref()?;
        Some(format!("{base}{LOGS_PATH}/{key}/{}", self.secret.as_ref()?.mark(key)))
    }

    /// Whether the operator's file has programs for this environment. Also where they are another repository's: this one
    /// gets none, but is not deployed by other means instead.
    pub(super) fn has_programs(&self, repository: &RepositoryRow, environment: &Environment) -> bool {
        self.written_for(repository).is_some_and(|entry| entry.programs(&environment.name).is_some())
    }

    /// Why nobody deploys a branch to an environment called `own` beside another one, as [`refuses_branch`].
    pub(super) fn refuses_branch(
        &self,
        repository: &RepositoryRow,
        beside: &Environment,
        own: &str,
    ) -> Option<String> {
        refuses_branch(self.written_for(repository), beside, own)
    }

    /// What the operator's file says under the repository's name, also where that is another repository's.
    fn written_for(&self, repository: &RepositoryRow) -> Option<&Allowed> {
        match self.entries.standing(repository) {
            EntryMatch::Unnamed => None,
            EntryMatch::Holds(_, entry) | EntryMatch::Unsettled(_, entry) | EntryMatch::Refused(_, entry) => {
                Some(entry)
            }
        }
    }

    pub(super) fn allowed(&self, repository: &RepositoryRow) -> Result<Option<&Allowed>, DriverError> {
        match self.entries.standing(repository) {
            EntryMatch::Unnamed => Ok(None),
            EntryMatch::Holds(_, entry) => Ok(Some(entry)),
            EntryMatch::Unsettled(..) | EntryMatch::Refused(..) => Err(DriverError::refused(NOT_CONFIRMED)),
        }
    }

    /// The build steps of the operator's programs, and under which names they see the repository's settings, as a slug's
    /// name knows them.
    pub(super) fn build_steps(
        &self,
        repository: &RepositoryRow,
        environment: &Environment,
    ) -> Option<String> {
        let programs = self.entries.allowed(repository)?.programs(&environment.name)?;
        let steps: Vec<_> = programs.build.iter().map(|step| &step.run).collect();
        let settings = &environment.deploy.build_settings;
        if settings.is_empty() {
            return serde_json::to_string(&steps).ok();
        }
        serde_json::to_string(&(steps, programs.allow_settings.variables(settings))).ok()
    }

    /// An address that the operator allows, and what signs what is sent there.
    pub(super) fn endpoint(
        &self,
        repository: &RepositoryRow,
        name: &str,
        secret: Option<&str>,
    ) -> Result<(&Endpoint, SigningKey), DriverError> {
        let found = self.allowed(repository)?.and_then(|it| Some((it, it.endpoints.get(name)?)));
        let (allowed, endpoint) = found.ok_or_else(|| {
            let what = format!("the operator of Towpath allows no address {name:?} for this repository");
            DriverError::refused(what)
        })?;
        let secret = secret.or(endpoint.secret.as_deref()).unwrap_or(name);
        let text = self.secret(allowed, secret)?;
        let key = SigningKey::read(&text).map_err(|error| {
            DriverError::refused(format!("the secret {secret:?} cannot sign: {error}"))
                .caused_by(ErrorContext::new(format!("signing with the secret {secret:?}"), error))
        })?;
        Ok((endpoint, key))
    }

    /// The project on the platform of Adobe Commerce, and the API token for it.
    pub(super) fn cloud_project(
        &self,
        repository: &RepositoryRow,
    ) -> Result<(&CloudProject, String), DriverError> {
        let found = self.allowed(repository)?.and_then(|it| Some((it, it.commerce.as_ref()?)));
        let (allowed, project) = found.ok_or_else(|| {
            DriverError::refused(
                "the operator of Towpath names no project of the platform for this repository; add commerce to it in the \
                 operator's file",
            )
        })?;
        let token = self.secret(allowed, &project.token)?;
        Ok((project, token.trim().to_owned()))
    }

    /// Whether the mark is the one that the address of a deploy's log was given.
    pub(super) fn has_marked_log(&self, key: &str, mark: &str) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.has_marked(key, mark))
    }

    fn secret(&self, allowed: &Allowed, name: &str) -> Result<String, SecretError> {
        let place = allowed.secrets.get(name).ok_or_else(|| SecretError::Unknown(name.to_owned()))?;
        place.read(|variable| (self.deploying.variables)(variable))
    }
}

/// The deploys by programs of the operator's: what is new of one marks its environment.
pub(super) fn commands(
    data_dir: &Path,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    (wake, slug_bytes): (&Arc<Notify>, Option<u64>),
) -> Commands {
    let (store, wake) = (Arc::clone(store), Arc::clone(wake));
    let marking = Arc::clone(clock);
    let changed = Arc::new(move |order: &DeployRequest| {
        let Some((repository, name, _)) = parse_key(deploy_key(&order.key)) else { return };
        let item = WorkItem::Environment(RepositoryId(repository), name.into());
        let (store, wake, now) = (Arc::clone(&store), Arc::clone(&wake), marking.now());
        let span = work_span::of(&item);
        let mark = async move {
            match store.mark(vec![item], now).await {
                Ok(()) => wake.notify_one(),
                // It is looked at again by the clock.
                Err(error) => tracing::error!(
                    error = error_chain(&error),
                    "what is new of a deploy could not be marked"
                ),
            }
        };
        tokio::spawn(mark.instrument(span));
    });
    let mut bounds = Bounds::default();
    bounds.slug_bytes = slug_bytes.unwrap_or(bounds.slug_bytes);
    let telling = Arc::clone(clock);
    Commands::new(data_dir, bounds, Arc::new(move || telling.now()), changed)
}
