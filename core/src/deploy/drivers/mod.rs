//! Those who carry a deploy out, one file for each way, behind one trait.
//!
//! A driver is told of a deploy once ([`Driver::start`]). What becomes of it comes as reports: by events that the
//! engine reads, or by asking ([`Driver::poll`]). Everything here can be asked again after a restart: a
//! [`DeployRequest`] has what a driver needs to find its deploy again.
//!
//! `deployment.rs` leaves the work to whoever listens to GitHub's Deployments, `actions.rs` dispatches a workflow,
//! `webhook` calls a service, `commerce_cloud` pushes to the platform of Adobe Commerce or watches it, `programs` runs the operator's own programs. `forge.rs` is GitHub, as drivers see it.

pub mod actions;
pub mod commerce_cloud;
pub mod deployment;
pub mod forge;
pub mod programs;
pub mod webhook;

pub use actions::INPUTS as ACTIONS_INPUTS;

use super::CancelAnswer;
use super::operator::SecretError;
use super::report::DeployReport;
use super::slug::BuildSettings;
use crate::deploy::{CloudProject, Endpoint};
use crate::model::{
    BranchName, CommitId, Deploy, DriverSettings, ForPeople, SharedError, UnixMillis, UserMessage, drivers,
    shared_error,
};
use async_trait::async_trait;
use commerce_cloud::CloudShared;
use forge::Forge;
use programs::Commands;
use serde_json::{Value, json};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use webhook::{Caller, SigningKey};

/// A deploy, as whoever carries it out needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeployRequest {
    /// Names it for ever, in letters, digits, `-`, `_` and `.`: asked again, it is the same.
    pub key: String,
    /// `owner/name` of the repository.
    pub repository: String,
    /// The environment's branch.
    pub branch: BranchName,
    /// Where git fetches the repository from.
    pub clone_url: String,
    /// Settings that the build can see.
    pub build_settings: BuildSettings,
    /// When to look again for what an earlier attempt has begun and is not found: until then GitHub's lists may only not
    /// show it yet.
    pub look_again_at: Option<UnixMillis>,
    /// The deploy.
    pub deploy: Deploy,
}

impl DeployRequest {
    /// What the GitHub Deployment holds and every driver is told.
    pub fn payload(&self) -> Value {
        let deploy = &self.deploy;
        json!({
            "towpath": 1,
            "deploy": self.key,
            "environment": deploy.environment,
            "sha": deploy.commit,
            "tree": deploy.tree,
            "previous_sha": deploy.previous,
            "slug": deploy.slug,
            "reuse_slug": deploy.reuses_slug,
            "pull_requests": deploy.pulls,
            "rollback": deploy.is_rollback(),
        })
    }
}

/// What came of handing a deploy over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Started {
    /// By which the driver finds it again.
    pub handle: Option<String>,
    /// Where its log is or will be.
    pub log_url: Option<String>,
}

/// How whoever carries deploys out takes an environment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackWay {
    /// It deploys what ran before.
    Deploy,
    /// It brings what the environment's branch has and nothing older: the branch has to get the old files.
    Revert,
}

/// Why a driver did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DriverError {
    /// It will not, until somebody changes something.
    #[error("{}", if .source.is_some() { "the driver refuses" } else { .message.as_str() })]
    Refused {
        /// Why, and what to do.
        message: UserMessage,
        /// What is beneath it, where there is something.
        source: Option<SharedError>,
        /// What the other side has said itself, masked: not for everybody, and so no part of the message.
        log_tail: Option<String>,
    },
    /// It could not now: to be tried again.
    #[error("{}", if .source.is_some() { "the driver could not do it" } else { .message.as_str() })]
    Later {
        /// Why.
        message: UserMessage,
        /// What is beneath it, where there is something.
        source: Option<SharedError>,
    },
    /// It may be asked again at this moment, not before.
    #[error("not before {0}")]
    NotBefore(UnixMillis),
}

impl DriverError {
    /// It will not, until somebody changes something. The words say what to do.
    pub fn refused(words: impl AsRef<str>) -> Self {
        Self::Refused { message: UserMessage::new(words), source: None, log_tail: None }
    }

