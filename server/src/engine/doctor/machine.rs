//! The machine that the server runs on: git, room, the database and what waits in it, the operator's file.

use super::facts::{Asked, listed};
use crate::deploy::operator::Operator;
use crate::engine::{MirrorBounds, Places};
use crate::lineage::require_git;
use crate::model::{ForPeople as _, RepositoryId, RepositoryName, SetupFinding, SetupRepair, UnixMillis};
use crate::store::{DatabaseState, examine};
use std::path::Path;
use std::time::Duration;

/// How long work may have been due before something must be wrong.
const LATE: Duration = Duration::from_secs(10 * 60);
/// What builds may take where nobody has said it, in bytes.
const SLUG_BYTES: u64 = 10_000_000_000;
/// What has to be free besides what mirrors and builds may take, in bytes: the database and its log.
const SPARE_BYTES: u64 = 500_000_000;

/// What is known of the machine.
#[derive(Debug)]
pub(super) struct MachineFacts {
    /// Why git cannot be used, where it cannot.
    pub(super) git: Result<(), String>,
    pub(super) disk: Asked<Disk>,
    /// `None` where no server has made it.
    pub(super) database: Option<Result<DatabaseState, String>>,
    pub(super) now: UnixMillis,
}

/// Room, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disk {
    /// What is free.
    pub(super) free: u64,
    /// What mirrors and builds take now.
    pub(super) used: u64,
    /// What they may take.
    pub(super) bound: u64,
}

pub(super) async fn gather(
    places: &Places,
    (mirrors, slugs): (MirrorBounds, Option<u64>),
    now: UnixMillis,
) -> MachineFacts {
    let git = require_git().await.map_err(|error| error.for_people().into());
    let bound = mirrors.bytes.saturating_add(slugs.unwrap_or(SLUG_BYTES));
    let (folder, path) = (places.data_dir.clone(), places.database.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let database = path.exists().then(|| examine(&path, now).map_err(|error| error.for_people().into()));
        (disk(&folder, bound), database)
    });
    let (disk, database) = looked.await.unwrap_or_else(|_| (Err("the look at it failed".to_owned()), None));
    MachineFacts { git, disk, database, now }
}

fn disk(folder: &Path, bound: u64) -> Asked<Disk> {
    let room = rustix::fs::statvfs(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let used = ["mirrors", "slugs"].iter().map(|name| bytes_below(&folder.join(name))).sum();
    Ok(Disk { free: room.f_bavail.saturating_mul(room.f_frsize), used, bound })
}

/// What the files below a folder take. What goes meanwhile counts for nothing.
fn bytes_below(folder: &Path) -> u64 {
    let (mut bytes, mut left) = (0_u64, vec![folder.to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => left.push(entry.path()),
                Ok(metadata) if metadata.is_file() => bytes = bytes.saturating_add(metadata.len()),
                _ => {}
            }
        }
    }
    bytes
}

pub(super) fn judge(facts: &MachineFacts) -> Vec<SetupFinding> {
    let mut findings = vec![git(facts), room(facts)];
    findings.extend(database(facts));
    findings
}

fn git(facts: &MachineFacts) -> SetupFinding {
    match &facts.git {
        Ok(()) => SetupFinding::ok("git", "", "git is new enough"),
        Err(why) => SetupFinding::fault("git", "", why, "the server does not start")
            .repaired_by(SetupRepair::Words("install a newer git, and put it on PATH".to_owned())),
    }
}

fn gigabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000_000;
    format!("{}.{} GB", tenths / 10, tenths % 10)
}

fn room(facts: &MachineFacts) -> SetupFinding {
    const CODE: &str = "disk";
    let Disk { free, used, bound } = match &facts.disk {
        Ok(disk) => *disk,
        Err(why) => return SetupFinding::unknown(CODE, "", why),
    };
    let still = bound.saturating_sub(used).saturating_add(SPARE_BYTES);
    let found = format!(
        "mirrors and builds may take {}, and {} are free besides the {} that they take now",
        gigabytes(bound),
        gigabytes(free),
        gigabytes(used)
    );
    if free >= still {
        return SetupFinding::ok(CODE, "", found);
    }
    let repair =
        "lower TOWPATH_MIRRORS_MAX_BYTES and TOWPATH_SLUGS_MAX_BYTES, or give the data folder a larger disk";
    SetupFinding::fault(
        CODE,
        "",
        found,
        "the disk fills up, and webhooks are refused until mirrors are taken away",
    )
    .repaired_by(SetupRepair::Words(repair.to_owned()))
}

