//! What the operator of the server allows and holds for each repository: addresses that may be called, secrets,
//! programs that may be run. Read from one file in TOML; a repository can set nothing of it. Its format differs from
//! the project's YAML because who writes the one does not write the other.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::cloud_project::CloudProject;
use super::endpoint::Endpoint;
use super::setting_names::AllowedNames;
use crate::model::{EnvironmentName, RepositoryId, RepositoryName};

/// The operator's file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// By `owner/name`, which says who it is for only until the repository's number is known.
    #[serde(default, rename = "repository")]
    repositories: BTreeMap<String, Allowed>,
}

/// What is allowed for one repository.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// GitHub's number of the repository; where it is written, the name does not count.
    #[serde(default)]
    pub id: Option<RepositoryId>,
    /// Addresses that deploys may be sent to, by their names.
    #[serde(default, rename = "endpoint")]
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Where secrets are, by their names.
    #[serde(default, rename = "secret")]
    pub secrets: BTreeMap<String, SecretPlace>,
    /// Environments that are deployed by programs on this machine, by their names.
    #[serde(default, rename = "environment")]
    environments: BTreeMap<String, Programs>,
    /// The project of the platform that it is deployed to by `driver: commerce-cloud`.
    #[serde(default)]
    pub commerce: Option<CloudProject>,
    /// The repository's settings that every build sees under their own names.
    #[serde(default)]
    allow_settings: AllowedNames,
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretPlace {
    /// A file that holds it.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// A variable of the server's environment that holds it.
    #[serde(default)]
    pub env: Option<String>,
}

/// The programs that deploy one environment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programs {
    /// Run in a clean work tree of the commit, which becomes the slug. The site keeps running.
    #[serde(default)]
    pub build: Vec<Step>,
    /// Run in a copy of the slug.
    #[serde(default)]
    pub deploy: Vec<Step>,
    /// Run after it, once the site is open again.
    #[serde(default)]
    pub verify: Vec<Step>,
    /// Whether they deploy to the environment that `TOWPATH_ENVIRONMENT` names, so that branches can be deployed beside this
    /// one.
    #[serde(default)]
    pub branches: bool,
    /// Where people look at the site.
    #[serde(default)]
    pub url: Option<String>,
    /// How long each phase may take, such as 30m or 90s.
    #[serde(default, deserialize_with = "length_of_time")]
    pub timeout: Option<Duration>,
    /// The repository's settings that the build sees under their own names, besides those allowed for all environments.
    #[serde(default)]
    pub allow_settings: AllowedNames,
    /// Variables that the steps of `deploy` and `verify` see. A build sees none of them: what it makes is used again
    /// in other environments.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Variables that the steps of `deploy` and `verify` see, with the names of the secrets they hold.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
}

/// One program to run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What people call it, such as `compile` or `maintenance-on`.
    pub step: String,
    /// The program, by its whole path, and its arguments. No shell is asked.
    pub run: Vec<String>,
}

/// Two names that GitHub takes for one, where there are such.
fn alike<'a, N: Ord + From<&'a String>>(
    names: impl Iterator<Item = &'a String>,
) -> Option<(&'a String, &'a String)> {
    let mut seen = BTreeMap::new();
    names.into_iter().find_map(|name| seen.insert(N::from(name), name).map(|before| (before, name)))
}

/// A length of time, written as a number and one of s, m, h.
fn length_of_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || format!("{text:?} is no length of time; write a number and s, m or h, such as 30m");
    let (number, unit) = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((number, "s")) => (number, 1),
        Some((number, "m")) => (number, 60),
        Some((number, "h")) => (number, 3_600),
        _ => return Err(D::Error::custom(wrong())),
    };
    let number = number.parse().ok().filter(|it| (1_u64..=100_000).contains(it));
    let number = number.ok_or_else(|| D::Error::custom(wrong()))?;
    Ok(Some(Duration::from_secs(number * unit)))
}

impl Operator {
    /// Reads the file's text.
    ///
    /// # Errors
    /// In words that name the line and the column, and never a secret.
    pub fn read(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|error| placed(text, &error))?;
        for (repository, allowed) in &read.repositories {
            let wrong = |what: String| Err(format!("repository.{repository:?}: {what}"));
            if !is_full_name(repository) {
                return wrong("a repository is named owner/name".to_owned());
            }
            if let Some(what) = allowed.fault() {
                return wrong(what);
            }
        }
        if let Some((one, other)) = alike::<RepositoryName>(read.repositories.keys()) {
            return Err(format!(
                "repository.{other:?} and repository.{one:?} are one name to GitHub; keep one"
            ));
        }
        let mut ids = BTreeMap::new();
        for (name, id) in read.entries().filter_map(|(name, it)| Some((name, it.id?))) {
            if let Some(before) = ids.insert(id, name) {
                return Err(format!(
                    "repository.{before:?} and repository.{name:?} both have id = {id}; keep one"
                ));
            }
        }
        Ok(read)
    }

    /// Every entry, by the name that it has in the file.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Allowed)> {
        self.repositories.iter().map(|(name, it)| (name.as_str(), it))
    }

    /// The entry of a name, which GitHub takes in any case. Whether it is for the repository that has the name is
    /// another question.
    pub fn named(&self, repository: &str) -> Option<(&str, &Allowed)> {
        let wanted = RepositoryName::from(repository);
        self.entries().find(|(name, _)| wanted == **name)
    }
}

