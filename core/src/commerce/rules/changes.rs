//! What a change does to a project beside what the rules find: services, routes, crons, disks, packages, and modules whose
//! part of the database changes.

use super::data_loss::mount_point;
use super::project::{Application, Project, YamlFile};
use super::services::services;
use super::static_content::{StaticContent, made};
use super::tree::{Tree, has_ending};
use crate::commerce::read::{Key, Node, PhpValue, Table, read_schema, setup_version};
use crate::model::FilePlace;

/// The most that a declaration of a module may hold, in bytes.
const DECLARATION_MAX: usize = 1 << 20;

/// More declarations than this are not read.
const DECLARATIONS_MAX: usize = 1_000;

/// One thing that becomes another, appears or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What it is called.
    pub name: String,
    /// What it was, where it was there.
    pub from: Option<String>,
    /// What it becomes, where it stays.
    pub to: Option<String>,
    /// Where that is written; where it goes, the file that it goes from.
    pub place: FilePlace,
}

/// Why the next deploy has to upgrade the database for a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upgrade {
    /// The module is new.
    New,
    /// It is switched on.
    SwitchedOn,
    /// Its tables are declared otherwise.
    Schema,
    /// Its scripts or patches for the database change.
    Setup,
    /// Its `setup_version` changes.
    Version,
}

/// A module whose part of the database changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleUpgrade {
    /// The module, or its folder.
    pub module: String,
    /// Why.
    pub why: Upgrade,
    /// Where that is written.
    pub place: FilePlace,
}

/// What changes between two trees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectChanges {
    /// Where static content of each shop is made, and the file that says so.
    pub static_content: Vec<(StaticContent, FilePlace)>,
    /// Services, by their types.
    pub services: Vec<Changed>,
    /// Routes.
    pub routes: Vec<Changed>,
    /// Crons.
    pub crons: Vec<Changed>,
    /// Disks, in MB.
    pub disks: Vec<Changed>,
    /// Packages that composer locks.
    pub packages: Vec<Changed>,
    /// Modules of the repository.
    pub modules: Vec<ModuleUpgrade>,
    /// Tables and columns that go, as `table` or `table.column`.
    pub dropped: Vec<Changed>,
    /// Declarations that could not be read.
    pub unread: Vec<FilePlace>,
}

/// The files that have to be read on both sides beside those that the rules want.
pub fn declarations_that_differ(before: &Tree, after: &Tree) -> Vec<String> {
    let is_declaration =
        |path: &&str| matches!(module_file(path), Some((_, "etc/db_schema.xml" | "etc/module.xml")));
    let paths = before.paths().chain(after.paths()).filter(is_declaration);
    let mut paths: Vec<String> =
        paths.filter(|path| before.object(path) != after.object(path)).map(str::to_owned).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.truncate(DECLARATIONS_MAX);
    paths
}

/// The folder of a module and a file in it that says what the database holds for it.
fn module_file(path: &str) -> Option<(&str, &str)> {
    if path.starts_with("vendor/") || path.contains("/vendor/") || path.contains("/Test/") {
        return None;
    }
    for file in ["etc/db_schema.xml", "etc/module.xml"] {
        if let Some(folder) = path.strip_suffix(file).and_then(|it| it.strip_suffix('/')) {
            return Some((folder, file));
        }
    }
    let at = path.find("/Setup/").filter(|_| has_ending(path, "php"))?;
    Some((&path[..at], &path[at + 1..]))
}

/// The name of a module in `app/code` as its folder has it; of others the folder.
fn module_name(folder: &str) -> String {
    let named =
        folder.split_once("app/code/").map(|(_, name)| name).filter(|it| it.matches('/').count() == 1);
    named.map_or_else(|| folder.to_owned(), |name| name.replace('/', "_"))
}

/// What changes from one tree to another.
pub fn changes(before: &Tree, after: &Tree) -> ProjectChanges {
    let (old, new) = (Project::read(before), Project::read(after));
    let mut changes = ProjectChanges {
        services: services_of(&old.services, &new.services, after),
        routes: keys_of((&old.routes, &new.routes), after),
        ..ProjectChanges::default()
    };
    changes.disks.extend(service_disks(&old.services, &new.services, after));
    for application in &new.applications {
        if application.is_commerce {
            let (content, path, line) = made(application);
            changes.static_content.push((content, place(after, &path, line)));
        }
        let Some(counterpart) = old.counterpart(application) else { continue };
        of_application(counterpart, application, after, &mut changes);
    }
    of_modules(before, after, &mut changes);
    changes
}

