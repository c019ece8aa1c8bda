//! The files of a Commerce project as git has them, for the rules and for forecasts; and the logs of its deploys, with who may
//! see what of them.
//!
//! Of a pull request it is the files that merging would give, against those that the base has: `lineage::MergedFiles` says
//! what stands in for them where it conflicts. Only the contents that the rules want are read, each once.

mod job_log;
mod quoted_logs;
mod read_log;
mod release_forecast;

pub(super) use job_log::{JobLog, job_log};
pub(super) use quoted_logs::is_of_commerce;
pub use read_log::read_log;
pub use release_forecast::{CommerceProject, DeployRecords};
pub(super) use release_forecast::{Foreseen, forecast_between, foreseen};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::commerce::forecast::{Release, forecast};
use crate::commerce::rules::{
    Asked, Blob, Change, Target, Tree, application_files, application_folders, declarations_that_differ,
    holds_project, judge,
};
use crate::github::off_the_runtime;
use crate::lineage::{FileContent, GitError, Repository};
use crate::model::{
    BranchName, BuiltOn, Code, CommerceSettings, CommitId, DeployRecord, Environment, FileFinding, Forecast,
    Role, Rules, TreeEntry, TreeId, UnixMillis,
};
use crate::policy::{Fact, Judged};

/// The files of a commit, with the contents that the rules want. `root` is the folder with the project.
pub async fn commerce_tree(repository: &Repository, commit: CommitId, root: &str) -> Result<Tree, GitError> {
    let mut reading = Reading { repository, root, known: HashMap::new(), bytes: 0 };
    reading.tree(repository.tree_entries(commit).await?).await
}

/// Whether a commit holds a project of Adobe Commerce in the folder `root`.
pub async fn holds_commerce_project(
    repository: &Repository,
    commit: CommitId,
    root: &str,
) -> Result<bool, GitError> {
    Ok(holds_project(&Tree::of_folder(root, repository.tree_entries(commit).await?)))
}

/// git's trees of the folders of the applications that a commit describes, by their names.
pub(super) async fn application_trees(
    repository: &Repository,
    commit: CommitId,
) -> Result<BTreeMap<String, TreeId>, GitError> {
    let mut reading = Reading { repository, root: "", known: HashMap::new(), bytes: 0 };
    let mut tree = Tree::new(repository.tree_entries(commit).await?);
    let described = application_files(&tree);
    reading.give(&mut tree, described, Tree::bytes_max()).await?;
    let mut trees = BTreeMap::new();
    for (name, folder) in application_folders(&tree) {
        if let Some(id) = repository.folder_tree(commit, &folder).await? {
            trees.insert(name, id);
        }
    }
    Ok(trees)
}

/// What the rules of Adobe Commerce find in what merging a pull request would give, before the project's rules soften
/// any of it; nothing where its verdict does not need that.
pub(super) async fn found_in_files(
    repository: &Repository,
    judged: Judged<'_>,
    branch: Option<&BranchName>,
    now: UnixMillis,
) -> Result<Vec<FileFinding>, GitError> {
    let Judged { path, pull, .. } = judged;
    let Some(settings) = path.commerce.as_ref().filter(|_| judged.needs(Fact::CommerceFiles)) else {
        return Ok(Vec::new());
    };
    let ends = (pull.head.commit, pull.base.commit);
    let files = CommerceFiles::of_merge(repository, &settings.root, ends, false).await?;
    files.findings(repository, judged, branch, now).await
}

/// The files on both sides of a merge, with the contents that the rules want.
struct CommerceFiles {
    before: Tree,
    after: Tree,
    /// The files after it, where git could make it.
    tree: Option<TreeId>,
    /// How much was read.
    bytes: usize,
}

impl CommerceFiles {
    /// Those of merging `head` into `base`; `foresees` says whether a forecast is made of them, which reads more.
    async fn of_merge(
        repository: &Repository,
        root: &str,
        (head, base): (CommitId, CommitId),
        foresees: bool,
    ) -> Result<Self, GitError> {
        let files = repository.merged_files(head, base).await?;
        let mut reading = Reading { repository, root, known: HashMap::new(), bytes: 0 };
        let mut after = reading.tree(files.after).await?;
        let mut before = reading.tree(files.before).await?;
        if foresees {
            reading.declarations((&mut before, &mut after)).await?;
        }
        Ok(Self { before, after, tree: files.tree, bytes: reading.bytes })
    }

    /// What the rules find in a pull request that would be merged so.
    async fn findings(
        &self,
        repository: &Repository,
        judged: Judged<'_>,
        branch: Option<&BranchName>,
        now: UnixMillis,
    ) -> Result<Vec<FileFinding>, GitError> {
        let Judged { path, pull, .. } = judged;
        let (Some(settings), Role::Environment(environment)) = (&path.commerce, path.role(&pull.base.branch))
        else {
            return Ok(Vec::new());
        };
        let mut other_branches = repository.branch_names().await?;
        other_branches.retain(|name| branch.is_none_or(|own| own.as_str() != name));
        let today = chrono::DateTime::from_timestamp_millis(now.0).map(|moment| moment.date_naive());
        let change = Change {
            head: &self.after,
            base: Some(&self.before),
            target: Target::of(settings.takes_tickets(environment)),
            today: today.unwrap_or_default(),
            branch: branch.filter(|_| !pull.head.fork).map(BranchName::as_str),
            other_branches: &other_branches,
            asked: Asked::of(settings, Some(environment)),
        };
        Ok(off_the_runtime(self.bytes, || judge(&change, &Rules::default())))
    }

