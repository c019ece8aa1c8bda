//! What git, ssh and the platform's git server say of a push that did not come about. Pure.

use crate::commerce::log::last_lines;
use crate::commerce::platform::GitAddress;
use crate::deploy::drivers::DriverError;
use crate::deploy::drivers::forge::GitSaid;
use crate::model::CommitId;

/// Why a push did not come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PushRefusal {
    /// The branch has what the commit is not on top of.
    NotOnTop,
    /// The operator's file has no key of the server.
    HostUnknown,
    /// The server shows another key than the operator's file has.
    HostChanged,
    /// The server does not take the certificate, or not for this project.
    Denied,
    /// The server refuses what was pushed.
    ByServer,
    /// The server does not answer.
    Unreachable,
    /// There is no ssh on this machine.
    NoProgram,
    /// Something else.
    Other,
}

/// What is said of a push, beside what was said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pushing<'a> {
    pub(super) address: &'a GitAddress,
    /// The platform's environment.
    pub(super) name: &'a str,
    pub(super) commit: CommitId,
}

impl PushRefusal {
    pub(super) fn of(said: &GitSaid) -> Self {
        let has = |words: &[&str]| words.iter().any(|it| said.output.contains(it));
        match said.verdict.as_deref().unwrap_or_default() {
            // Which of the two git says depends on whether it has the other commit.
            it if ["(non-fast-forward)", "(fetch first)", "(needs force)"]
                .iter()
                .any(|why| it.contains(why)) =>
            {
                Self::NotOnTop
            }
            "" => {
                if has(&["REMOTE HOST IDENTIFICATION HAS CHANGED", "Offending "]) {
                    Self::HostChanged
                } else if has(&["Host key verification failed", "host key is known for"]) {
                    Self::HostUnknown
                } else if has(&[
                    "Permission denied",
                    "does not appear to be a git repository",
                    "ccess denied",
                ]) {
                    Self::Denied
                } else if has(&UNREACHABLE) {
                    Self::Unreachable
                } else if has(&["ssh: not found", "ssh: command not found", "cannot run "]) {
                    Self::NoProgram
                } else {
                    Self::Other
                }
            }
            _ => Self::ByServer,
        }
    }

    /// What happened, where, and what to do.
    pub(super) fn error(self, said: &GitSaid, at: Pushing<'_>) -> DriverError {
        let host = at.address.in_known_hosts();
        let name = at.name;
        let words = match self {
            Self::NotOnTop => format!(
                "the platform's branch {name} has commits that {} is not on top of, and Towpath never pushes by force; bring \
                 them into the branch on GitHub, or set the platform's branch back by hand, then deploy again",
                at.commit.short()
            ),
            Self::HostUnknown => format!(
                "the operator's known_hosts has no key of {host}, so nothing was sent there; who runs Towpath adds it, after \
                 comparing it with what the platform says its key is"
            ),
            Self::HostChanged => format!(
                "{host} shows another key than the operator's known_hosts has, so nothing was sent there; who runs Towpath \
                 finds out why before changing the file"
            ),
            Self::Denied => format!(
                "the platform's git server {host} does not let the user of the API token push to {name}; give that user the \
                 role of a contributor or an admin in the project"
            ),
            Self::ByServer => {
                format!("the platform does not take the push to {name}; why stands in the deploy's log")
            }
            Self::Unreachable => format!("the platform's git server {host} does not answer"),
            Self::NoProgram => "the program ssh is not on the machine that runs Towpath, which pushes to the platform by it; \
                                install OpenSSH's client there"
                .to_owned(),
            Self::Other => format!("git could not push to {host}; why stands in the deploy's log"),
        };
        match self {
            Self::Unreachable => DriverError::later(words),
            Self::ByServer | Self::Other => DriverError::refused(words).with_log_tail(own_words(said)),
            _ => DriverError::refused(words),
        }
    }
}

/// What ssh says where nobody answers, or nobody goes on.
const UNREACHABLE: [&str; 9] = [
    "Connection refused",
    "Connection timed out",
    "Connection reset",
    "Connection closed",
    "Could not resolve hostname",
    "No route to host",
    "Network is unreachable",
    "Operation timed out",
    "not responding",
];

/// The last of the server's own words, else of all that was said, without what looks like a secret.
fn own_words(said: &GitSaid) -> Option<String> {
    let own = said.output.lines().filter_map(|line| line.trim_end().strip_prefix("remote:"));
    let mut lines: Vec<&str> = own.map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        lines = said.output.lines().collect();
    }
    Some(last_lines(&lines.join("\n")).join("\n")).filter(|shown| !shown.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ForPeople as _;

    fn said(verdict: Option<&str>, output: &str) -> GitSaid {
        GitSaid { accepted: false, verdict: verdict.map(str::to_owned), output: output.to_owned() }
    }

    #[test]
    fn each_refusal_is_told_from_the_others() {
        use PushRefusal::{
            ByServer, Denied, HostChanged, HostUnknown, NoProgram, NotOnTop, Other, Unreachable,
        };
        for (verdict, output, refusal) in [
            (Some("[rejected] (non-fast-forward)"), "", NotOnTop),
            (Some("[rejected] (fetch first)"), "hint: Updates were rejected", NotOnTop),
            (Some("[remote rejected] (non-fast-forward)"), "remote: error: denying", NotOnTop),
            (Some("[remote rejected] (pre-receive hook declined)"), "remote: E: Permission denied", ByServer),
            (
                None,
                "No ED25519 host key is known for git.example and you have requested strict checking.\r\n\
                 Host key verification failed.",
                HostUnknown,
            ),
            (
                None,
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nOffending ED25519 key in ../known_hosts:1\n\
                 Host key verification failed.",
                HostChanged,
            ),
            (None, "me@git.example: Permission denied (publickey).", Denied),
            (None, "fatal: 'abc.git' does not appear to be a git repository", Denied),
            (None, "ssh: connect to host git.example port 22: Connection refused", Unreachable),
            (None, "ssh: Could not resolve hostname git.example: Name or service not known", Unreachable),
            (None, "ssh -F x: 1: ssh: not found", NoProgram),
            (None, "fatal: the remote end hung up unexpectedly", Other),
        ] {
            assert_eq!(PushRefusal::of(&said(verdict, output)), refusal, "{verdict:?} {output}");
        }
    }

    #[test]
    fn the_servers_own_words_stand_beside_ours_and_are_masked() {
        let address =
            GitAddress { url: "a@git.example:a".to_owned(), host: "git.example".to_owned(), port: None };
        let at = Pushing { address: &address, name: "staging", commit: CommitId::from_bytes([1; 20]) };
        let refused = |verdict, output| {
            let said = said(verdict, output);
            let error = PushRefusal::of(&said).error(&said, at);
            let words = error.for_people().to_string();
            let DriverError::Refused { log_tail, .. } = error else { panic!("{words}") };
            (words, log_tail)
        };
        let (words, tail) = refused(
            Some("[remote rejected] (pre-receive hook declined)"),
            "remote: \nremote: E: Error verifying routes.yaml   \nremote: with password=hunter2\nTo git.example:a\n",
        );
        assert_eq!(words, "the platform does not take the push to staging; why stands in the deploy's log");
        assert_eq!(tail.as_deref(), Some("Error verifying routes.yaml\nwith password=…"));
        let (words, tail) = refused(None, "fatal: the remote end hung up unexpectedly\n");
        assert_eq!(words, "git could not push to git.example; why stands in the deploy's log");
        assert_eq!(tail.as_deref(), Some("fatal: the remote end hung up unexpectedly"));
        assert_eq!(refused(None, "").1, None);
    }
}