fn place(tree: &Tree, path: &str, line: u32) -> FilePlace {
    FilePlace { path: tree.full_path(path), line }
}

/// The keys of both sides that differ, as `text` words their values.
fn differing(
    (before, after): (&[Key], &[Key]),
    text: impl Fn(&Node) -> String,
    at: impl Fn(u32) -> FilePlace,
) -> Vec<Changed> {
    let find =
        |keys: &[Key], name: &str| keys.iter().find(|key| key.name == name).map(|key| key.value.clone());
    let mut changed = Vec::new();
    for key in after {
        let old = find(before, &key.name);
        if old.as_ref().is_some_and(|old| old.same_data(&key.value)) {
            continue;
        }
        let (from, to) = (old.map(|old| text(&old)), Some(text(&key.value)));
        changed.push(Changed { name: key.name.clone(), from, to, place: at(key.place.line) });
    }
    for key in before.iter().filter(|key| find(after, &key.name).is_none()) {
        let line = after.first().map_or(1, |key| key.place.line);
        changed.push(Changed {
            name: key.name.clone(),
            from: Some(text(&key.value)),
            to: None,
            place: at(line),
        });
    }
    changed
}

fn keys(file: &YamlFile) -> &[Key] {
    file.root().map_or(&[][..], Node::keys)
}

/// Whether both files can be compared: what was not read is not gone.
fn are_known(before: &YamlFile, after: &YamlFile) -> bool {
    [before, after].iter().all(|file| file.root().is_some() || file.tree.is_missing())
}

fn services_of(before: &YamlFile, after: &YamlFile, tree: &Tree) -> Vec<Changed> {
    if !are_known(before, after) {
        return Vec::new();
    }
    let type_of = |node: &Node| node.get("type").and_then(Node::scalar).unwrap_or("?").trim().to_owned();
    let all = differing((keys(before), keys(after)), type_of, |line| place(tree, &after.path, line));
    // A disk is told as one.
    let is_service =
        |changed: &Changed| changed.from != changed.to || other_than_disk(before, after, &changed.name);
    all.into_iter().filter(is_service).collect()
}

fn other_than_disk(before: &YamlFile, after: &YamlFile, name: &str) -> bool {
    let rest = |file: &YamlFile| {
        let service = file.root().and_then(|root| root.get(name));
        let keys: Vec<Key> =
            service.map_or(&[][..], Node::keys).iter().filter(|key| key.name != "disk").cloned().collect();
        keys
    };
    let (one, two) = (rest(before), rest(after));
    one.len() != two.len()
        || !one.iter().all(|key| two.iter().any(|it| it.name == key.name && it.value.same_data(&key.value)))
}

fn service_disks(before: &YamlFile, after: &YamlFile, tree: &Tree) -> Vec<Changed> {
    let olds = services(before);
    let disk = |node: &Node| node.get("disk").and_then(Node::scalar).map(str::to_owned);
    let changed = services(after).into_iter().filter_map(|service| {
        let old = olds.iter().find(|it| it.id == service.id)?;
        let (from, to) = (disk(old.config), disk(service.config));
        let line = service.config.key("disk").map_or(service.line, |key| key.place.line);
        (from != to).then(|| Changed {
            name: service.id.to_owned(),
            from,
            to,
            place: place(tree, &after.path, line),
        })
    });
    changed.collect()
}

fn keys_of((before, after): (&YamlFile, &YamlFile), tree: &Tree) -> Vec<Changed> {
    if !are_known(before, after) {
        return Vec::new();
    }
    let text = |node: &Node| node.get("upstream").and_then(Node::scalar).unwrap_or("redirect").to_owned();
    differing((keys(before), keys(after)), text, |line| place(tree, &after.path, line))
}

