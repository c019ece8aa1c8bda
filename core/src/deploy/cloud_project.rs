//! What the operator writes of a project on the platform of Adobe Commerce on cloud infrastructure.

use super::endpoint::callable;
use crate::commerce::platform::folded;
use crate::model::EnvironmentName;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

/// The project that a repository is deployed to, and how the platform is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudProject {
    /// The project's id.
    pub project: String,
    /// The name of the secret that holds the API token of a user of the platform.
    pub token: String,
    /// The platform's environments by ours. Nothing else is deployed to.
    pub environments: BTreeMap<String, String>,
    /// The root of the platform's API.
    #[serde(default = "public_api")]
    pub api: String,
    /// Where the API token is exchanged for one that lives a quarter of an hour.
    #[serde(default = "public_auth")]
    pub auth: String,
    /// Where certificates for SSH are made.
    #[serde(default = "public_ssh")]
    pub ssh: String,
    /// The file with the host keys of the project's git remote.
    #[serde(default)]
    pub known_hosts: Option<PathBuf>,
    /// Whether these addresses may lie in a private network or on this machine.
    #[serde(default)]
    pub allow_private: bool,
}

/// More of a file with host keys is not read, in bytes.
const KNOWN_HOSTS_MAX: u64 = 1 << 20;

/// Why the host keys of the project's git remote cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KnownHostsError {
    /// The file cannot be read.
    #[error("the operator's known_hosts, {}, cannot be read; let the server read the file, or name another", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is no such file.
    #[error(
        "the operator's known_hosts, {}, is larger than a megabyte; name a file with the keys of the platform's git server",
        file.display()
    )]
    TooLarge {
        /// The file.
        file: PathBuf,
    },
}

// As the platform's own client for Adobe Commerce has them.
fn public_api() -> String {
    "https://api.magento.cloud".to_owned()
}

fn public_auth() -> String {
    "https://auth.magento.cloud/oauth2/token".to_owned()
}

fn public_ssh() -> String {
    "https://ssh.api.magento.cloud/ssh".to_owned()
}

impl CloudProject {
    /// The platform's environment for one of ours, whose name GitHub takes in any case.
    pub fn environment(&self, ours: &str) -> Option<&str> {
        let wanted = EnvironmentName::from(ours);
        self.environments.iter().find(|(name, _)| wanted == *name.as_str()).map(|(_, theirs)| theirs.as_str())
    }

    /// The host keys of the project's git remote, as the file has them now; `None` where the operator names no file.
    ///
    /// # Errors
    /// In words that name the file.
    pub async fn read_known_hosts(&self) -> Result<Option<Vec<u8>>, KnownHostsError> {
        let Some(file) = self.known_hosts.clone() else { return Ok(None) };
        let mut keys = Vec::new();
        let read = async {
            let opened = File::open(&file).await?;
            opened.take(KNOWN_HOSTS_MAX + 1).read_to_end(&mut keys).await
        };
        match read.await {
            Ok(length) if length as u64 > KNOWN_HOSTS_MAX => Err(KnownHostsError::TooLarge { file }),
            Ok(_) => Ok(Some(keys)),
            Err(source) => Err(KnownHostsError::Unreadable { file, source }),
        }
    }

    /// Whether it has an environment for any branch beside one of ours.
    pub fn has_branches_beside(&self, ours: &str) -> bool {
        let is_beside = |name: &str| {
            let own = name.split_at_checked(ours.len());
            own.is_some_and(|(own, rest)| EnvironmentName::are_alike(own, ours) && rest.starts_with('/'))
        };
        self.environments.keys().any(|name| is_beside(name))
    }

    /// What is wrong with it, but for the token.
    pub(super) fn fault(&self) -> Option<String> {
        let is_id = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if !is_id(&self.project) {
            let shown = &self.project;
            return Some(format!(
                "project: {shown:?} is no id of a project; it has small letters and digits, such as abc123"
            ));
        }
        for (key, address) in [("api", &self.api), ("auth", &self.auth), ("ssh", &self.ssh)] {
            if let Err(what) = callable(address, self.allow_private) {
                return Some(format!("{key}: {what}"));
            }
        }
        if self.known_hosts.as_ref().is_some_and(|path| !path.is_absolute()) {
            return Some("known_hosts: name the file by its whole path".to_owned());
        }
        self.fault_in_environments()
    }

