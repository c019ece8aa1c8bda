//! The path in one line.

use crate::model::{CopyBranch, Environment, PromotionPath, Source};

/// The path in one line: `integration → staging → production, master is a copy of production`
pub fn in_words(path: &PromotionPath) -> String {
    let mut parts = lines(path);
    parts.push(match &path.copy {
        Some(CopyBranch { branch, of, .. }) => format!("{branch} is a copy of {of}"),
        None => "no copy branch".to_owned(),
    });
    parts.join(", ")
}

/// Each way from an environment that no other follows on, back to where topics enter.
fn lines(path: &PromotionPath) -> Vec<String> {
    let mut lines = Vec::new();
    let first = path.environments.iter().rev().filter(|it| from_environments(path, it).is_empty());
    let mut begun: Vec<Vec<&Environment>> = first.map(|it| vec![it]).collect();
    while let Some(line) = begun.pop() {
        let Some(last) = line.last() else { continue };
        let next: Vec<_> = path.environments.iter().filter(|it| it.accepts_environment(&last.name)).collect();
        if next.is_empty() {
            lines.push(line.iter().map(|it| called(it)).collect::<Vec<_>>().join(" → "));
        }
        // Sixteen environments that all lead to each other make thousands of ways.
        if lines.len() + begun.len() >= LINES_MAX {
            lines.push("…".to_owned());
            break;
        }
        begun.extend(next.into_iter().rev().map(|it| [line.as_slice(), &[it]].concat()));
    }
    lines
}

/// More ways than these say less.
const LINES_MAX: usize = 8;

/// Its name, and that urgent repairs may enter there.
fn called(environment: &Environment) -> String {
    let urgent = environment.accepts.contains(&Source::Hotfixes);
    if urgent { format!("{} (takes hotfixes)", environment.name) } else { environment.name.clone() }
}

fn from_environments<'a>(path: &'a PromotionPath, environment: &Environment) -> Vec<&'a Environment> {
    let names = environment.accepts.iter().filter_map(|source| match source {
        Source::Environment(name) => Some(name.as_str()),
        Source::Topics | Source::Hotfixes => None,
    });
    names.filter_map(|name| path.environment(name)).collect()
}