    /// The same with what the other side has said itself, masked.
    #[must_use]
    pub fn with_log_tail(mut self, said: Option<String>) -> Self {
        if let Self::Refused { log_tail, .. } = &mut self {
            *log_tail = said;
        }
        self
    }

    /// It could not now.
    pub fn later(words: impl AsRef<str>) -> Self {
        Self::Later { message: UserMessage::new(words), source: None }
    }

    /// The same, because of an error.
    #[must_use]
    pub fn caused_by(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        if let Self::Refused { source, .. } | Self::Later { source, .. } = &mut self {
            *source = Some(shared_error(error));
        }
        self
    }
}

impl From<SecretError> for DriverError {
    fn from(error: SecretError) -> Self {
        let words = match &error {
            SecretError::Unreadable { source, .. } => format!("{error}: {}", source.for_people()),
            _ => error.to_string(),
        };
        Self::refused(words).caused_by(error)
    }
}

impl ForPeople for DriverError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Refused { message, .. } | Self::Later { message, .. } => message.clone(),
            Self::NotBefore(_) => UserMessage::new("it may not be asked again yet"),
        }
    }
}

/// A way to carry deploys out.
#[async_trait]
pub trait Driver: Send + Sync {
    /// Sets a deploy going. Where `again`, an attempt may have been made before: it is looked for first, so that
    /// there are never two.
    async fn start(&self, request: &DeployRequest, again: bool) -> Result<Started, DriverError>;

    /// What has become of a deploy by now, the oldest first. What was told before may be told again.
    async fn poll(&self, request: &DeployRequest) -> Result<Vec<DeployReport>, DriverError>;

    /// How often to ask while a deploy is open; `None` where events tell, and asking once before it
    /// is given up is enough.
    fn poll_every(&self) -> Option<Duration> {
        None
    }

    /// How long the deploy phase of the newest deploys to an environment took that ended well, by the record of whoever
    /// carries them out: the newest first. None where it keeps no record.
    async fn phase_record(&self, _environment: &str) -> Result<Vec<Duration>, DriverError> {
        Ok(Vec::new())
    }

    /// Whether [`Driver::cancel`] can have any effect on this deploy.
    fn can_cancel(&self, _: &Deploy) -> bool {
        false
    }

    /// Whether [`Driver::verify`] can look again at what it has deployed.
    fn can_verify(&self) -> bool {
        false
    }

    /// Runs the verify step of a deploy that has gone live once more, under the request's key, and does not wait for it;
    /// [`Driver::poll`] tells of it by that key, and [`Driver::cancel`] ends it. One that goes on already is left alone.
    ///
    /// # Errors
    /// [`DriverError::Refused`] where there is no such step.
    async fn verify(&self, _: &DeployRequest) -> Result<(), DriverError> {
        Err(DriverError::refused("whoever deploys here has no verify step of its own"))
    }

    /// How an environment is taken back to what this deploy has brought there.
    ///
    /// # Errors
    /// [`DriverError::Refused`] where it cannot be taken back at all.
    async fn rollback_way(&self, _: &Deploy) -> Result<RollbackWay, DriverError> {
        Ok(RollbackWay::Deploy)
    }

    /// Ends a deploy before its own end. May be asked again.
    ///
    /// # Errors
    /// [`DriverError::Refused`] where whoever carries it out will not end it; it may be asked again after the others.
    async fn cancel(&self, request: &DeployRequest) -> Result<CancelAnswer, DriverError>;
}

