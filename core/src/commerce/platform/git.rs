use crate::model::{CommitId, TreeId};
use serde_json::Value;

/// More of a commit's message is not read, in characters.
const MESSAGE_MAX: usize = 16 << 10;

/// The address of a project's git repository, which is reached over SSH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitAddress {
    /// As the platform writes it, and as git takes it.
    pub url: String,
    /// Its host: a name, or an address without brackets.
    pub host: String,
    /// The port, where it is not the usual one.
    pub port: Option<u16>,
}

impl GitAddress {
    /// The one that the API shows of a project: `Ok(None)` where it shows none.
    ///
    /// # Errors
    /// With what it shows, if that is no address that can be reached over SSH.
    pub fn of_project(project: &Value) -> Result<Option<Self>, String> {
        let shown = project.get("repository").and_then(|it| it.get("url")).and_then(Value::as_str);
        match shown.map(str::trim).filter(|it| !it.is_empty()) {
            None => Ok(None),
            Some(shown) => Self::read(shown).map(Some).ok_or_else(|| shown.chars().take(200).collect()),
        }
    }

    /// `user@host:path` or `ssh://user@host:port/path`, of characters that mean nothing to a shell, to git and to ssh.
    fn read(url: &str) -> Option<Self> {
        let (whole, rest) = match url.strip_prefix("ssh://") {
            Some(rest) => (true, rest),
            None => (false, url),
        };
        let (user, rest) = rest.split_once('@')?;
        let (host, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => rest.split_at(rest.find([':', '/'])?),
        };
        let (port, path) = if whole {
            let (port, path) = rest.split_at(rest.find('/')?);
            (port.strip_prefix(':').map(str::parse::<u16>).transpose().ok()?, path)
        } else {
            (None, rest.strip_prefix(':')?)
        };
        let plain = |text: &str, besides: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || besides.contains(c);
            !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain)
        };
        // An address of the newer kind stands in brackets, so there alone colons come up.
        let is_of_address = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
        let is_host = plain(host, "-.") || host.contains(':') && host.chars().all(is_of_address);
        let is_path =
            plain(path, "-._/~") && path.split('/').all(|part| part != ".." && !part.starts_with('-'));
        let is_good = url.len() <= 500 && plain(user, "-._") && is_host && is_path;
        is_good.then(|| Self { url: url.to_owned(), host: host.to_owned(), port })
    }

    /// The host as a file with host keys names it.
    pub fn in_known_hosts(&self) -> String {
        match self.port {
            Some(port) if port != 22 => format!("[{}]:{port}", self.host),
            _ => self.host.clone(),
        }
    }
}

/// A commit, as the API tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudCommit {
    /// Its files.
    pub tree: TreeId,
    /// What was said with it.
    pub message: String,
}

impl CloudCommit {
    /// Reads one; `None` where the answer is none.
    pub fn read(answer: &Value) -> Option<Self> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let message = text("message").unwrap_or_default().chars().take(MESSAGE_MAX).collect();
        Some(Self { tree: text("tree")?.parse().ok()?, message })
    }
}

/// The commit that the API says a branch is at, of a list of refs.
pub fn commit_of_branch(refs: &Value, branch: &str) -> Option<CommitId> {
    let wanted = format!("refs/heads/{branch}");
    let found = refs.as_array()?.iter().find(|it| it.get("ref").and_then(Value::as_str) == Some(&wanted))?;
    found.get("object")?.get("sha")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(url: &str) -> Result<Option<GitAddress>, String> {
        GitAddress::of_project(&json!({ "repository": { "url": url } }))
    }

    #[test]
    fn an_address_is_taken_in_both_of_gits_forms() {
        let of = |url: &str| {
            let read = read(url).unwrap().unwrap();
            assert_eq!(read.url, url);
            (read.host.clone(), read.in_known_hosts())
        };
        let pair = |host: &str, known: &str| (host.to_owned(), known.to_owned());
        assert_eq!(
            of("abc123@git.eu-3.magento.cloud:abc123.git"),
            pair("git.eu-3.magento.cloud", "git.eu-3.magento.cloud")
        );
        assert_eq!(of("ssh://me@127.0.0.1:2222/srv/abc.git"), pair("127.0.0.1", "[127.0.0.1]:2222"));
        assert_eq!(of("ssh://me@git.example/abc.git"), pair("git.example", "git.example"));
        assert_eq!(of("me@[::1]:abc.git"), pair("::1", "::1"));
        assert_eq!(GitAddress::of_project(&json!({ "id": "abc123" })), Ok(None));
        assert_eq!(read(" "), Ok(None));
    }

    #[test]
    fn what_a_program_would_take_for_something_else_is_no_address() {
        for odd in [
            "https://git.example/abc.git",
            "file:///srv/abc.git",
            "ext::sh -c id",
            "abc123@-oProxyCommand=id:abc.git",
            "-oProxyCommand=id@git.example:abc.git",
            "ssh://me@git.example:70000/abc.git",
            "ssh://me@git.example:abc.git",
            "me@git.example:../abc.git",
            "me@git.example:--upload-pack=id",
            "me@git.example:a/--x",
            "me@git.example:$(id).git",
            "me@git.example:a b.git",
            "me@git.example:'a'.git",
            "me@git.example",
            "git.example:abc.git",
            "me@:abc.git",
            "me@git.example:",
        ] {
            assert_eq!(read(odd), Err(odd.to_owned()), "{odd}");
        }
    }

    #[test]
    fn a_commit_and_a_branch_are_read_from_what_there_is() {
        let tree = "1".repeat(40);
        let read = CloudCommit::read(&json!({ "sha": "x", "tree": tree, "message": "Fix\n" })).unwrap();
        assert_eq!((read.tree.to_string(), read.message.as_str()), (tree, "Fix\n"));
        for none in [json!({}), json!([]), json!({ "tree": "short" })] {
            assert_eq!(CloudCommit::read(&none), None, "{none}");
        }
        let long = json!({ "tree": "1".repeat(40), "message": "ü".repeat(2 * MESSAGE_MAX) });
        assert_eq!(CloudCommit::read(&long).unwrap().message.chars().count(), MESSAGE_MAX);
        let refs = json!([{ "ref": "refs/heads/staging", "object": { "sha": "2".repeat(40) } }, 7]);
        assert_eq!(commit_of_branch(&refs, "staging").unwrap().to_string(), "2".repeat(40));
        assert_eq!(commit_of_branch(&refs, "production"), None);
    }
}
