//! What a fetch asks for in version 2 of git's protocol (gitprotocol-v2, `fetch`), answered without a git where what it brings
//! is small and lies in loose files: two processes of git for each answer would be most of what it costs.
//!
//! Whatever is asked in another way is left to git.

use super::request::{arguments, packet};
use crate::Refused;
use crate::git::{LeftOut, Wanted, is_id};
use crate::hub::Hub;

/// What a line holds of a pack at most, in bytes: with its length and the number of its channel it is as long as a line may be.
const PIECE: usize = 65_515;

/// What is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    wanted: Wanted,
    with_tags: bool,
    /// The asker has said all that it has.
    is_done: bool,
}

impl Question {
    /// `None` where it is none of these, or says more than is understood here.
    pub(super) fn read(input: &[u8]) -> Option<Self> {
        let mut question = Self::default();
        for argument in arguments(input, "fetch")? {
            question.take(argument)?;
        }
        (!question.wanted.wants.is_empty()).then_some(question)
    }

    fn take(&mut self, argument: &str) -> Option<()> {
        match argument {
            // Nothing is written here as a difference, and nothing is told of on the way.
            "thin-pack" | "ofs-delta" | "no-progress" => {}
            "include-tag" => self.with_tags = true,
            "done" => self.is_done = true,
            "filter tree:0" => self.wanted.left_out = LeftOut::Trees,
            "filter blob:none" => self.wanted.left_out = LeftOut::Files,
            _ => {
                let (list, id) = match argument.split_once(' ')? {
                    ("want", id) => (&mut self.wanted.wants, id),
                    ("have", id) => (&mut self.wanted.haves, id),
                    _ => return None,
                };
                list.push(Some(id).filter(|id| is_id(id))?.to_owned());
            }
        }
        Some(())
    }

    /// The answer; `None` where only git knows it.
    pub(super) async fn answer(&self, hub: &Hub, repository: u64) -> Result<Option<Vec<u8>>, Refused> {
        // What a tag of its own kind stands for, only git knows.
        if self.with_tags
            && hub.git.all_refs(repository).await?.keys().any(|name| name.starts_with("refs/tags/"))
        {
            return Ok(None);
        }
        Ok(self.told(hub, repository))
    }

    fn told(&self, hub: &Hub, repository: u64) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        if !self.is_done {
            let common = hub.git.commits_there(repository, &self.wanted.haves);
            let is_ready = hub.git.is_reached(repository, &self.wanted.wants, &common)?;
            packet(&mut answer, "acknowledgments");
            for commit in &common {
                packet(&mut answer, &format!("ACK {commit}"));
            }
            if common.is_empty() {
                packet(&mut answer, "NAK");
            }
            if !is_ready {
                answer.extend_from_slice(b"0000");
                return Some(answer);
            }
            packet(&mut answer, "ready");
            answer.extend_from_slice(b"0001");
        }
        packet(&mut answer, "packfile");
        for piece in hub.git.packed(repository, &self.wanted)?.chunks(PIECE) {
            answer.extend_from_slice(format!("{:04x}\x01", piece.len() + 5).as_bytes());
            answer.extend_from_slice(piece);
        }
        answer.extend_from_slice(b"0000");
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::asked;
    use super::*;

    #[test]
    fn what_clients_ask_is_understood_and_nothing_else() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let (want, have) = (format!("want {one}"), format!("have {two}"));
        let lines =
            ["command=fetch", "agent=git/2.47.3", "|", "thin-pack", "filter tree:0", &want, &have, "done"];
        let wanted = Wanted { wants: vec![one], haves: vec![two], left_out: LeftOut::Trees };
        let read = Question::read(&asked(&lines)).unwrap();
        assert_eq!(read, Question { wanted, with_tags: false, is_done: true });
        let whole = asked(&lines);
        for end in 0..whole.len() {
            assert_eq!(Question::read(&whole[..end]), None, "cut at {end}");
        }
        for other in [
            asked(&["command=fetch", "|", "done"]),
            asked(&["command=fetch", "|", "want HEAD"]),
            asked(&["command=fetch", "|", &want, "deepen 1"]),
            asked(&["command=fetch", "|", &want, "filter blob:limit=1k"]),
            asked(&["command=fetch", "|", &want, "want-ref refs/heads/main"]),
            asked(&["command=ls-refs", "|", &want]),
        ] {
            assert_eq!(Question::read(&other), None, "{}", String::from_utf8_lossy(&other));
        }
    }
}