    /// What deploying them will do, where they go into an environment of this kind.
    fn forecast(&self, target: Target, built_on: Option<&BuiltOn>, record: DeployRecord) -> Forecast {
        let (before, after) = (&self.before, &self.after);
        off_the_runtime(self.bytes, || forecast(&Release { before, after, target, built_on, record }))
    }
}

/// The files in which services, disks or mounts change between two commits, as TP717 finds it for this environment.
pub(super) async fn service_changes(
    repository: &Repository,
    (settings, environment): (&CommerceSettings, &Environment),
    (before, after): (CommitId, CommitId),
) -> Result<Vec<String>, GitError> {
    let mut reading = Reading { repository, root: &settings.root, known: HashMap::new(), bytes: 0 };
    let before = reading.tree(repository.tree_entries(before).await?).await?;
    let after = reading.tree(repository.tree_entries(after).await?).await?;
    let change = Change {
        head: &after,
        base: Some(&before),
        target: Target::of(settings.takes_tickets(environment)),
        // Nothing of it goes by the day.
        today: chrono::NaiveDate::default(),
        branch: None,
        other_branches: &[],
        asked: Asked::of(settings, Some(environment)),
    };
    Ok(files_by_ticket(&off_the_runtime(reading.bytes, || judge(&change, &Rules::default()))))
}

/// The files in which services, disks or mounts change, among what was found; sorted.
pub(super) fn files_by_ticket(found: &[FileFinding]) -> Vec<String> {
    let by_ticket = found.iter().filter(|it| it.code == Code::ServicesByTicket);
    let files: BTreeSet<&String> = by_ticket.filter_map(|it| it.place.as_ref().map(|at| &at.path)).collect();
    files.into_iter().cloned().collect()
}

/// Reads trees of one repository.
struct Reading<'a> {
    repository: &'a Repository,
    root: &'a str,
    /// What was read, by git's name for it: two sides of a merge have most of it in common.
    known: HashMap<String, Blob>,
    /// How much was read.
    bytes: usize,
}

impl Reading<'_> {
    /// A tree of these paths, with the contents that the rules want. What is read can lead to more files.
    async fn tree(&mut self, entries: Vec<TreeEntry>) -> Result<Tree, GitError> {
        let mut tree = Tree::of_folder(self.root, entries);
        loop {
            let wanted = off_the_runtime(self.bytes, || tree.wanted());
            if wanted.is_empty() {
                return Ok(tree);
            }
            for (paths, bytes_max) in [(wanted.bytes, Tree::bytes_max()), (wanted.sizes, 0)] {
                self.give(&mut tree, paths, bytes_max).await?;
            }
        }
    }

    /// Hands over the declarations of modules that differ, which a forecast wants beside.
    async fn declarations(&mut self, (before, after): (&mut Tree, &mut Tree)) -> Result<(), GitError> {
        let declarations = declarations_that_differ(before, after);
        for tree in [before, after] {
            let there = declarations.iter().filter(|path| tree.object(path).is_some());
            let there: Vec<String> = there.cloned().collect();
            self.give(tree, there, Tree::bytes_max()).await?;
        }
        Ok(())
    }

    /// Hands over what these paths hold.
    async fn give(&mut self, tree: &mut Tree, paths: Vec<String>, bytes_max: u64) -> Result<(), GitError> {
        self.read(tree, &paths, bytes_max).await?;
        for path in paths {
            let known = tree.object(&path).and_then(|object| self.known.get(object)).cloned();
            tree.give(&path, known.unwrap_or(Blob::Size(0)));
        }
        Ok(())
    }

    /// Reads what is not known of these paths.
    async fn read(&mut self, tree: &Tree, paths: &[String], bytes_max: u64) -> Result<(), GitError> {
        let objects = paths.iter().filter_map(|path| tree.object(path));
        let mut objects: Vec<&str> = objects.filter(|object| !self.known.contains_key(*object)).collect();
        objects.sort_unstable();
        objects.dedup();
        let contents = self.repository.contents(&objects, bytes_max).await?;
        for (object, content) in objects.into_iter().zip(contents) {
            let blob = match content {
                FileContent::Bytes(bytes) => Blob::Bytes(bytes),
                FileContent::Size(size) => Blob::Size(size),
            };
            self.bytes += if let Blob::Bytes(bytes) = &blob { bytes.len() } else { 0 };
            self.known.insert(object.to_owned(), blob);
        }
        Ok(())
    }
}
