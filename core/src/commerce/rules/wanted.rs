//! Which files the rules look into.

use super::project::{APPLICATIONS, Project, ROUTES, SERVICES};
use super::tree::Tree;
use super::{committed, modules, patches, scenarios};

/// What has to be read before the rules can judge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The paths whose bytes count, up to [`Tree::bytes_max`].
    pub bytes: Vec<String>,
    /// The paths whose sizes count.
    pub sizes: Vec<String>,
}

impl Wanted {
    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.sizes.is_empty()
    }
}

impl Tree {
    /// What the rules need beside what they were given. What is read can lead to more files, so ask until it is
    /// empty.
    pub fn wanted(&self) -> Wanted {
        let mut wanted = wanted_files(self);
        for paths in [&mut wanted.bytes, &mut wanted.sizes] {
            paths.retain(|path| self.lacks(path));
            paths.sort_unstable();
            paths.dedup();
        }
        wanted
    }
}

/// The files that the rules look into, as far as those that are there already tell.
fn wanted_files(tree: &Tree) -> Wanted {
    let mut wanted = Wanted::default();
    wanted.bytes.extend([SERVICES, ROUTES, APPLICATIONS].map(str::to_owned));
    let project = Project::read(tree);
    wanted.bytes.extend(project.descriptions.iter().map(|file| file.path.clone()));
    for application in &project.applications {
        let names = [
            ".magento.env.yaml",
            "app/etc/config.php",
            "composer.json",
            "composer.lock",
            "auth.json",
            "php.ini",
            "op-exclude.txt",
        ];
        wanted.bytes.extend(names.map(|name| application.file(name)));
        wanted.bytes.extend(scenarios::named_files(application));
        wanted.bytes.extend(patches::wanted_files(tree, application));
        wanted.bytes.extend(modules::declarations(tree, application));
        wanted.sizes.extend(committed::dumps(tree, application).map(str::to_owned));
    }
    wanted
}
