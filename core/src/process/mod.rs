//! Programs that are run, with all that they start.
//!
//! Lives here: process groups, which end a program together with whatever it has started; how much memory there is, and
//! bounds on what a program takes of it.
//!
//! Does not live here: which program is run, with which arguments and environment, and what its end means (`lineage`
//! for git, `deploy` for the operator's programs); what is stored of a program that a restart may find (`deploy`).
//!
//! Open first: this file.

mod memory;

pub use memory::{bound_memory, machine_memory};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// A program that leads a group, and all that it has started in it: a child of a child would otherwise run on after
/// the program was killed. What has not ended is killed when this is dropped.
#[derive(Debug)]
pub struct ProcessGroup {
    leader: Pid,
    is_over: bool,
}

impl ProcessGroup {
    /// Has a program lead a group of its own once it is started.
    pub fn lead(command: &mut Command) -> &mut Command {
        command.process_group(0).kill_on_drop(true)
    }

    /// Of a child that leads a group of its own; `None` where it has been waited for.
    pub fn of(child: &Child) -> Option<Self> {
        Self::led_by(child.id()?.try_into().ok()?)
    }

    /// The one that this process leads; `None` for what is no number of a process. Whoever asks has to know that the
    /// number was not given to another one meanwhile: a group that is dropped is killed.
    pub fn led_by(leader: i32) -> Option<Self> {
        // Zero and negative numbers stand for other groups in the kernel's calls, ours among them, and 1 for all there is.
        let leader = Some(leader).filter(|leader| *leader > 1).and_then(Pid::from_raw)?;
        Some(Self { leader, is_over: false })
    }

    /// Its leader, and so its number.
    pub const fn leader(&self) -> Pid {
        self.leader
    }

    /// Asks all of it to end.
    pub fn terminate(&self) {
        self.send(Signal::TERM);
    }

    /// Kills all of it.
    pub fn kill(&self) {
        self.send(Signal::KILL);
    }

    /// Its number may be given to others from now on: the leader has been waited for.
    pub const fn ended(&mut self) {
        self.is_over = true;
    }

    fn send(&self, signal: Signal) {
        // A group that has ended meanwhile needs no signal.
        let _ = kill_process_group(self.leader, signal);
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if !self.is_over {
            self.kill();
        }
    }
}

#[cfg(test)]
mod tests;
