//! What a look at the set-up comes to.

use crate::github::InstallationJson;
use crate::model::{Grants, SetupCall, SetupCaller, SetupFinding, SetupRepair};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What was found, and what is needed to act on it.
#[derive(Debug, Default)]
pub struct Examination {
    /// One for each thing that was looked at.
    pub findings: Vec<SetupFinding>,
    /// What each installation grants, to tell what the App may repair itself.
    grants: BTreeMap<u64, Grants>,
}

impl Examination {
    /// The calls that put faults right and that the App has the right to make, each once.
    pub fn own_repairs(&self) -> Vec<&SetupCall> {
        let mut calls: Vec<&SetupCall> = Vec::new();
        for finding in &self.findings {
            let of_this = match &finding.repair {
                Some(SetupRepair::Call(call)) => std::slice::from_ref(call),
                Some(SetupRepair::OwnCalls(calls)) => calls,
                _ => continue,
            };
            for call in of_this.iter().filter(|call| self.may_make(call)) {
                if !calls.contains(&call) {
                    calls.push(call);
                }
            }
        }
        calls
    }

    /// Whether the App may make a call itself.
    pub fn may_make(&self, call: &SetupCall) -> bool {
        match call.by {
            SetupCaller::App => true,
            SetupCaller::Holder(installation, permission) => {
                let grants = self.grants.get(&installation.0);
                // What an organisation has made for all its repositories is its administrators' alone.
                call.path.starts_with("/repos/") && grants.is_some_and(|it| it.allows(permission, "write"))
            }
        }
    }

    /// Keeps what an installation grants.
    pub(super) fn note(&mut self, installation: &InstallationJson) {
        if let Some(grants) = &installation.grants {
            self.grants.insert(installation.id.0, grants.clone());
        }
    }
}

/// How far a look has come.
#[derive(Debug, Default)]
pub struct Progress {
    looked_at: AtomicUsize,
    listed: AtomicUsize,
}

impl Progress {
    /// How many repositories are done with, and how many GitHub has listed until now.
    pub fn repositories(&self) -> (usize, usize) {
        (self.looked_at.load(Ordering::Relaxed), self.listed.load(Ordering::Relaxed))
    }

    pub(super) fn note_listed(&self, repositories: usize) {
        self.listed.fetch_add(repositories, Ordering::Relaxed);
    }

    pub(super) fn note_looked_at(&self) {
        self.looked_at.fetch_add(1, Ordering::Relaxed);
    }
}