fn is_full_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let parts: Vec<&str> = text.split('/').collect();
    parts.len() == 2 && parts.iter().all(|part| !part.is_empty() && part.chars().all(plain))
}

/// What is wrong, with its place. The line itself is not shown, nor a text in it: it may be a secret that was written
/// where its place belongs.
fn placed(text: &str, error: &toml::de::Error) -> String {
    let message = error.message();
    let message = match message.split_once(" string \"").zip(message.rsplit_once('"')) {
        Some(((before, _), (_, after))) => format!("{before} a text{after}"),
        None => message.to_owned(),
    };
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return message };
    let (line, rest) = (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default());
    format!("line {line}, column {}: {message}", rest.chars().count() + 1)
}

impl Allowed {
    /// The programs of an environment, whose name GitHub takes in any case.
    pub fn programs(&self, environment: &str) -> Option<Programs> {
        let wanted = EnvironmentName::from(environment);
        let (_, programs) = self.environments.iter().find(|(name, _)| wanted == *name.as_str())?;
        let mut programs = programs.clone();
        programs.allow_settings.extend(&self.allow_settings);
        Some(programs)
    }

    fn fault(&self) -> Option<String> {
        for (name, place) in &self.secrets {
            if place.file.is_some() == place.env.is_some() {
                return Some(format!("secret.{name}: name either a file or env"));
            }
        }
        for (name, endpoint) in &self.endpoints {
            let secret = endpoint.secret.as_ref().unwrap_or(name);
            if !self.secrets.contains_key(secret) {
                return Some(format!("endpoint.{name}: there is no secret {secret:?}; add secret.{secret}"));
            }
            if let Err(what) = endpoint.parsed() {
                return Some(format!("endpoint.{name}: {what}"));
            }
        }
        if let Some(project) = &self.commerce {
            if !self.secrets.contains_key(&project.token) {
                let token = &project.token;
                return Some(format!("commerce: there is no secret {token:?}; add secret.{token}"));
            }
            if let Some(what) = project.fault() {
                return Some(format!("commerce: {what}"));
            }
        }
        if let Some((one, other)) = alike::<EnvironmentName>(self.environments.keys()) {
            return Some(format!(
                "environment.{other:?} and environment.{one:?} are one name to GitHub; keep one"
            ));
        }
        self.environments.iter().find_map(|(name, programs)| {
            self.fault_in(programs).map(|what| format!("environment.{name:?}: {what}"))
        })
    }

    fn fault_in(&self, programs: &Programs) -> Option<String> {
        if programs.deploy.is_empty() {
            return Some("it has no deploy steps".to_owned());
        }
        let steps = programs.build.iter().chain(&programs.deploy).chain(&programs.verify);
        for step in steps {
            let program = step.run.first().map(String::as_str).unwrap_or_default();
            if !program.starts_with('/') {
                return Some(format!(
                    "step {:?}: run names its program by a whole path, such as /opt/shop/build, not {program:?}",
                    step.step
                ));
            }
        }
        let unknown = programs.secrets.values().find(|name| !self.secrets.contains_key(*name));
        unknown.map(|name| format!("there is no secret {name:?}; add secret.{name}"))
    }
}

/// Why a secret of the operator's cannot be had. It names the place and never the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The operator's file has none of this name.
    #[error("the operator holds no secret {0:?} for this repository")]
    Unknown(String),
    /// Its file cannot be read.
    #[error("the secret's file {} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Its variable is not set.
    #[error("the variable {0} is not set")]
    NotSet(String),
    /// The operator's file names neither a file nor a variable.
    #[error("nothing says where the secret is")]
    Nowhere,
    /// There is nothing at its place.
    #[error("the secret is empty")]
    Empty,
}