fn database(facts: &MachineFacts) -> Vec<SetupFinding> {
    let state = match &facts.database {
        None => {
            return vec![SetupFinding::unknown(
                "database",
                "",
                "there is no database: no server has run here",
            )];
        }
        Some(Ok(state)) => state,
        Some(Err(why)) => return vec![damaged(format!("the database cannot be read: {why}"))],
    };
    if let Some(first) = state.damage.first() {
        return vec![damaged(format!("the database is damaged: {first}"))];
    }
    vec![
        SetupFinding::ok("database", "", "the database is whole"),
        backlog(state, facts.now),
        given_up(state),
    ]
}

fn damaged(found: String) -> SetupFinding {
    let repair = "stop the server, keep the file aside, and start with a copy from before; GitHub tells the rest again";
    SetupFinding::fault("database", "", found, "what was acknowledged may be lost")
        .repaired_by(SetupRepair::Words(repair.to_owned()))
}

fn backlog(state: &DatabaseState, now: UnixMillis) -> SetupFinding {
    const CODE: &str = "backlog";
    let Some(oldest) = state.oldest.filter(|_| state.waiting > 0) else {
        return SetupFinding::ok(CODE, "", "nothing waits to be done");
    };
    let age = now.since(oldest);
    let found = format!("{} pieces of work are due, the oldest for {} s", state.waiting, age.as_secs());
    if age < LATE {
        return SetupFinding::ok(CODE, "", found);
    }
    SetupFinding::fault(CODE, "", found, "checks and deploys come late or not at all").repaired_by(
        SetupRepair::Words(
            "look whether the server runs, and at its log: `towpath serve` takes the work up again"
                .to_owned(),
        ),
    )
}

fn given_up(state: &DatabaseState) -> SetupFinding {
    const CODE: &str = "given-up";
    if state.given_up == 0 {
        return SetupFinding::ok(CODE, "", "no work was given up");
    }
    let pieces = if state.given_up == 1 {
        "1 piece of work was".to_owned()
    } else {
        format!("{} pieces of work were", state.given_up)
    };
    let found = format!("{pieces} given up after sixteen failures");
    SetupFinding::fault(CODE, "", found, "what they are about is not brought up to date until the next event")
        .repaired_by(SetupRepair::Command("towpath deliveries list --state dead".to_owned()))
}

/// The entries of the operator's file against the repositories that GitHub lists.
pub(super) fn operator(
    operator: &Operator,
    repositories: &Asked<Vec<(RepositoryId, String)>>,
) -> Option<SetupFinding> {
    const CODE: &str = "operator-file";
    operator.entries().next()?;
    let repositories = match repositories {
        Ok(repositories) => repositories,
        Err(why) => return Some(SetupFinding::unknown(CODE, "", why)),
    };
    let is_there = |name: &str, id: Option<RepositoryId>| {
        repositories.iter().any(|(known, full_name)| match id {
            Some(id) => *known == id,
            None => RepositoryName::are_alike(full_name, name),
        })
    };
    let unmatched: Vec<String> = operator
        .entries()
        .filter(|(name, entry)| !is_there(name, entry.id))
        .map(|(name, _)| name.to_owned())
        .collect();
    if unmatched.is_empty() {
        return Some(SetupFinding::ok(CODE, "", "each entry of the operator's file has its repository"));
    }
    let found = format!(
        "the operator's file has entries for no repository with the App installed: {}",
        listed(&unmatched)
    );
    Some(
        SetupFinding::fault(CODE, "", found, "their programs, secrets and addresses are used by nobody")
            .repaired_by(SetupRepair::Words(
                "correct the names, or install the App on these repositories".to_owned(),
            )),
    )
}
