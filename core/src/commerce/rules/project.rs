//! A Commerce project as its files have it: applications, services, routes.

use super::tree::Tree;
use crate::commerce::read::{Content, Fault, Lock, Node, PhpValue, Reading, Unread, read_php, read_yaml};
use crate::model::config::Place;
use std::collections::BTreeMap;

/// The file of an application, in its folder.
const APPLICATION: &str = ".magento.app.yaml";
/// The one file of all applications, where a project has it.
pub(super) const APPLICATIONS: &str = ".magento/applications.yaml";
pub(super) const SERVICES: &str = ".magento/services.yaml";
pub(super) const ROUTES: &str = ".magento/routes.yaml";

/// The files by which a project is known, in its folder.
pub const PROJECT_FILES: [&str; 5] = [APPLICATION, APPLICATIONS, SERVICES, ROUTES, "app/etc/config.php"];

/// Whether a tree holds a Commerce project.
pub fn holds_project(tree: &Tree) -> bool {
    description_paths(tree).next().is_some() || PROJECT_FILES.iter().any(|path| tree.has(path))
}

/// The most that a YAML file, or another that people write, may hold, in bytes.
const TEXT_MAX: usize = 1 << 20;
/// The most that a `config.php` may hold, in bytes. One of a large shop has a fifth of it.
const PHP_MAX: usize = 2 << 20;
/// The most that a `composer.lock` may hold, in bytes.
const LOCK_MAX: usize = 16 << 20;

/// More applications than this in one repository are not looked at.
const APPLICATIONS_MAX: usize = 32;

/// What became of reading a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum File<T> {
    Missing,
    Unread(Unread),
    Read(T),
}

impl<T> File<T> {
    pub(super) fn read(&self) -> Option<&T> {
        match self {
            Self::Read(content) => Some(content),
            _ => None,
        }
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    fn of(text: Option<Result<&str, Unread>>, read: impl FnOnce(&str) -> Result<T, Unread>) -> Self {
        match text {
            None => Self::Missing,
            Some(text) => match text.and_then(read) {
                Ok(content) => Self::Read(content),
                Err(unread) => Self::Unread(unread),
            },
        }
    }
}

/// A YAML file.
#[derive(Debug, Clone)]
pub(super) struct YamlFile {
    pub(super) path: String,
    pub(super) tree: File<Node>,
    /// What the platform refuses in it.
    pub(super) faults: Vec<Fault>,
}

impl YamlFile {
    fn at(tree: &Tree, path: String) -> Self {
        let text = match tree.text(&path, TEXT_MAX) {
            None => return Self { path, tree: File::Missing, faults: Vec::new() },
            Some(Err(unread)) => return Self { path, tree: File::Unread(unread), faults: Vec::new() },
            Some(Ok(text)) => text,
        };
        let Reading { root, faults, unread } = read_yaml(text);
        let tree = match (root, unread) {
            (Some(root), None) => File::Read(root),
            (_, Some(unread)) => File::Unread(unread),
            // That it is no YAML is a finding of its own.
            (None, None) => File::Unread(Unread::new(1, "")),
        };
        Self { path, tree, faults }
    }

    pub(super) fn root(&self) -> Option<&Node> {
        self.tree.read()
    }
}

/// A hook as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hook<'a> {
    pub(super) text: &'a str,
}

/// One application.
pub(super) struct Application<'a> {
    /// Its folder, with a slash at the end; empty for the root of the repository.
    pub(super) root: String,
    /// The file that describes it.
    pub(super) path: String,
    /// What that file says of it.
    pub(super) config: Option<Node>,
    pub(super) environment: YamlFile,
    pub(super) config_php: File<PhpValue>,
    pub(super) composer_json: File<&'a str>,
    pub(super) lock: File<Lock>,
    /// Whether it is a shop and not something beside one.
    pub(super) is_commerce: bool,
}

impl Application<'_> {
    pub(super) fn file(&self, name: &str) -> String {
        format!("{}{name}", self.root)
    }

    pub(super) fn config_php_path(&self) -> String {
        self.file("app/etc/config.php")
    }

    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.config.as_ref().and_then(|config| config.get(name))
    }

    /// The line of a key of the application's own, else where its description begins.
    pub(super) fn line(&self, name: &str) -> u32 {
        let config = self.config.as_ref();
        let key = config.and_then(|config| config.key(name)).map(|key| key.place.line);
        key.or_else(|| config.map(|config| config.place.line)).unwrap_or(1)
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.get("name")?.scalar()
    }

    /// One of the hooks `build`, `deploy` and `post_deploy`.
    pub(super) fn hook(&self, name: &str) -> Option<Hook<'_>> {
        let key = self.get("hooks")?.key(name)?;
        Some(Hook { text: key.value.scalar()? })
    }

    /// The line of a hook, else of `hooks`.
    pub(super) fn hook_line(&self, name: &str) -> u32 {
        let key = self.get("hooks").and_then(|hooks| hooks.key(name));
        key.map_or_else(|| self.line("hooks"), |key| key.place.line)
    }

    /// The version of PHP, as `type` has it.
    pub(super) fn php(&self) -> Option<&str> {
        self.get("type")?.scalar()?.trim().strip_prefix("php:")
    }

    /// What a variable is set to in a stage of `.magento.env.yaml`, and its line.
    pub(super) fn variable(&self, stage: &str, name: &str) -> Option<(&Node, u32)> {
        let stage = self.environment.root()?.get("stage")?.get(stage)?;
        stage.key(name).map(|key| (&key.value, key.place.line))
    }
}

/// The line, from 1, on which a text comes first; 1 where it does not.
pub(super) fn line_of(text: &str, wanted: &str) -> u32 {
    let lines = text.find(wanted).map_or(0, |at| text[..at].matches('\n').count());
    u32::try_from(lines).map_or(u32::MAX, |lines| lines.saturating_add(1))
}

