//! Which refs there are, as version 2 of git's protocol asks it (gitprotocol-v2, `ls-refs`): every fetch begins with it, and a
//! git for each answer would be most of what it costs.
//!
//! Whatever is asked in another way than git's own clients and ours do is left to git.

use std::collections::BTreeMap;

use super::request::{arguments, packet};
use crate::Refused;
use crate::hub::Hub;

/// What is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    prefixes: Vec<String>,
    symbolic: bool,
    peeled: bool,
    unborn: bool,
}

impl Question {
    /// `None` where it is none of these, or says more than is understood here.
    pub(super) fn read(input: &[u8]) -> Option<Self> {
        let mut question = Self::default();
        for argument in arguments(input, "ls-refs")? {
            question.take(argument)?;
        }
        Some(question)
    }

    fn take(&mut self, argument: &str) -> Option<()> {
        match argument {
            "symrefs" => self.symbolic = true,
            "peel" => self.peeled = true,
            "unborn" => self.unborn = true,
            _ => self.prefixes.push(argument.strip_prefix("ref-prefix ")?.to_owned()),
        }
        Some(())
    }

    fn asks_for(&self, name: &str) -> bool {
        self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }

    /// The answer; `None` where only git knows it.
    pub(super) async fn answer(&self, hub: &Hub, repository: u64) -> Result<Option<Vec<u8>>, Refused> {
        let refs = hub.git.all_refs(repository).await?;
        let head = hub.git.head(repository).await;
        Ok(head.and_then(|head| self.told(&refs, &head)))
    }

    fn told(&self, refs: &BTreeMap<String, String>, head: &str) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        if self.asks_for("HEAD") {
            let symbolic = if self.symbolic { format!(" symref-target:{head}") } else { String::new() };
            match refs.get(head) {
                Some(sha) => packet(&mut answer, &format!("{sha} HEAD{symbolic}")),
                None if self.unborn && self.symbolic => {
                    packet(&mut answer, &format!("unborn HEAD{symbolic}"));
                }
                None => {}
            }
        }
        for (name, sha) in refs.iter().filter(|(name, _)| self.asks_for(name)) {
            // Only git knows what a tag of its own kind stands for.
            if self.peeled && name.starts_with("refs/tags/") {
                return None;
            }
            packet(&mut answer, &format!("{sha} {name}"));
        }
        answer.extend_from_slice(b"0000");
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::asked;
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";

    #[test]
    fn what_clients_ask_is_understood_and_nothing_else() {
        let agent = ["command=ls-refs", "agent=git/2.47.3", "object-format=sha1", "|", "peel", "symrefs"];
        let read = Question::read(&asked(&agent)).unwrap();
        assert_eq!(read, Question { symbolic: true, peeled: true, ..Question::default() });
        let ours = Question::read(&asked(&["command=ls-refs", "|", "ref-prefix refs/heads/"])).unwrap();
        assert_eq!(ours.prefixes, ["refs/heads/"]);
        let whole = asked(&agent);
        for end in 0..whole.len() {
            assert_eq!(Question::read(&whole[..end]), None, "cut at {end}");
        }
        for other in [
            asked(&["command=fetch", "|", "want 1"]),
            asked(&["command=ls-refs", "object-format=sha256"]),
            asked(&["command=ls-refs", "|", "something new"]),
            asked(&["agent=git/2"]),
            [asked(&["command=ls-refs"]), asked(&["command=ls-refs"])].concat(),
        ] {
            assert_eq!(Question::read(&other), None, "{}", String::from_utf8_lossy(&other));
        }
    }

    #[test]
    fn it_is_answered_as_git_does() {
        let told = |question: &Question, names: &[&str]| {
            let refs = names.iter().map(|name| ((*name).to_owned(), ONE.to_owned())).collect();
            question.told(&refs, "refs/heads/main").map(|answer| String::from_utf8(answer).unwrap())
        };
        let names = ["refs/heads/main", "refs/pull/1/head"];
        let all = Question { symbolic: true, unborn: true, peeled: true, prefixes: Vec::new() };
        let head = format!("0050{ONE} HEAD symref-target:refs/heads/main\n");
        let main = format!("003d{ONE} refs/heads/main\n");
        let pull = format!("003e{ONE} refs/pull/1/head\n");
        assert_eq!(told(&all, &names).unwrap(), format!("{head}{main}{pull}0000"));
        let heads = Question { prefixes: vec!["refs/heads/".to_owned()], ..Question::default() };
        assert_eq!(told(&heads, &names).unwrap(), format!("{main}0000"));
        assert_eq!(told(&all, &[]).unwrap(), "002eunborn HEAD symref-target:refs/heads/main\n0000");
        assert_eq!(told(&heads, &[]).unwrap(), "0000");
        assert_eq!(told(&all, &["refs/tags/v1"]), None);
        assert!(told(&heads, &["refs/tags/v1"]).is_some());
    }
}
