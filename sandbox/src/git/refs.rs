//! Refs as files, as gitrepository-layout(5) has them: read and written without a git, which would be a process for each
//! question, and nothing is asked more often.
//!
//! Where git has put refs into one file, or one stands for another, git itself is asked.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

use super::{Git, is_sha};
use crate::Refused;

/// What nobody outside sees.
const INTERNAL: &str = "refs/internal/";

/// Where each ref is to point; `None` deletes it.
pub(crate) type Moves = [(String, Option<String>)];

impl Git {
    /// Branches, tags and the refs of pull requests.
    pub(crate) async fn refs(&self, repository: u64) -> Result<BTreeMap<String, String>, Refused> {
        let mut refs = self.all_refs(repository).await?;
        let shown = ["refs/heads/", "refs/tags/", "refs/pull/"];
        refs.retain(|name, _| shown.iter().any(|start| name.starts_with(start)));
        Ok(refs)
    }

    /// All refs but the internal ones.
    pub(crate) async fn all_refs(&self, repository: u64) -> Result<BTreeMap<String, String>, Refused> {
        let directory = self.path(repository);
        let read = tokio::task::spawn_blocking(move || read(&directory)).await;
        let read = read.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
        if let Some(refs) = read {
            return Ok(refs);
        }
        let listed = self.run(repository, &["for-each-ref", "--format=%(refname) %(objectname)"]).await?;
        let pairs = listed.lines().filter_map(|line| line.split_once(' '));
        let pairs = pairs.filter(|(name, _)| !name.starts_with(INTERNAL));
        Ok(pairs.map(|(name, sha)| (name.to_owned(), sha.to_owned())).collect())
    }

    /// The ref that `HEAD` stands for.
    pub(crate) async fn head(&self, repository: u64) -> Option<String> {
        let head = tokio::fs::read_to_string(self.path(repository).join("HEAD")).await.ok()?;
        Some(head.strip_prefix("ref: ")?.trim_end().to_owned())
    }

    /// Sets (or with `None` deletes) refs, all or none.
    pub(crate) async fn update_refs(&self, repository: u64, moves: &Moves) -> Result<(), Refused> {
        for (name, sha) in moves {
            if let Some(sha) = sha
                && self.resolve(repository, sha).await?.is_none()
            {
                return Err(Refused::new(500, format!("{name} cannot point at {sha}, which is not there")));
            }
        }
        let (directory, wanted) = (self.path(repository), moves.to_vec());
        let written = tokio::task::spawn_blocking(move || write(&directory, &wanted)).await;
        if written.map_err(|error| failed(&error))?.map_err(|error| failed(&error))? {
            return Ok(());
        }
        let lines = moves.iter().map(|(name, sha)| match sha {
            Some(sha) => format!("update {name} {sha}\n"),
            None => format!("delete {name}\n"),
        });
        let script: String = lines.collect();
        self.feed(repository, &["update-ref", "--stdin"], Some(script.as_bytes()), &[]).await?;
        Ok(())
    }
}

fn failed(error: &dyn std::error::Error) -> Refused {
    Refused::new(500, format!("refs on disk: {error}"))
}