/// All of a project.
pub(super) struct Project<'a> {
    pub(super) tree: &'a Tree,
    pub(super) applications: Vec<Application<'a>>,
    /// The files that describe applications, those that could not be read too.
    pub(super) descriptions: Vec<YamlFile>,
    pub(super) services: YamlFile,
    pub(super) routes: YamlFile,
}

impl<'a> Project<'a> {
    pub(super) fn read(tree: &'a Tree) -> Self {
        let descriptions = descriptions(tree);
        let described: Vec<(String, String, Option<Node>)> =
            descriptions.iter().flat_map(described_in).collect();
        // What needs no description is judged all the same.
        let nameless = || vec![(String::new(), APPLICATION.to_owned(), None)];
        let described = if described.is_empty() { nameless() } else { described };
        let is_only = described.len() == 1;
        let application = |(root, path, config)| application(tree, (root, path, config), is_only);
        Self {
            tree,
            applications: described.into_iter().take(APPLICATIONS_MAX).map(application).collect(),
            descriptions,
            services: YamlFile::at(tree, SERVICES.to_owned()),
            routes: YamlFile::at(tree, ROUTES.to_owned()),
        }
    }

    /// The applications that are shops.
    pub(super) fn shops(&self) -> impl Iterator<Item = &Application<'a>> {
        self.applications.iter().filter(|application| application.is_commerce)
    }

    /// The application of another commit that is this one there: in the same folder, else of the same name.
    pub(super) fn counterpart(&self, other: &Application<'_>) -> Option<&Application<'a>> {
        let mut all = self.applications.iter().filter(|it| it.config.is_some() == other.config.is_some());
        let by_name = |it: &&Application<'_>| other.name().is_some() && it.name() == other.name();
        all.clone()
            .find(|it| it.root == other.root && by_name(it))
            .or_else(|| all.clone().find(|it| it.root == other.root))
            .or_else(|| all.find(by_name))
            .or_else(|| self.applications.iter().find(|it| it.root == other.root))
    }
}

/// The files that describe applications.
pub fn application_files(tree: &Tree) -> Vec<String> {
    description_paths(tree).map(str::to_owned).collect()
}

/// The applications that are described in what was handed over, by their names: the folder of each, without slashes at
/// its ends.
pub fn application_folders(tree: &Tree) -> BTreeMap<String, String> {
    let described = descriptions(tree);
    let named = described.iter().flat_map(described_in).filter_map(|(root, _, config)| {
        let name = config.as_ref()?.get("name")?.scalar()?.to_owned();
        Some((name, root.trim_end_matches('/').to_owned()))
    });
    named.collect()
}

fn descriptions(tree: &Tree) -> Vec<YamlFile> {
    description_paths(tree).map(|path| YamlFile::at(tree, path.to_owned())).collect()
}

fn description_paths(tree: &Tree) -> impl Iterator<Item = &str> {
    let is_own = |path: &&str| {
        let folder = path.strip_suffix(APPLICATION);
        folder.is_some_and(|folder| folder.is_empty() || folder.ends_with('/') && !folder.contains("vendor/"))
    };
    let paths = tree.paths().filter(is_own).chain(tree.has(APPLICATIONS).then_some(APPLICATIONS));
    paths.take(APPLICATIONS_MAX)
}

/// The applications of a file: folder, file, description.
fn described_in(file: &YamlFile) -> Vec<(String, String, Option<Node>)> {
    if let Some(root) = file.path.strip_suffix(APPLICATION) {
        return vec![(root.to_owned(), file.path.clone(), file.root().cloned())];
    }
    let items = file.root().map_or(&[][..], Node::items);
    let keys = file.root().map_or(&[][..], Node::keys);
    let named = keys.iter().map(|key| named(&key.value, &key.name, key.place));
    let folder = |config: &Node| {
        let root = config.get("source").and_then(|source| source.get("root")).and_then(Node::scalar);
        let root = root.unwrap_or_default().trim_matches('/').trim_start_matches("./");
        if root.is_empty() || root == "." { String::new() } else { format!("{root}/") }
    };
    let all = items.iter().cloned().chain(named);
    all.map(|config| (folder(&config), file.path.clone(), Some(config))).collect()
}

/// An application that is described below its name.
fn named(config: &Node, name: &str, place: Place) -> Node {
    let mut config = config.clone();
    if let Content::Keys(keys) = &mut config.content
        && keys.iter().all(|key| key.name != "name")
    {
        let value = Node { place, content: Content::Text(name.to_owned()) };
        keys.push(crate::commerce::read::Key { name: "name".to_owned(), place, value });
    }
    config
}

fn application(
    tree: &Tree,
    (root, path, config): (String, String, Option<Node>),
    is_only: bool,
) -> Application<'_> {
    let file = |name: &str| format!("{root}{name}");
    let environment = YamlFile::at(tree, file(".magento.env.yaml"));
    let config_php = File::of(tree.text(&file("app/etc/config.php"), PHP_MAX), read_php);
    let composer_json = match tree.text(&file("composer.json"), TEXT_MAX) {
        None => File::Missing,
        Some(Ok(text)) => File::Read(text),
        Some(Err(unread)) => File::Unread(unread),
    };
    let lock = File::of(tree.text(&file("composer.lock"), LOCK_MAX), Lock::read);
    let mentions = composer_json.read().is_some_and(|json| json.contains("\"magento/"));
    let is_commerce = is_only || mentions || !environment.tree.is_missing() || !config_php.is_missing();
    Application { root, path, config, environment, config_php, composer_json, lock, is_commerce }
}
