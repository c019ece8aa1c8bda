//! What is known of the platform: the variables of `.magento.env.yaml`, and ends of life.
//!
//! Names, types, stages, ranges and days are those of ece-tools of March 2024, and of Adobe's documentation of August
//! 2026 for what is newer. The files beside this one hold them, a row for each.

use std::sync::OnceLock;

use chrono::NaiveDate;

const VARIABLES: &str = include_str!("variables.tsv");
const ENDS_OF_LIFE: &str = include_str!("ends_of_life.tsv");

/// What a variable of `.magento.env.yaml` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Flag,
    /// A list, or keys with values.
    Data,
    Any,
}

/// A variable of `.magento.env.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The stages that take it; none where the platform sets it.
    pub(super) stages: Vec<&'static str>,
    /// The only values it takes; empty where it takes any.
    pub(super) allowed: Vec<&'static str>,
    pub(super) range: Option<(i64, i64)>,
    /// The first ece-tools that knows it, where that is not known of every version.
    pub(super) since: Option<[u32; 3]>,
}

/// Every variable, in the order of their names.
pub(super) fn variables() -> &'static [Variable] {
    static READ: OnceLock<Vec<Variable>> = OnceLock::new();
    READ.get_or_init(|| rows(VARIABLES).filter_map(|row| variable(&row)).collect())
}

pub(super) fn variable_called(name: &str) -> Option<&'static Variable> {
    variables().iter().find(|variable| variable.name == name)
}

/// The last day of a version of a service, where it is known.
pub(super) fn end_of_life(service: &str, version: &str) -> Option<NaiveDate> {
    let mut rows = rows(ENDS_OF_LIFE).filter(|row| row[0] == service && row[1] == version);
    rows.next()?.get(2)?.parse().ok()
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn variable(row: &[&'static str]) -> Option<Variable> {
    let &[name, kind, stages, allowed, since] = row else { return None };
    let kind = match kind {
        "string" => Kind::Text,
        "integer" => Kind::Integer,
        "boolean" => Kind::Flag,
        "array" => Kind::Data,
        _ => Kind::Any,
    };
    let listed = |text: &'static str, sign: char| match text {
        "-" => Vec::new(),
        text => text.split(sign).map(|value| value.trim_matches('"')).collect(),
    };
    let range = allowed.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let allowed = if range.is_some() { Vec::new() } else { listed(allowed, '|') };
    Some(Variable { name, kind, stages: listed(stages, ','), allowed, range, since: ece_tools(since) })
}

/// A version of ece-tools, as numbers.
pub(super) fn ece_tools(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.trim_start_matches('v').split(['.', '-']).map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(variables().len(), VARIABLES.lines().count() - 1);
        let level = variable_called("SCD_COMPRESSION_LEVEL").unwrap();
        assert_eq!((level.kind, level.range, level.stages.len()), (Kind::Integer, Some((0, 9)), 3));
        let verbose = variable_called("VERBOSE_COMMANDS").unwrap();
        assert_eq!(verbose.allowed, ["", "-v", "-vv", "-vvv"]);
        assert_eq!(variable_called("SCD_NO_PARENT").unwrap().since, Some([2002, 1, 5]));
        assert!(variable_called("ENV_ROUTES").unwrap().stages.is_empty());
        let days = rows(ENDS_OF_LIFE).filter(|row| end_of_life(row[0], row[1]).is_some());
        assert_eq!(days.count(), ENDS_OF_LIFE.lines().count() - 1);
        assert_eq!(end_of_life("php", "8.4"), None);
    }
}
