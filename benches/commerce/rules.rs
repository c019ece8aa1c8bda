//! How long the rules take on what a change makes of a shop's files, once git has handed them over.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;
use towpath::commerce::rules::{Asked, Blob, Change, Target, Tree, judge};
use towpath::model::{EntryKind, Rules, TreeEntry};

const RUNS: usize = 9;
/// As many packages as a shop locks.
const PACKAGES: usize = 600;
const MODULES: usize = 300;
const FILES: usize = 30_000;

type Files = BTreeMap<String, String>;

/// Takes a website away, in the template and in a repository of thirty thousand files.
pub fn run() {
    let template = template();
    let large = with_modules(template.clone());
    for (name, files, most) in [("template", template, 20.0), ("30,000 files", large, 100.0)] {
        let mut head = files.clone();
        let config = head.get_mut("app/etc/config.php").unwrap();
        *config = config.replace("'outlet' =>", "'outlets' =>");
        let taken = (0..RUNS).map(|_| judged(&files, &head)).fold(f64::MAX, f64::min);
        println!("rules of Adobe Commerce, {name} ({} files): {taken:.1} ms (at most {most})", files.len());
    }
}

/// How long it takes to pick what matters on both sides, to read it and to judge it, in milliseconds.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
fn judged(base: &Files, head: &Files) -> f64 {
    let listed = [base, head].map(entries);
    let start = Instant::now();
    let [before, after] = listed.map(Tree::new);
    let (before, after) = (filled(before, base), filled(after, head));
    let change = Change {
        head: &after,
        base: Some(&before),
        target: Target::Pro,
        today: chrono::NaiveDate::default(),
        branch: Some("feature/tidy"),
        other_branches: &[],
        asked: Asked::default(),
    };
    let findings = judge(&change, &Rules::default());
    let taken = start.elapsed().as_secs_f64() * 1e3;
    assert_eq!(findings.first().map(|it| it.code.as_str()), Some("TP701"), "{findings:?}");
    taken
}

fn entries(files: &Files) -> Vec<TreeEntry> {
    let entry = |(number, path): (usize, &String)| TreeEntry {
        path: path.clone(),
        object: format!("{number:040x}"),
        kind: EntryKind::File,
    };
    files.keys().enumerate().map(entry).collect()
}

fn filled(mut tree: Tree, files: &Files) -> Tree {
    loop {
        let wanted = tree.wanted();
        if wanted.is_empty() {
            return tree;
        }
        for path in wanted.bytes {
            tree.give(&path, Blob::Bytes(files[&path].clone().into_bytes()));
        }
        for path in wanted.sizes {
            tree.give(&path, Blob::Size(files[&path].len() as u64));
        }
    }
}

/// The template of the rules' own tests, with as many packages as a shop has.
fn template() -> Files {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("core/src/commerce/rules/tests/template");
    let mut files = Files::new();
    let mut folders: Vec<PathBuf> = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut packages = String::from("\"packages\": [");
    for number in 0..PACKAGES {
        // Writing into a text does not fail.
        let _ = writeln!(
            packages,
            "{{\"name\": \"acme/package-{number}\", \"version\": \"1.{number}.0\", \"require\": {{\"php\": \"~8.3.0||~8.4.0\", \
             \"acme/framework\": \"103.0.*\"}}, \"dist\": {{\"type\": \"zip\", \"url\": \"https://repo.example/{number}.zip\", \
             \"shasum\": \"{number:040x}\"}}, \"description\": \"{}\"}},",
            "One of the many packages that a shop is made of. ".repeat(8)
        );
    }
    let lock = files.get_mut("composer.lock").unwrap();
    assert_eq!(lock.matches("\"packages\": [").count(), 1, "{lock}");
    *lock = lock.replace("\"packages\": [", &packages);
    files
}

/// The same with modules of its own, and with all else that a repository may hold.
fn with_modules(mut files: Files) -> Files {
    let mut modules = String::from("'modules' => [");
    for number in 0..MODULES {
        let _ = writeln!(modules, "'Acme_Module{number}' => 1,");
        let folder = format!("app/code/Acme/Module{number}");
        let declared = format!("<config><module name=\"Acme_Module{number}\"/></config>");
        files.insert(format!("{folder}/etc/module.xml"), declared);
        files.insert(format!("{folder}/registration.php"), "<?php\n".to_owned());
    }
    let config = files.get_mut("app/etc/config.php").unwrap();
    *config = config.replace("'modules' => [", &modules);
    for number in 0.. {
        if files.len() >= FILES {
            break;
        }
        files.insert(
            format!("app/design/frontend/Acme/theme{}/web/file{number}.less", number % 40),
            String::new(),
        );
    }
    files
}