    fn fault_in_environments(&self) -> Option<String> {
        if self.environments.is_empty() {
            return Some(
                "environments is empty: nothing could be deployed; write staging = \"staging\"".to_owned(),
            );
        }
        let mut ours: BTreeMap<EnvironmentName, &str> = BTreeMap::new();
        let mut theirs: BTreeMap<String, &str> = BTreeMap::new();
        for (name, target) in &self.environments {
            if target.trim().is_empty() || target.chars().any(char::is_control) {
                return Some(format!("environments: {name:?} has no name of an environment"));
            }
            if let Some(before) = ours.insert(EnvironmentName::from(name), name) {
                return Some(format!(
                    "environments: {before:?} and {name:?} are one name to GitHub; keep one"
                ));
            }
            if let Some(before) = theirs.insert(folded(target), name) {
                return Some(format!(
                    "environments: {before:?} and {name:?} are one environment on the platform"
                ));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::deploy::operator::Operator;

    const START: &str = "[repository.\"a/b\".secret]\nci = { env = \"CI\" }\n[repository.\"a/b\".commerce]\n";

    fn read(rest: &str) -> Result<Operator, String> {
        Operator::read(&format!("{START}{rest}"))
    }

    #[test]
    fn what_the_operator_leaves_out_is_the_platforms_public_address() {
        let file =
            read("project = \"abc123\"\ntoken = \"ci\"\nenvironments = { Staging = \"staging\" }\n").unwrap();
        let project = file.named("a/b").unwrap().1.commerce.as_ref().unwrap();
        assert_eq!(project.api, "https://api.magento.cloud");
        assert_eq!(project.auth, "https://auth.magento.cloud/oauth2/token");
        assert_eq!(project.ssh, "https://ssh.api.magento.cloud/ssh");
        assert!(!project.allow_private && project.known_hosts.is_none());
        assert_eq!(project.environment("STAGING"), Some("staging"));
        assert_eq!(project.environment("production"), None);
    }

    #[test]
    fn the_file_in_the_documents_is_read() {
        let page = include_str!("../../../docs/commerce.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let file = Operator::read(example).unwrap();
        let project = file.named("acme/store").unwrap().1.commerce.as_ref().unwrap();
        assert_eq!(project.environment("production"), Some("production"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = "project = \"abc123\"\ntoken = \"ci\"\n";
        for (rest, wrong) in [
            (
                "project = \"ABC/1\"\ntoken = \"ci\"\nenvironments = { a = \"a\" }\n",
                "commerce: project: \"ABC/1\" is no id",
            ),
            (
                "project = \"abc\"\ntoken = \"x\"\nenvironments = { a = \"a\" }\n",
                "commerce: there is no secret \"x\"; add secret.x",
            ),
            (&format!("{good}environments = {{}}\n"), "commerce: environments is empty"),
            (&format!("{good}environments = {{ a = \" \" }}\n"), "\"a\" has no name of an environment"),
            (&format!("{good}environments = {{ a = \"x\", A = \"y\" }}\n"), "are one name to GitHub"),
            (
                &format!("{good}environments = {{ a = \"QA one\", b = \"qa-one\" }}\n"),
                "are one environment on the platform",
            ),
            (
                &format!("{good}environments = {{ a = \"a\" }}\napi = \"http://e.com\"\n"),
                "commerce: api: what is sent could be read",
            ),
            (
                &format!("{good}environments = {{ a = \"a\" }}\nauth = \"https://127.0.0.1/\"\n"),
                "commerce: auth: 127.0.0.1 is an address of a private network",
            ),
            (
                &format!("{good}environments = {{ a = \"a\" }}\nknown_hosts = \"hosts\"\n"),
                "commerce: known_hosts: name the file",
            ),
            (&format!("{good}environments = {{ a = \"a\" }}\ntokens = 1\n"), "unknown field `tokens`"),
        ] {
            let error = read(rest).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
        let private = format!(
            "{good}environments = {{ a = \"a\" }}\napi = \"http://127.0.0.1:1\"\nallow_private = true\n"
        );
        read(&private).unwrap();
    }
}
