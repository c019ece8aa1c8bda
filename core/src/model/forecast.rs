//! What is known beforehand of what a release will do to a shop.

use super::{FilePlace, Sentence};
use std::time::Duration;

/// What a fact of a forecast is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForecastTopic {
    /// Whether the files were built before.
    Build,
    /// Where static content is made.
    StaticContent,
    /// Whether the database is upgraded.
    Database,
    /// How long the shop is in maintenance.
    Maintenance,
    /// Services.
    Services,
    /// Routes.
    Routes,
    /// Crons.
    Crons,
    /// Disks.
    Disks,
    /// What nothing brings back.
    NotUndone,
}

impl ForecastTopic {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::Build,
        Self::StaticContent,
        Self::Database,
        Self::Maintenance,
        Self::Services,
        Self::Routes,
        Self::Crons,
        Self::Disks,
        Self::NotUndone,
    ];

    /// The word of the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::StaticContent => "static_content",
            Self::Database => "database",
            Self::Maintenance => "maintenance",
            Self::Services => "services",
            Self::Routes => "routes",
            Self::Crons => "crons",
            Self::Disks => "disks",
            Self::NotUndone => "not_undone",
        }
    }

    /// As it stands before its facts.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Build => "Build",
            Self::StaticContent => "Static content",
            Self::Database => "Database",
            Self::Maintenance => "Maintenance",
            Self::Services => "Services",
            Self::Routes => "Routes",
            Self::Crons => "Crons",
            Self::Disks => "Disks",
            Self::NotUndone => "Cannot be undone",
        }
    }
}

/// One thing that a release will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForecastFact {
    /// What it is about.
    pub topic: ForecastTopic,
    /// The fact.
    pub says: Sentence,
    /// Whether somebody has to open a ticket, or has to find out whether.
    pub ticket: bool,
    /// The file that says so, where one does.
    pub place: Option<FilePlace>,
}

/// Whether something will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It will.
    Yes,
    /// It will not.
    No,
    /// The files do not tell.
    NotKnown,
}

impl Expected {
    /// The value of the JSON output: `null` where it is not known.
    pub fn as_flag(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::NotKnown => None,
        }
    }
}

/// Where the very files of a release are already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuiltOn {
    /// This environment runs them, by the record of its deploys.
    Deploy(String),
    /// This environment's branch holds them, and of its deploys nothing is known.
    Branch(String),
}

/// How long the deploy phase of some deploys took: the shop is in maintenance for a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseLengths {
    /// Of how many deploys; never none.
    pub deploys: usize,
    /// The median.
    pub median: Duration,
    /// The longest.
    pub longest: Duration,
}

/// What is on record of the deploys of the environment that a release goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeployRecord {
    /// Nobody has looked.
    #[default]
    NotAsked,
    /// No deploy of it has told how long its phases took.
    Empty,
    /// So long the last ones took.
    Known(PhaseLengths),
    /// So long the last ones took by the record of the platform that runs the shop, where Towpath has none.
    OnPlatform(PhaseLengths),
}

/// All that is known beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// Whether the build is there already.
    pub is_built: bool,
    /// Whether static content is made while the shop is in maintenance.
    pub static_content_in_maintenance: Expected,
    /// Whether the deploy upgrades the database, for which the shop is in maintenance.
    pub database_upgrade: Expected,
    /// How long deploys took there.
    pub record: DeployRecord,
    /// How many of the facts nothing brings back.
    pub not_undone: usize,
    /// The facts, in the order of their topics.
    pub facts: Vec<ForecastFact>,
}
