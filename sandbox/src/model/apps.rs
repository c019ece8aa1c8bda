//! Apps, their installations and tokens, and the log of what was delivered to them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Kind, Repository, World};

/// How far a permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Read,
    Write,
}

impl Level {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// Reads `read`, `write` or `admin`; anything else grants nothing.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "read" => Some(Self::Read),
            "write" | "admin" => Some(Self::Write),
            _ => None,
        }
    }
}

/// A registered app.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) id: u64,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) owner: u64,
    pub(crate) bot: u64,
    /// Its own site.
    pub(crate) url: Option<String>,
    /// Where whoever installed it goes on.
    pub(crate) setup_url: Option<String>,
    /// Whether accounts that do not own it are offered it.
    pub(crate) public: bool,
    pub(crate) client_id: String,
    /// The RSA public key, DER.
    pub(crate) public_key: Vec<u8>,
    pub(crate) hook: Hook,
    pub(crate) permissions: BTreeMap<String, String>,
    pub(crate) events: BTreeSet<String>,
    pub(crate) created_at: DateTime<Utc>,
}

/// Where an app wants its webhooks.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) url: Option<String>,
    pub(crate) secret: String,
    pub(crate) form: bool,
    /// Certificates are not looked at.
    pub(crate) insecure: bool,
}

/// What is handed out once for an app that was registered from a manifest.
#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    pub(crate) app: u64,
    /// The private key, PEM.
    pub(crate) pem: String,
    pub(crate) client_secret: String,
    pub(crate) expires_at: DateTime<Utc>,
}

/// An app on an account.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    pub(crate) id: u64,
    pub(crate) app: u64,
    pub(crate) account: u64,
    /// `None`: all repositories of the account.
    pub(crate) repositories: Option<BTreeSet<u64>>,
    pub(crate) permissions: BTreeMap<String, String>,
    pub(crate) events: BTreeSet<String>,
    pub(crate) suspended_at: Option<DateTime<Utc>>,
    pub(crate) suspended_by: Option<u64>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A token that acts for an installation.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) value: String,
    pub(crate) installation: u64,
    pub(crate) expires_at: DateTime<Utc>,
    /// `None`: everything the installation may see.
    pub(crate) repositories: Option<BTreeSet<u64>>,
    pub(crate) permissions: BTreeMap<String, String>,
}

/// One try to hand one webhook to one app.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: u64,
    pub(crate) app: u64,
    pub(crate) guid: String,
    pub(crate) event: String,
    pub(crate) action: Option<String>,
    pub(crate) installation: Option<u64>,
    pub(crate) repository: Option<u64>,
    pub(crate) delivered_at: DateTime<Utc>,
    /// Seconds.
    pub(crate) duration: f64,
    /// `OK`, or what went wrong.
    pub(crate) status: String,
    pub(crate) status_code: u16,
    pub(crate) redelivery: bool,
    pub(crate) request_headers: BTreeMap<String, String>,
    pub(crate) payload: Value,
    pub(crate) response_headers: BTreeMap<String, String>,
    pub(crate) response_body: String,
}

/// How much of an hour's requests somebody has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) limit: u64,
    pub(crate) used: u64,
    pub(crate) reset: DateTime<Utc>,
}

impl Installation {
    /// Whether the installation covers a repository.
    pub(crate) fn covers(&self, repository: &Repository) -> bool {
        !repository.deleted
            && repository.owner == self.account
            && self.repositories.as_ref().is_none_or(|chosen| chosen.contains(&repository.id))
    }

    /// Whether it was granted a permission at a level.
    pub(crate) fn grants(&self, permission: &str, level: Level) -> bool {
        granted(&self.permissions, permission, level)
    }
}

/// Whether a set of permissions holds one at a level; everybody may read metadata.
pub(crate) fn granted(have: &BTreeMap<String, String>, permission: &str, level: Level) -> bool {
    (permission == "metadata" && level == Level::Read)
        || have.get(permission).and_then(|word| Level::parse(word)).is_some_and(|held| held >= level)
}

impl Token {
    /// Whether the token carries a permission at a level.
    pub(crate) fn grants(&self, permission: &str, level: Level) -> bool {
        granted(&self.permissions, permission, level)
    }
}

impl World {
    /// The app's installation that covers a repository, suspended or not.
    pub(crate) fn installation_on(&self, app: u64, repository: u64) -> Option<&Installation> {
        let repository = self.repositories.get(&repository)?;
        self.installations.values().find(|candidate| candidate.app == app && candidate.covers(repository))
    }

    /// Repositories a token reaches, in order of id.
    pub(crate) fn reachable(&self, token: &Token) -> Vec<&Repository> {
        let Some(installation) = self.installations.get(&token.installation) else {
            return Vec::new();
        };
        self.repositories
            .values()
            .filter(|repository| installation.covers(repository))
            .filter(|repository| {
                token.repositories.as_ref().is_none_or(|chosen| chosen.contains(&repository.id))
            })
            .collect()
    }

    /// Makes an installation token that lives an hour.
    pub(crate) fn issue_token(
        &mut self,
        installation: u64,
        repositories: Option<BTreeSet<u64>>,
        permissions: BTreeMap<String, String>,
    ) -> Token {
        let serial = self.next(Kind::Token);
        let digest = Sha256::digest(format!("token {serial}").as_bytes());
        let value = format!("ghs_{}", hex::encode(&digest[..18]));
        let token = Token {
            value: value.clone(),
            installation,
            expires_at: self.now + TimeDelta::hours(1),
            repositories,
            permissions,
        };
        self.tokens.insert(value, token.clone());
        token
    }

    /// A fresh secret; a counter, hashed, so that it opens only stand-ins.
    pub(crate) fn next_secret(&mut self) -> String {
        let serial = self.next(Kind::Secret);
        let digest = Sha256::digest(format!("secret {serial}").as_bytes());
        hex::encode(&digest[..20])
    }

    /// A fresh GUID in the form GitHub gives its deliveries; a counter, hashed.
    pub(crate) fn next_guid(&mut self) -> String {
        let serial = self.next(Kind::Guid);
        let digest = Sha256::digest(format!("guid {serial}").as_bytes());
        let part = |range: std::ops::Range<usize>| hex::encode(&digest[range]);
        format!("{}-{}-{}-{}-{}", part(0..4), part(4..6), part(6..8), part(8..10), part(10..16))
    }

    /// Takes one request from somebody's hour; answers the state after it and whether it was allowed.
    pub(crate) fn spend(&mut self, who: &str, limit: u64, free: bool) -> (Usage, bool) {
        let now = self.now;
        let fresh = Usage { limit, used: 0, reset: now + TimeDelta::hours(1) };
        let usage = self.usage.entry(who.to_owned()).or_insert(fresh);
        if usage.reset <= now || usage.limit != limit {
            *usage = fresh;
        }
        if usage.used >= usage.limit {
            return (*usage, free);
        }
        if !free {
            usage.used += 1;
        }
        (*usage, true)
    }
}
