//! Which files of a project a failure is about.

use super::EceCode;

/// The files that decide how the platform and ece-tools go about a deploy.
const SETTINGS: [&str; 1] = [".magento.env.yaml"];
/// The files that decide which services there are, and who is connected to them.
const SERVICES: [&str; 2] = ["services.yaml", ".magento.app.yaml"];
/// The files that decide which modules there are.
const PACKAGES: [&str; 2] = ["composer.json", "composer.lock"];

/// Whether a change of this file may be what made a deploy fail with this code, or in this step where there is no code.
pub fn may_cause(code: Option<u16>, step: Option<&str>, path: &str) -> bool {
    let code = code.and_then(EceCode::of);
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_one_of = |names: &[&str]| names.contains(&name);
    match (code.map(|code| code.number), code.and_then(|code| code.step).or(step)) {
        (Some(3 | 4 | 5 | 6 | 10 | 26 | 103..=106 | 133 | 135..=136 | 139), _) => is_one_of(&SETTINGS),
        (Some(101 | 107 | 109..=115 | 132 | 134 | 137 | 138 | 140), _) => {
            is_one_of(&SERVICES) || is_one_of(&SETTINGS)
        }
        (Some(8 | 9 | 16 | 17 | 25 | 118), _) | (None, Some("composer")) => is_one_of(&PACKAGES),
        (Some(131), _) => name == "env.php",
        (_, Some("refresh-modules")) => is_of_modules(path, name),
        (_, Some("install-update: config-import")) => path.ends_with("app/etc/config.php"),
        (_, Some("apply-patches")) => is_patch(path) || is_one_of(&PACKAGES) || is_one_of(&SETTINGS),
        (_, Some("compile-di")) => {
            name == "di.xml" || is_code(path) && has_ending(name, "php") || is_one_of(&PACKAGES)
        }
        (_, Some("install-update: setup" | "install-update: update" | "install-update")) => {
            is_of_database(path, name) || is_of_modules(path, name)
        }
        (_, Some(step)) if step.contains("static-content") => is_of_theme(path, name),
        _ => false,
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(ending))
}

fn is_below(path: &str, folder: &str) -> bool {
    path.split('/').rev().skip(1).any(|part| part == folder)
}

fn is_code(path: &str) -> bool {
    path.starts_with("app/code/") || path.contains("/app/code/")
}

fn is_of_modules(path: &str, name: &str) -> bool {
    let is_declaration = is_code(path) && matches!(name, "module.xml" | "registration.php");
    is_declaration || path.ends_with("app/etc/config.php") || PACKAGES.contains(&name)
}

fn is_of_database(path: &str, name: &str) -> bool {
    matches!(name, "db_schema.xml" | "db_schema_whitelist.json") || is_code(path) && is_below(path, "Setup")
}

fn is_patch(path: &str) -> bool {
    is_below(path, "m2-hotfixes") || has_ending(path, "patch")
}

fn is_of_theme(path: &str, name: &str) -> bool {
    const SHOWN: [&str; 8] = ["less", "css", "scss", "js", "ts", "phtml", "html", "svg"];
    is_below(path, "design")
        || is_below(path, "view") && SHOWN.iter().any(|ending| has_ending(name, ending))
        || name == "theme.xml"
}

#[cfg(test)]
mod tests {
    use super::may_cause;

    #[test]
    fn a_failure_is_about_the_files_that_its_step_works_on() {
        for (code, step, yes, no) in [
            (Some(126), None, "app/code/Acme/Tax/etc/db_schema.xml", "app/code/Acme/Tax/Model/Rate.php"),
            (Some(126), None, "app/code/Acme/Tax/Setup/Patch/Data/Rates.php", "Setup/Readme.md"),
            (Some(126), None, "composer.lock", "app/design/frontend/Acme/base/theme.xml"),
            (Some(10), None, ".magento.env.yaml", ".magento.app.yaml"),
            (Some(137), None, ".magento/services.yaml", "app/etc/config.php"),
            (Some(117), None, "shop/app/etc/config.php", "app/etc/env.php"),
            (Some(12), None, "m2-hotfixes/010.patch", "app/code/Acme/Tax/Model/Rate.php"),
            (Some(15), None, "app/code/Acme/Tax/Model/Rate.php", "pub/index.php"),
            (Some(19), None, "app/design/frontend/Acme/base/web/css/a.less", "app/code/Acme/Tax/etc/di.xml"),
            (Some(119), None, "app/code/Acme/Tax/view/frontend/web/a.js", "dev/tools/a.js"),
            (None, Some("composer"), "composer.json", ".magento.env.yaml"),
            (None, Some("install-update: update"), "app/code/Acme/Tax/Setup/InstallData.php", "README.md"),
        ] {
            assert!(may_cause(code, step, yes), "{code:?} {step:?} {yes}");
            assert!(!may_cause(code, step, no), "{code:?} {step:?} {no}");
        }
        assert!(!may_cause(None, None, "composer.lock"), "nothing tells");
        assert!(!may_cause(Some(102), None, "composer.lock"), "a disk that is full is nobody's file");
    }
}
