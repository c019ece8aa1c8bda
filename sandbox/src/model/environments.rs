//! Environments: known by whatever names them first, and by that spelling from then on.

use std::collections::BTreeMap;

use super::World;

/// An environment of a repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// As it was first spelled.
    pub(crate) name: String,
    /// A person has to let each job in.
    pub(crate) reviewed: bool,
    /// The apps whose protection rule it has, and whether the rule is switched on.
    pub(crate) watched_by: BTreeMap<u64, bool>,
}

/// Environments are told apart by this.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

impl World {
    /// The environment of that name, made on first mention.
    pub(crate) fn environment(&mut self, repository: u64, name: &str) -> &mut Environment {
        let key = (repository, folded(name));
        self.environments
            .entry(key)
            .or_insert_with(|| Environment { name: name.to_owned(), ..Environment::default() })
    }

    /// The spelling of an environment's name that counts.
    pub(crate) fn spelled(&mut self, repository: u64, name: &str) -> String {
        self.environment(repository, name).name.clone()
    }
}
