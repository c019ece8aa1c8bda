//! TP732: modules that `config.php` does not name.

use std::collections::BTreeMap;

use super::project::Application;
use super::tree::Tree;
use super::{Findings, Judged, Words, say};
use crate::model::{Code, Outcome};

/// The most that a declaration of a module may hold, in bytes.
const DECLARATION_MAX: usize = 256 << 10;

/// The files below `app/code` that declare modules: one for each folder of a module.
pub(super) fn declarations(tree: &Tree, application: &Application<'_>) -> Vec<String> {
    let prefix = application.file("app/code/");
    let mut declared: BTreeMap<String, String> = BTreeMap::new();
    for path in tree.below(&prefix) {
        let parts: Vec<&str> = path[prefix.len()..].split('/').collect();
        let folder = || format!("{}/{}", parts[0], parts[1]);
        match parts.as_slice() {
            [_, _, "etc", "module.xml"] => {
                declared.insert(folder(), path.to_owned());
            }
            [_, _, "registration.php"] => {
                declared.entry(folder()).or_insert_with(|| path.to_owned());
            }
            _ => {}
        }
    }
    declared.into_values().collect()
}

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    let tree = judged.head.tree;
    for application in judged.head.shops() {
        let Some(config) = application.config_php.read() else { continue };
        let path = application.config_php_path();
        let Some(modules) = config.entry("modules") else {
            let words = Words {
                title: say("% names no modules", [&path]),
                detail: say(
                    "The build switches on every module that is installed, and changes the file for that (1003).",
                    [],
                ),
                remedy: say("Run %, and commit the file.", ["php bin/magento module:enable --all"]),
            };
            findings.add(Code::ModulesMissing, Outcome::Warn, (&path, 1), words);
            continue;
        };
        for declaration in declarations(tree, application) {
            let Some(Ok(text)) = tree.text(&declaration, DECLARATION_MAX) else { continue };
            let Some(name) = declared_name(text) else { continue };
            if modules.value.entry(name).is_some() {
                continue;
            }
            let words = Words {
                title: say("The module % is not in %", [name, &path]),
                detail: say(
                    "The build switches it on and changes the file for that. A deploy that finds another file than the \
                     build had may leave the module off.",
                    [],
                ),
                remedy: say(
                    "Run %, and commit the file.",
                    [&format!("php bin/magento module:enable {name}")],
                ),
            };
            findings.add(Code::ModulesMissing, Outcome::Warn, (&path, modules.line), words);
        }
    }
}

/// The name of the module that a `module.xml` or a `registration.php` declares.
fn declared_name(text: &str) -> Option<&str> {
    let after = match text.split_once("<module") {
        Some((_, rest)) => rest.split('>').next()?.split_once("name=")?.1,
        None => text.split_once("ComponentRegistrar::MODULE")?.1.split_once(',')?.1,
    };
    let after = after.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = after[1..].split(quote).next()?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && name.contains('_')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::declared_name;

    #[test]
    fn modules_are_named_in_either_file() {
        let xml = "<config>\n <module\n name=\"Acme_Cart\" setup_version=\"1\"><sequence/></module></config>";
        assert_eq!(declared_name(xml), Some("Acme_Cart"));
        let php =
            "<?php\nComponentRegistrar::register(\n ComponentRegistrar::MODULE,\n 'Acme_Cart',\n __DIR__);";
        assert_eq!(declared_name(php), Some("Acme_Cart"));
        for other in ["", "<module/>", "ComponentRegistrar::MODULE, $name", "<module name='x y_z'/>"] {
            assert_eq!(declared_name(other), None);
        }
    }
}