/// `None` where only git can tell.
fn read(directory: &Path) -> Result<Option<BTreeMap<String, String>>, Error> {
    if directory.join("packed-refs").exists() {
        return Ok(None);
    }
    let (mut refs, mut waiting) = (BTreeMap::new(), vec!["refs".to_owned()]);
    while let Some(folder) = waiting.pop() {
        let entries = match fs::read_dir(directory.join(&folder)) {
            // It held a branch that was deleted meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound && folder != "refs" => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { return Ok(None) };
            let name = format!("{folder}/{name}");
            if entry.file_type()?.is_dir() {
                waiting.push(name);
                continue;
            }
            // A lock, which no ref is named like.
            if Path::new(&name).extension().is_some_and(|it| it == "lock") || name.starts_with(INTERNAL) {
                continue;
            }
            match fs::read_to_string(entry.path()) {
                Ok(at) if is_sha(at.trim_end()) => {
                    refs.insert(name, at.trim_end().to_owned());
                }
                Ok(_) => return Ok(None),
                // It was deleted meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(Some(refs))
}

/// Whether it was done; otherwise nothing was, and git has to.
fn write(directory: &Path, moves: &Moves) -> Result<bool, Error> {
    let is_plain = |(name, _): &(String, Option<String>)| {
        let file = directory.join(name);
        let mut above = Path::new(name).ancestors().skip(1);
        // Git says what it thinks of a branch below another one.
        !file.is_dir() && !above.any(|folder| directory.join(folder).is_file())
    };
    // One that is moved twice, or that another one would be below.
    let is_in_the_way = |(name, _): &(String, Option<String>)| {
        let below = format!("{name}/");
        let alike = moves.iter().filter(|(other, _)| other == name).count() > 1;
        alike || moves.iter().any(|(other, _)| other.starts_with(&below))
    };
    if directory.join("packed-refs").exists()
        || !moves.iter().all(is_plain)
        || moves.iter().any(is_in_the_way)
    {
        return Ok(false);
    }
    for (name, sha) in moves {
        let file = directory.join(name);
        match sha {
            Some(sha) => {
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder)?;
                }
                // Whoever reads finds the old one or the new one.
                let lock = directory.join(format!("{name}.lock"));
                fs::write(&lock, format!("{sha}\n"))?;
                fs::rename(&lock, &file)?;
            }
            None => delete(directory, name)?,
        }
    }
    Ok(true)
}

/// Removes a ref, and the folders that held nothing else: a branch of their name may come.
fn delete(directory: &Path, name: &str) -> Result<(), Error> {
    match fs::remove_file(directory.join(name)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // `refs/heads` itself stays.
    let folders = Path::new(name).ancestors().skip(1).take_while(|folder| folder.components().count() > 2);
    for folder in folders {
        if fs::remove_dir(directory.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::{NewCommit, Signature};

    async fn repository() -> (tempfile::TempDir, Git, String) {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path().to_path_buf());
        git.init(1, "main").await.unwrap();
        let author = Signature::of("ada", 1_700_000_000);
        let files = vec![("a".to_owned(), Some(b"a".to_vec()))];
        let commit = NewCommit { parents: Vec::new(), files, message: "a".to_owned(), author };
        let sha = git.commit(1, &commit).await.unwrap();
        (folder, git, sha)
    }

    /// What git itself says of them.
    async fn told(git: &Git) -> String {
        git.run(1, &["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"])
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn git_reads_what_is_written_and_the_other_way_round() {
        let (_folder, git, sha) = repository().await;
        let set = |name: &str| (format!("refs/heads/{name}"), Some(sha.clone()));
        git.update_refs(1, &[set("main"), set("topic/one"), set("topic/two")]).await.unwrap();
        let names = |told: &str| {
            told.lines().map(|line| line.replace(&sha, "").trim().to_owned()).collect::<Vec<_>>()
        };
        let three = ["refs/heads/main", "refs/heads/topic/one", "refs/heads/topic/two"];
        assert_eq!(names(&told(&git).await), three);
        assert_eq!(git.refs(1).await.unwrap().into_keys().collect::<Vec<_>>(), three);
        assert_eq!(git.head(1).await.as_deref(), Some("refs/heads/main"));
        // A branch that is named like the folder which held others.
        let gone = |name: &str| (format!("refs/heads/{name}"), None);
        git.update_refs(1, &[gone("topic/one"), gone("topic/two"), gone("never")]).await.unwrap();
        git.update_refs(1, &[set("topic")]).await.unwrap();
        assert_eq!(names(&told(&git).await), ["refs/heads/main", "refs/heads/topic"]);
        // Packed ones are read and moved by git.
        git.run(1, &["pack-refs", "--all"]).await.unwrap();
        git.update_refs(1, &[set("late"), gone("topic")]).await.unwrap();
        assert_eq!(
            git.refs(1).await.unwrap().into_keys().collect::<Vec<_>>(),
            ["refs/heads/late", "refs/heads/main"]
        );
    }

    #[tokio::test]
    async fn nothing_is_written_where_one_of_them_cannot_be() {
        let (_folder, git, sha) = repository().await;
        let set = |name: &str, sha: &str| (format!("refs/heads/{name}"), Some(sha.to_owned()));
        git.update_refs(1, &[set("main", &sha)]).await.unwrap();
        let before = told(&git).await;
        for bad in [set("main/below", &sha), set("good/below", &sha), set("other", &"1".repeat(40))] {
            let refused = git.update_refs(1, &[set("good", &sha), bad]).await.unwrap_err();
            assert_eq!(refused.status, 500, "{}", refused.message);
            assert_eq!(told(&git).await, before);
        }
    }
}