fn of_application(
    before: &Application<'_>,
    after: &Application<'_>,
    tree: &Tree,
    changes: &mut ProjectChanges,
) {
    let at = |line: u32| place(tree, &after.path, line);
    if before.config.is_some() && after.config.is_some() {
        let crons = |it: &Application<'_>| it.get("crons").map_or(Vec::new(), |crons| crons.keys().to_vec());
        let spec = |node: &Node| node.get("spec").and_then(Node::scalar).unwrap_or("?").to_owned();
        changes.crons.extend(differing((&crons(before), &crons(after)), spec, at));
        let disk = |it: &Application<'_>| it.get("disk").and_then(Node::scalar).map(str::to_owned);
        let (from, to) = (disk(before), disk(after));
        if from != to {
            let name = after.name().map_or_else(|| mount_point(&after.root).to_owned(), str::to_owned);
            changes.disks.push(Changed { name, from, to, place: at(after.line("disk")) });
        }
    }
    if let (Some(old), Some(new)) = (before.lock.read(), after.lock.read()) {
        let path = after.file("composer.lock");
        let mut names: Vec<&String> = old.packages.keys().chain(new.packages.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let version =
                |lock: &crate::commerce::read::Lock| lock.packages.get(name).map(|it| it.version.clone());
            let (from, to) = (version(old), version(new));
            if from != to {
                let place = place(tree, &path, 1);
                changes.packages.push(Changed { name: name.clone(), from, to, place });
            }
        }
    }
    if let (Some(old), Some(new)) = (before.config_php.read(), after.config_php.read()) {
        let is_on = |value: &PhpValue| matches!(value, PhpValue::Integer(number) if *number != 0);
        let was_on = |name: &str| old.at(&["modules", name]).is_some_and(is_on);
        for entry in new.at(&["modules"]).map_or(&[][..], PhpValue::entries) {
            let name = entry.key.to_string();
            if is_on(&entry.value) && !was_on(&name) {
                let place = place(tree, &after.config_php_path(), entry.line);
                changes.modules.push(ModuleUpgrade { module: name, why: Upgrade::SwitchedOn, place });
            }
        }
    }
}

fn of_modules(before: &Tree, after: &Tree, changes: &mut ProjectChanges) {
    for path in declarations_that_differ(before, after) {
        let Some((folder, file)) = module_file(&path) else { continue };
        let at = |line: u32| place(after, &path, line);
        let module = module_name(folder);
        let texts = [before, after].map(|tree| tree.text(&path, DECLARATION_MAX));
        if let Some(Some(Err(_))) = texts.iter().find(|text| matches!(text, Some(Err(_)))) {
            changes.unread.push(at(1));
            continue;
        }
        let [old, new] = texts.map(|text| text.and_then(Result::ok));
        if file == "etc/module.xml" {
            let version = |text: Option<&str>| text.map_or(Ok(None), setup_version);
            let why = match (old, version(old), new, version(new)) {
                (None, _, Some(_), _) => Upgrade::New,
                (Some(_), Ok(from), Some(_), Ok(to)) if from != to => Upgrade::Version,
                _ => continue,
            };
            changes.modules.push(ModuleUpgrade { module, why, place: at(1) });
            continue;
        }
        let tables = |text: Option<&str>| text.map_or(Ok(Vec::new()), read_schema);
        match (tables(old), tables(new)) {
            (Ok(old), Ok(new)) => {
                dropped(&old, &new, &at, changes);
                changes.modules.push(ModuleUpgrade { module, why: Upgrade::Schema, place: at(1) });
            }
            _ => changes.unread.push(at(1)),
        }
    }
    for path in after.paths().filter(|path| before.object(path) != after.object(path)) {
        if let Some((folder, file)) = module_file(path)
            && file.starts_with("Setup/")
        {
            let (module, place) = (module_name(folder), place(after, path, 1));
            changes.modules.push(ModuleUpgrade { module, why: Upgrade::Setup, place });
        }
    }
}

/// The tables and columns that are declared no more.
fn dropped(before: &[Table], after: &[Table], at: &impl Fn(u32) -> FilePlace, changes: &mut ProjectChanges) {
    for old in before.iter().filter(|table| table.is_there) {
        let new = after.iter().find(|table| table.name == old.name && table.is_there);
        let gone =
            |name: String, line| Changed { name, from: Some(String::new()), to: None, place: at(line) };
        let Some(new) = new else {
            let line = after.first().map_or(1, |table| table.line);
            changes.dropped.push(gone(old.name.clone(), line));
            continue;
        };
        for column in old.columns.iter().filter(|column| !new.columns.contains(*column)) {
            changes.dropped.push(gone(format!("{}.{column}", old.name), new.line));
        }
    }
}