/// What drivers work with, in one repository.
pub trait Means<'a> {
    /// The way to GitHub.
    type Forge: Forge + 'a;

    /// The way to GitHub.
    fn forge(&self) -> Self::Forge;

    /// An address that the operator allows, and what signs what is sent there.
    ///
    /// # Errors
    /// [`DriverError::Refused`]: what is missing, and who can add it.
    fn endpoint(&self, name: &str, secret: Option<&str>) -> Result<(&'a Endpoint, SigningKey), DriverError>;

    /// The project on the platform of Adobe Commerce that the operator names, and the API token for it.
    ///
    /// # Errors
    /// [`DriverError::Refused`]: what is missing, and who can add it.
    fn cloud_project(&self) -> Result<(&'a CloudProject, String), DriverError>;

    /// What is remembered of deploys there.
    fn cloud_shared(&self) -> &'a CloudShared;

    /// Where the logs of deploys are kept.
    fn logs(&self) -> &'a Commands;

    /// What calls such addresses.
    fn caller(&self) -> &'a Caller;

    /// Where calls back go; `None` where the server's own address is not known.
    fn report_url(&self) -> Option<String>;

    /// The time.
    fn now(&self) -> UnixMillis;
}

macro_rules! driver {
    ($(
        $(#[$doc:meta])*
        $file:ident $word:literal => $kind:ident
            $({ $($(#[$set:meta])* $key:ident: $type:ident,)* } [$($(#[$may:meta])* $also:ident: $opt:ident $name:literal,)*])?;
    )+) => {
        /// Who carries deploys out where the repository says it.
        ///
        /// # Errors
        /// [`DriverError::Refused`]: what is missing, and who can add it.
        pub fn driver<'a>(
            settings: &DriverSettings,
            means: &impl Means<'a>,
        ) -> Result<Arc<dyn Driver + 'a>, DriverError> {
            match settings {
                DriverSettings::None => Err(DriverError::refused("driver: none leaves it to nobody")),
                $(DriverSettings::$kind $({ $($key,)* $($also,)* })? => {
                    $file::driver(means $($(, $key)* $(, $also.as_deref())*)?)
                })+
            }
        }
    };
}

drivers!(driver);

/// Whether whoever deploys by these settings has to be asked for its [`RollbackWay`]. The others take an environment back
/// by a deploy, and a secret that is missing changes nothing about that.
pub fn asks_for_rollback_way(settings: &DriverSettings) -> bool {
    matches!(settings, DriverSettings::CommerceCloud { .. })
}

/// The key of a deploy: `repository` is GitHub's number of it.
pub fn key(repository: u64, environment: &str, number: u64) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let mut name = String::new();
    for byte in environment.bytes() {
        // Two names must not become one, whatever they hold.
        if plain(byte) {
            name.push(char::from(byte));
        } else {
            name.push('_');
            name.push_str(&hex::encode([byte]));
        }
    }
    format!("{repository}.{name}.{number}")
}

/// What a key names: the repository's number, the environment's name and the deploy's number.
pub fn parse_key(key: &str) -> Option<(u64, String, u64)> {
    let mut parts = key.split('.');
    let (repository, name, number) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'_' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let mut spelt = [0];
        hex::decode_to_slice(digits, &mut spelt).ok()?;
        bytes.extend(spelt);
    }
    Some((repository.parse().ok()?, String::from_utf8(bytes).ok()?, number.parse().ok()?))
}

/// What names the verify step of a deploy that is run again, so long after it.
pub fn aftercare_key(deploy: &str, after: Duration) -> String {
    format!("{deploy}-{}", after.as_secs())
}

/// The key of the deploy that a key is about, be it its own or one of [`aftercare_key`].
pub fn deploy_key(key: &str) -> &str {
    // A name may hold a dash, a number does not.
    let number = key.rfind('.').unwrap_or_default();
    key[number..].find('-').map_or(key, |dash| &key[..number + dash])
}

/// A commit as it is written in variables of programs and inputs of workflows: empty where there is none.
pub(crate) fn or_empty(commit: Option<CommitId>) -> String {
    commit.map(|it| it.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{key, parse_key};

    #[test]
    fn keys_are_plain_and_tell_environments_apart() {
        assert_eq!(key(7, "staging", 3), "7.staging.3");
        let odd =
            ["eu/staging 1", "eu_staging-1", "eu.staging 1", "eu_2fstaging 1"].map(|name| key(7, name, 1));
        assert_eq!(odd[0], "7.eu_2fstaging_201.1");
        let mut distinct = odd.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), odd.len());
        for name in ["eu/staging 1", "eu_staging-1", "ü"] {
            assert_eq!(parse_key(&key(7, name, 2)), Some((7, name.to_owned(), 2)));
        }
        for bad in ["", "7", "7.a", "7.a.b", "7.a_g1.1", "7.a.1.1", "7.a_2.1", "7.a_+2.1"] {
            assert_eq!(parse_key(bad), None, "{bad}");
        }
    }
}