impl SecretPlace {
    /// The secret itself, read now: it may have been changed since. `get` looks a variable up.
    pub fn read(&self, get: impl Fn(&str) -> Option<String>) -> Result<String, SecretError> {
        let text = match (&self.file, &self.env) {
            (Some(file), _) => std::fs::read_to_string(file)
                .map_err(|source| SecretError::Unreadable { file: file.clone(), source })?,
            (None, Some(name)) => get(name).ok_or_else(|| SecretError::NotSet(name.clone()))?,
            (None, None) => return Err(SecretError::Nowhere),
        };
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() { Err(SecretError::Empty) } else { Ok(text.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_is_read_by_repository() {
        let operator = Operator::read(
            r#"
            [repository."acme/store".secret]
            shop-key = { env = "SHOP_KEY" }
            [repository."acme/store".endpoint.shop]
            url = "https://deploy.example.com/hook"
            secret = "shop-key"
            [repository."acme/store".environment."eu staging"]
            timeout = "30m"
            deploy = [{ step = "install", run = ["/opt/shop/install", "--fast"] }]
            secrets = { TOKEN = "shop-key" }
            "#,
        )
        .unwrap();
        let allowed = operator.named("Acme/Store").unwrap().1;
        assert_eq!(allowed.environments["eu staging"].timeout, Some(Duration::from_secs(1_800)));
        assert!(allowed.programs("EU Staging").is_some() && allowed.programs("staging").is_none());
        assert_eq!(allowed.programs("EU staging").unwrap().timeout, Some(Duration::from_secs(1_800)));
        assert!(operator.named("acme/other").is_none());
        let get = |name: &str| (name == "SHOP_KEY").then(|| "s3cret\n".to_owned());
        assert_eq!(allowed.secrets["shop-key"].read(get).unwrap(), "s3cret");
        assert_eq!(
            allowed.secrets["shop-key"].read(|_| None).unwrap_err().to_string(),
            "the variable SHOP_KEY is not set"
        );
    }

    #[test]
    fn the_file_in_the_documents_is_read() {
        let page = include_str!("../../../docs/deploys.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let operator = Operator::read(example).unwrap();
        let programs = operator.named("acme/store").unwrap().1.programs("Staging").unwrap();
        assert_eq!(programs.allow_settings.variable("SHOP_MODE"), "SHOP_MODE");
        assert_eq!(programs.allow_settings.variable("NODE_OPTIONS"), "TOWPATH_SETTING_NODE_OPTIONS");
    }

    #[test]
    fn settings_are_allowed_for_all_environments_or_for_one() {
        let operator = Operator::read(
            r#"
            [repository."a/b"]
            allow_settings = ["SHOP_*"]
            [repository."a/b".environment.staging]
            deploy = [{ step = "go", run = ["/go"] }]
            allow_settings = ["MODE"]
            [repository."a/b".environment.production]
            deploy = [{ step = "go", run = ["/go"] }]
            "#,
        )
        .unwrap();
        let seen = |environment: &str| {
            let names = operator.named("a/b").unwrap().1.programs(environment).unwrap().allow_settings;
            ["SHOP_A", "MODE"].map(|name| names.variable(name))
        };
        assert_eq!(seen("staging"), ["SHOP_A", "MODE"]);
        assert_eq!(seen("production"), ["SHOP_A", "TOWPATH_SETTING_MODE"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let error = |text: &str| Operator::read(text).unwrap_err();
        let shown = error("[repository.\"a/b\".endpoint.x]\nurl = \"https://e.com\"\nurls = 1\n");
        assert!(shown.contains("line 3") && shown.contains("urls"), "{shown}");
        let shown = error("[repository.\"a/b\".endpoint.x]\nurl = \"https://e.com\"\n");
        assert_eq!(shown, "repository.\"a/b\": endpoint.x: there is no secret \"x\"; add secret.x");
        let shown =
            error("[repository.\"a/b\".environment.s]\ndeploy = [{ step = \"go\", run = [\"go\"] }]\n");
        assert!(shown.contains("whole path"), "{shown}");
        let shown = error("[repository.ab]\n");
        assert_eq!(shown, "repository.\"ab\": a repository is named owner/name");
        for odd in ["a/b/c", "a/", "/b", "a/b ", "https://github.com/a"] {
            let shown = error(&format!("[repository.\"{odd}\"]\n"));
            assert!(shown.ends_with("a repository is named owner/name"), "{shown}");
        }
        let shown = error("[repository.\"a/b\"]\n[repository.\"A/B\"]\n");
        assert_eq!(shown, "repository.\"a/b\" and repository.\"A/B\" are one name to GitHub; keep one");
        let shown = error("[repository.\"a/b\"]\nid = 7\n[repository.\"a/c\"]\nid = 7\n");
        assert_eq!(shown, "repository.\"a/b\" and repository.\"a/c\" both have id = 7; keep one");
        assert!(error("[repository.\"a/b\"]\nid = -7\n").contains("line 2"));
        let shown = error("[repository.\"a/b\".secret]\nshop-key = \"s3cret\"\n");
        assert!(
            shown.starts_with("line 2, column 12: invalid type: a text") && !shown.contains("s3cret"),
            "{shown}"
        );
        for no_length in ["soon", "", "m", "0m", "30µ"] {
            let shown = error(&format!("[repository.\"a/b\".environment.s]\ntimeout = \"{no_length}\"\n"));
            assert!(shown.contains("no length of time"), "{shown}");
        }
        let shown = error("[repository.\"a/b\"]\nallow_settings = [\"*\"]\n");
        assert!(shown.contains("line 2") && shown.contains("such as SHOP_*"), "{shown}");
        let one = "deploy = [{ step = \"go\", run = [\"/go\"] }]\n";
        let shown = error(&format!(
            "[repository.\"a/b\".environment.qa]\n{one}[repository.\"a/b\".environment.QA]\n{one}"
        ));
        assert_eq!(
            shown,
            "repository.\"a/b\": environment.\"qa\" and environment.\"QA\" are one name to GitHub; keep one"
        );
    }
}
