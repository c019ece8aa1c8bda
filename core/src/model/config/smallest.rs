//! A path as the shortest file that describes it.

use super::effective::scalar;
use crate::model::{CopyBranch, CopyMode, Environment, PromotionPath, Source, Tested};
use std::fmt::Write as _;

/// The file that has the environments and the copy branch of `path`, and says nothing that holds anyhow; `None` where the
/// built-in path is the same, so that no file is needed.
///
/// Reading it gives them back. Rules, commands, deploys and the like are not written: of those a path that was only looked
/// at knows nothing.
pub fn smallest(path: &PromotionPath) -> Option<String> {
    let pro = PromotionPath::pro();
    let is_built_in = path.environments == pro.environments;
    if is_built_in && path.copy == pro.copy {
        return None;
    }
    let mut yaml = "version: 1\n".to_owned();
    if !is_built_in {
        yaml += "environments:\n";
        for environment in &path.environments {
            yaml += &entry(environment);
        }
    }
    match &path.copy {
        // Where environments are written there is no copy branch unless one is written, too.
        None if is_built_in => yaml += "copy: none\n",
        None => {}
        Some(copy) => yaml += &copied(copy),
    }
    Some(yaml)
}

fn entry(environment: &Environment) -> String {
    let accepts: Vec<_> = environment.accepts.iter().map(Source::as_str).map(scalar).collect();
    let mut lines = format!("  - name: {}\n", scalar(&environment.name));
    // Writing into a text does not fail.
    if environment.branch.as_str() != environment.name {
        let _ = writeln!(lines, "    branch: {}", scalar(environment.branch.as_str()));
    }
    let _ = writeln!(lines, "    accepts: [{}]", accepts.join(", "));
    if environment.requires.tested != Tested::default() {
        let _ = writeln!(lines, "    requires: {{ tested: {} }}", environment.requires.tested.as_str());
    }
    lines
}

fn copied(copy: &CopyBranch) -> String {
    let mut settings = vec![format!("branch: {}", scalar(copy.branch.as_str()))];
    settings.push(format!("of: {}", scalar(&copy.of)));
    if copy.mode != CopyMode::default() {
        settings.push(format!("mode: {}", copy.mode.as_str()));
    }
    if copy.after_is_written {
        settings.push(format!("after: {}", copy.after.as_str()));
    }
    format!("copy: {{ {} }}\n", settings.join(", "))
}
