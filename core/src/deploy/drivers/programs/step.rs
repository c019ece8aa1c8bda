//! One program of the operator's, from its start until nothing of it runs.

use super::group::Group;
use super::log::Log;
use super::slugs::{Work, apart};
use super::trees::Quit;
use crate::deploy::operator::Step;
use crate::model::{ForPeople, error_chain};
use crate::process::ProcessGroup;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long is waited for what was killed: it takes longer only where the kernel is stuck.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How long is read on once nothing of a group runs: longer there is something to read only where a program has left
/// its group.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How long is waited for a program that somebody writes to, which cannot be started. What was just copied into a slug looks so
/// for a moment: while it was open, another program of ours was started, which holds it until it has become that program.
const WRITTEN_TO: Duration = Duration::from_secs(2);
/// How long after such a try the next one is made.
const NEXT_TRY: Duration = Duration::from_millis(20);

/// A program to run.
pub(super) struct Job<'a> {
    pub(super) step: &'a Step,
    /// Its current directory.
    pub(super) directory: &'a Path,
    pub(super) variables: &'a BTreeMap<String, String>,
    /// Where it is noted that it runs.
    pub(super) folder: &'a Path,
    /// How long it has to end by itself once it was asked to.
    pub(super) grace: Duration,
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Well,
    Exited(i32),
    Killed(i32),
    NotStarted(String),
    Cut(Cut),
}

/// Why something was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The phase has taken too long.
    TimeUp,
    /// Somebody asked for it.
    Stopped,
}

/// Asks a run to end, and says how long its programs have for that.
pub(super) type StopSign = watch::Receiver<Option<Duration>>;

/// Until when a phase may go on.
pub(super) struct Until {
    pub(super) deadline: Instant,
    pub(super) stop: StopSign,
}

impl Until {
    /// Waits for it. Answers why, and the grace there is.
    pub(super) async fn reached(&mut self, grace: Duration) -> (Cut, Duration) {
        let stopped = async {
            let asked = self.stop.wait_for(Option::is_some).await.map(|within| within.unwrap_or(grace));
            match asked {
                Ok(grace) => grace,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            grace = stopped => (Cut::Stopped, grace),
            () = tokio::time::sleep_until(self.deadline) => (Cut::TimeUp, grace),
        }
    }

    /// Does what takes the disk's time until then. It is waited for in any case: what it still wrote could not be removed.
    pub(super) async fn bound_work<T: Send + 'static>(
        &mut self,
        work: impl Work<T>,
    ) -> Result<io::Result<T>, Cut> {
        let quit = QuitOnDrop(Quit::default());
        let asked = quit.0.clone();
        let mut done = pin!(apart(move || work(&asked)));
        tokio::select! {
            biased;
            (cut, _) = self.reached(Duration::ZERO) => {
                quit.0.now();
                // Why it ended is known better here.
                let _ = done.await;
                Err(cut)
            }
            done = &mut done => Ok(done),
        }
    }

    /// Does something else until then. What is done must bear to be dropped.
    pub(super) async fn bound<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Cut> {
        tokio::select! {
            biased;
            (cut, _) = self.reached(Duration::ZERO) => Err(cut),
            done = work => Ok(done),
        }
    }
}

struct QuitOnDrop(Quit);

impl Drop for QuitOnDrop {
    fn drop(&mut self) {
        self.0.now();
    }
}

/// Runs a program to its end, and ends what it leaves behind in its group. What it says goes to the log.
pub(super) async fn run(job: &Job<'_>, log: &mut Log, until: &mut Until) -> End {
    let (mut child, output) = match until.bound(start(job)).await {
        Ok(Ok(started)) => started,
        Ok(Err(error)) => return End::NotStarted(error.for_people().into()),
        Err(cut) => return End::Cut(cut),
    };
    // It has not been waited for, so it has its number.
    let Some(mut group) = Group::of(&child) else { return End::NotStarted("it has no number".to_owned()) };
    if let Err(error) = group.note(job.folder).await {
        tracing::warn!(
            error = error_chain(&error),
            "it could not be written down which program runs; a restart would not end it"
        );
    }
    let cut = {
        let mut listening = pin!(log.read(output));
        let mut silent = false;
        let mut end = pin!(end(&group, job.grace, until));
        let cut = loop {
            tokio::select! {
                cut = &mut end => break cut,
                () = &mut listening, if !silent => silent = true,
            }
        };
        if !silent {
            // Whoever has left the group may keep the other end open for ever.
            let _ = tokio::time::timeout(LAST_WORDS, listening).await;
        }
        cut
    };
    log.finish().await;
    let status = tokio::time::timeout(LAST_WAIT, child.wait()).await;
    group.is_gone(LAST_WAIT).await;
    group.ended(job.folder).await;
    match (cut, status) {
        (Some(cut), _) => End::Cut(cut),
        (None, Ok(Ok(status))) => how(status),
        (None, Ok(Err(error))) => End::NotStarted(error.for_people().into()),
        (None, Err(_)) => End::NotStarted("it could not be waited for".to_owned()),
    }
}

/// Waits until the leader has exited, or ends it when it is time; kills what is left of the group.
async fn end(group: &Group, grace: Duration, until: &mut Until) -> Option<Cut> {
    let cut = tokio::select! {
        biased;
        exited = group.leader_exits() => {
            if let Err(error) = exited {
                tracing::warn!(error = error_chain(&error), "a program cannot be waited for; it is ended");
            }
            None
        }
        (cut, grace) = until.reached(grace) => {
            group.end(grace).await;
            Some(cut)
        }
    };
    // The leader has not been waited for, so the group's number is still its own.
    group.kill();
    cut
}

async fn start(job: &Job<'_>) -> io::Result<(Child, Receiver)> {
    let (output, input) = io::pipe()?;
    let mut arguments = job.step.run.iter();
    let program = arguments.next().ok_or_else(|| io::Error::other("no program is named"))?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(job.directory).env_clear().envs(job.variables);
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
    ProcessGroup::lead(&mut command);
    let output = Receiver::from_owned_fd(output.into())?;
    let give_up = Instant::now() + WRITTEN_TO;
    // The command holds our copies of the end that is written to; with it they go.
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < give_up => {
                tokio::time::sleep(NEXT_TRY).await;
            }
            child => return Ok((child?, output)),
        }
    }
}

fn how(status: std::process::ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(0), _) => End::Well,
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Killed(signal.unwrap_or_default()),
    }
}
