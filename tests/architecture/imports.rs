//! Which file of a crate uses which other one, by the paths that its code names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A path as the code spells it, or a module's place in its crate: `["deploy", "drivers"]`.
pub type Names = Vec<String>;

/// One file of a crate.
#[derive(Debug)]
struct Module {
    /// The code without its `use` declarations, comments, strings and tests.
    body: String,
    /// What its `use` declarations bring into scope.
    imports: Vec<Import>,
}

/// One name that a `use` declaration brings into scope.
#[derive(Debug)]
struct Import {
    /// `*` where all names come.
    name: String,
    path: Names,
    is_public: bool,
}

/// The files of one crate, by their places in it. Files of tests are left out.
#[derive(Debug)]
pub struct Crate(BTreeMap<Names, Module>);

impl Crate {
    /// Reads all files below `root`, the folder of `lib.rs`.
    pub fn read(root: &Path) -> Self {
        let mut modules = BTreeMap::new();
        let mut in_tests = BTreeSet::new();
        for path in crate::sources_below(root) {
            let inside = path.strip_prefix(root).unwrap().with_extension("");
            let mut place: Names = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if ["mod", "lib", "main"].contains(&place.last().unwrap().as_str()) {
                place.pop();
            }
            let code = without_comments_and_strings(&fs::read_to_string(&path).unwrap());
            for name in test_modules(&code) {
                in_tests.insert([place.clone(), vec![name]].concat());
            }
            let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let (body, imports) = split_imports(code);
            // `lib.rs` and `main.rs` share one place; the former has the modules.
            if !place.is_empty() || path.ends_with("lib.rs") {
                modules.insert(place, Module { body, imports });
            }
        }
        modules.retain(|place, _| !in_tests.iter().any(|test| place.starts_with(test)));
        Self(modules)
    }

    /// The places of all its files.
    pub fn places(&self) -> impl Iterator<Item = &Names> {
        self.0.keys()
    }

    /// The other files whose items a file names. What it only hands on does not count, and what others hand on
    /// counts as of the file that defines it.
    pub fn used_by(&self, place: &Names) -> BTreeSet<Names> {
        let module = &self.0[place];
        let words: BTreeSet<&str> = module.body.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let imports = module.imports.iter();
        let imported = imports.filter(|it| !it.is_public || words.contains(it.name.as_str()));
        let mut paths: Vec<Names> = imported.map(|it| it.path.clone()).collect();
        paths.extend(paths_in(&module.body));
        let used = paths.iter().filter_map(|path| self.definer(place, path, 0));
        used.filter(|used| used != place).collect()
    }

    /// The place of the file that defines what `path` means in the file at `place`.
    fn definer(&self, place: &[String], path: &[String], depth: usize) -> Option<Names> {
        if depth > 8 {
            return None;
        }
        let mut at: Names = place.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (at, rest) = (Vec::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                let is_child = self.0.contains_key(&[place, &[first.to_owned()]].concat());
                if !is_child {
                    let import = self.0.get(place)?.imports.iter().find(|it| it.name == first)?;
                    // `use serde;` brings in another crate, which is none of ours.
                    let whole = [&import.path, &path[1..]].concat();
                    return (whole != path).then(|| self.definer(place, &whole, depth + 1)).flatten();
                }
            }
        }
        while let Some(name) = rest.first() {
            let child = [at.clone(), vec![name.clone()]].concat();
            if !self.0.contains_key(&child) {
                break;
            }
            (at, rest) = (child, &rest[1..]);
        }
        let Some(name) = rest.first() else { return Some(at) };
        Some(self.handed_on(&at, name, depth).unwrap_or(at))
    }

    /// The place that defines what the file at `place` hands on under `name`: to files below it, all that it imports.
    fn handed_on(&self, place: &[String], name: &str, depth: usize) -> Option<Names> {
        let imports = &self.0[place].imports;
        if let Some(import) = imports.iter().find(|it| it.name == name) {
            return self.definer(place, &import.path, depth + 1);
        }
        imports.iter().filter(|it| it.name == "*").find_map(|all| {
            let from = self.definer(place, &all.path, depth + 1)?;
            let defines = ["struct", "enum", "fn", "trait", "type", "const"]
                .iter()
                .any(|kind| self.0[&from].body.contains(&format!("pub {kind} {name}")));
            if defines { Some(from) } else { self.handed_on(&from, name, depth + 1) }
        })
    }
}

/// The names of the modules that a file declares for tests alone.
fn test_modules(code: &str) -> Vec<String> {
    let declared = code.split("#[cfg(test)]\nmod ").skip(1);
    declared.filter_map(|rest| Some(rest.split_once(';')?.0.to_owned())).collect()
}

/// The code with every comment gone and every string and character literal empty.
fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if c == '"' {
            end_of_string(rest)
        } else if let Some(length) = length_of_character(rest) {
            length
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

/// How many bytes the character literal at the beginning of `text` has; `None` where a lifetime or something else is.
fn length_of_character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let escaped = inside.strip_prefix('\\');
    let first = escaped.unwrap_or(inside).chars().next()?.len_utf8();
    let before = 1 + usize::from(escaped.is_some()) + first;
    let end = text[before..].find('\'')?;
    (escaped.is_some() || end == 0).then_some(before + end + 1)
}

/// How many bytes the string literal at the beginning of `text` has.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Takes the `use` declarations out of some code.
fn split_imports(code: &str) -> (String, Vec<Import>) {
    let mut body = String::new();
    let mut imports = Vec::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        let declared = line.strip_prefix("use ").map(|rest| (false, rest)).or_else(|| {
            let (visibility, rest) = line.split_once("use ")?;
            let is_public =
                visibility == "pub " || visibility.starts_with("pub(") && visibility.ends_with(") ");
            is_public.then_some((true, rest))
        });
        let Some((is_public, rest)) = declared else {
            // `mod name;` names a file and uses nothing of it.
            let names_a_module = line.ends_with(';') && line.split_whitespace().rev().nth(1) == Some("mod");
            if !names_a_module {
                body.push_str(line);
                body.push('\n');
            }
            continue;
        };
        let mut tree = rest.to_owned();
        while !tree.contains(';') {
            tree.push_str(lines.next().expect("a `use` declaration ends").trim());
        }
        flatten(tree.split(';').next().unwrap(), &[], is_public, &mut imports);
    }
    (body, imports)
}

/// Takes a `use` tree apart into the names that it brings.
fn flatten(tree: &str, before: &[String], is_public: bool, into: &mut Vec<Import>) {
    let tree = tree.trim();
    if let Some((path, group)) = tree.split_once('{') {
        let path = [before, &names(path)].concat();
        let group = group.strip_suffix('}').expect("a group is closed");
        let mut depth = 0;
        let parts = group.split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        parts.filter(|part| !part.trim().is_empty()).for_each(|part| flatten(part, &path, is_public, into));
        return;
    }
    let (path, name) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name)));
    let mut path = [before, &names(path)].concat();
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    let name = name.map_or_else(|| path.last().unwrap().clone(), |name| name.trim().to_owned());
    if name == "*" {
        path.pop();
    }
    into.push(Import { name, path, is_public });
}

fn names(path: &str) -> Names {
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The paths of more than one name that some code spells.
fn paths_in(body: &str) -> Vec<Names> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let body = body.replace("pub(in crate", "");
    let words = body.split(|c: char| !is_part(c)).filter(|word| word.contains("::"));
    words.map(names).filter(|path| path.len() > 1).collect()
}
