//! The process group of a step: how its end is waited for, and how it is found again after a restart of the server.

use super::slugs::apart;
use crate::process::ProcessGroup;
use rustix::process::{WaitId, WaitIdOptions, waitid};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::process::Child;
use tokio::signal::unix::{SignalKind, signal};

/// How often it is looked whether a group is gone.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The file that names the group under way.
const FILE: &str = "running.json";

/// A group that a restart of the server would find again. What has not ended is killed when it is dropped.
pub(super) struct Group(ProcessGroup);

/// Names a group so that nothing else is taken for it: numbers of processes are given again.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    group: i32,
    /// When its leader began, in the kernel's ticks since it was started.
    started: u64,
    /// Which start of the kernel that was.
    boot: String,
}

/// What the kernel tells of a process.
struct Seen {
    zombie: bool,
    group: i32,
    started: u64,
}

impl Group {
    /// Of a child that leads a group of its own; `None` where it has been waited for.
    pub(super) fn of(child: &Child) -> Option<Self> {
        ProcessGroup::of(child).map(Self)
    }

    /// Writes into `folder` which group is under way.
    pub(super) async fn note(&self, folder: &Path) -> io::Result<()> {
        let (group, file) = (self.0.leader().as_raw_pid(), folder.join(FILE));
        apart(move || {
            let started = look_at(group).map_or(0, |seen| seen.started);
            let mark = serde_json::to_vec(&Mark { group, started, boot: boot() })?;
            super::files::write_whole(&file, &mark)
        })
        .await
    }

    /// Waits until the leader has exited. It stays to be waited for, so its number is not given to others yet.
    pub(super) async fn leader_exits(&self) -> io::Result<()> {
        let mut children = signal(SignalKind::child())?;
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        // Asked after the signal is listened for, so that no exit is missed.
        while waitid(WaitId::Pid(self.0.leader()), options)?.is_none() {
            children.recv().await;
        }
        Ok(())
    }

    /// Asks all of it to end, and kills what has not after `grace`.
    pub(super) async fn end(&self, grace: Duration) {
        self.0.terminate();
        if !self.is_gone(grace).await {
            self.kill();
        }
    }

    /// Kills all of it.
    pub(super) fn kill(&self) {
        self.0.kill();
    }

    /// Waits until nothing of it runs any more; answers whether that came about in time.
    pub(super) async fn is_gone(&self, within: Duration) -> bool {
        let group = self.0.leader().as_raw_pid();
        let gone = async {
            while apart(move || Ok(!members(group).is_empty())).await.unwrap_or(true) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(within, gone).await.is_ok()
    }

    /// Its number may be given to others from now on.
    pub(super) async fn ended(&mut self, folder: &Path) {
        self.0.ended();
        // One that stays names a group that is gone.
        let _ = tokio::fs::remove_file(folder.join(FILE)).await;
    }
}

/// Ends what a server that was killed left running, as noted in `folder`. `home` is what the programs were told to
/// be their home: where the leader is gone, that tells its group from one that got its number later.
pub(super) async fn end_leftover(folder: &Path, home: &Path, grace: Duration) {
    let (noted, told) = (folder.to_owned(), home.to_owned());
    let Ok(Some(mut left)) = apart(move || Ok(leftover(&noted, &told))).await else { return };
    left.end(grace).await;
    left.is_gone(grace).await;
    left.ended(folder).await;
}

fn leftover(folder: &Path, home: &Path) -> Option<Group> {
    let mark = std::fs::read(folder.join(FILE)).ok()?;
    let mark: Mark = serde_json::from_slice(&mark).ok()?;
    let is_same = mark.boot == boot()
        && match look_at(mark.group) {
            Some(seen) => seen.started == mark.started && seen.group == mark.group,
            None => members(mark.group).into_iter().any(|member| has_home(member, home)),
        };
    // Not made before it is known: a group that is dropped is killed.
    if is_same { ProcessGroup::led_by(mark.group).map(Group) } else { None }
}

fn has_home(pid: i32, home: &Path) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let wanted = [b"HOME=", home.as_os_str().as_bytes()].concat();
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted)
}

/// The processes of a group that still run.
fn members(group: i32) -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| look_at(*pid).is_some_and(|seen| seen.group == group && !seen.zombie)).collect()
}

fn look_at(pid: i32) -> Option<Seen> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The program's own name stands in parentheses and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let zombie = matches!(*fields.first()?, "Z" | "X");
    Some(Seen { zombie, group: fields.get(2)?.parse().ok()?, started: fields.get(19)?.parse().ok()? })
}

fn boot() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}
