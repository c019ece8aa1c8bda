//! One git command: what it is asked, and what of the world it may use.

use super::{ANSWER_LIMIT, REMOTE_LIMIT, memory};
use std::ffi::{OsStr, OsString};
use std::time::Duration;

/// How long a question to the local repository may take.
const LOCAL_LIMIT: Duration = Duration::from_secs(60);
/// How long a command may take that fetches files it lacks.
const LAZY_LIMIT: Duration = Duration::from_secs(120);

/// One git command to run.
#[derive(Debug)]
pub(in crate::lineage) struct Call {
    pub(super) what: &'static str,
    pub(super) arguments: Vec<OsString>,
    pub(super) input: Vec<u8>,
    pub(super) settings: Vec<(String, String)>,
    pub(super) limit: Duration,
    /// How much of its answer is taken, in bytes.
    pub(super) answer: usize,
    /// How much memory it may take, in bytes.
    pub(super) memory: u64,
    pub(super) network: Network,
    /// How much of the environment of the person who runs this counts.
    pub(super) personal: Personal,
    /// Whether its answer holds until refs move.
    pub(super) asks_refs: bool,
}

/// How much of a person's own environment a command is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Personal {
    /// Nothing.
    Nothing,
    /// Where their settings are, and who they are.
    Identity,
    /// All but what is git's own: their way to a remote may lead through any of it.
    Everything,
}

/// What of the network a command may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// Nothing: what is not here is missing.
    Off,
    /// The remote, but nothing is fetched on the quiet. For `git fetch` itself: in a damaged repository it
    /// would fetch what it misses by another fetch, which misses the same, without end.
    Asked,
    /// The remote, and files that are missing are fetched from there.
    Lazy,
}

impl Call {
    /// `git <what>`, asked of the local repository only.
    pub(in crate::lineage) fn new(what: &'static str) -> Self {
        let (arguments, input, settings) = (Vec::new(), Vec::new(), Vec::new());
        let (limit, network, personal) = (LOCAL_LIMIT, Network::Off, Personal::Nothing);
        let (answer, memory, asks_refs) = (ANSWER_LIMIT, memory::bound(), false);
        Self { what, arguments, input, settings, limit, answer, memory, network, personal, asks_refs }
    }

    pub(in crate::lineage) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(in crate::lineage) fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub(in crate::lineage) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// One of git's settings, for this command only.
    pub(in crate::lineage) fn setting(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// For a question about refs: its answer holds until they move.
    pub(in crate::lineage) fn until_refs_move(mut self) -> Self {
        self.asks_refs = true;
        self
    }

    /// Lets git talk to the remote, where the repository has one.
    pub(in crate::lineage) fn online(mut self) -> Self {
        self.network = Network::Asked;
        self.limit = REMOTE_LIMIT;
        self
    }

    /// Lets git fetch the files it lacks, where the repository has a remote.
    pub(in crate::lineage) fn fetching_files(mut self) -> Self {
        self.network = Network::Lazy;
        self.limit = LAZY_LIMIT;
        // It would take the lock of a fetch that runs beside it, which then fails.
        self.setting("fetch.writeCommitGraph", "false")
    }

    /// With the settings of the person who runs this, for a question that nothing but they can answer.
    pub(in crate::lineage) fn asked_of_the_person(mut self) -> Self {
        self.personal = Personal::Identity;
        self
    }

    /// As the person who runs this reaches the remotes they use. Nobody is asked for a password.
    pub(in crate::lineage) fn asked_as_the_person(mut self, limit: Duration) -> Self {
        self.personal = Personal::Everything;
        self.limit = limit;
        self
    }

    pub(in crate::lineage) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Takes no more of the answer than this, in bytes; a longer one is an error.
    pub(in crate::lineage) fn answered_within(mut self, bytes: usize) -> Self {
        self.answer = bytes.min(ANSWER_LIMIT);
        self
    }

    #[cfg(test)]
    pub(super) fn within_memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }
}
