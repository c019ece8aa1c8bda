//! What outsiders read of the metrics says what there is: the document, the dashboard, the alert rules.

use super::{Description, Kind, Metrics};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const DOCUMENT: &str = include_str!("../../../docs/metrics.md");
const DASHBOARD: &str = include_str!("../../../monitoring/grafana.json");
const ALERTS: &str = include_str!("../../../monitoring/alerts.yml");

/// The expressions of the dashboard, or of the alert rules.
fn expressions(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let json = lines.clone().filter_map(|line| line.strip_prefix("\"expr\": ")?.strip_suffix(','));
    let json = json.map(|it| serde_json::from_str(it).unwrap());
    let yaml = lines.filter_map(|line| line.strip_prefix("expr: ")).map(str::to_owned);
    json.chain(yaml).collect()
}

/// Words of ours in a text, such as `towpath_ready`.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    words.filter(|word| word.starts_with("towpath_")).collect()
}

/// The metric that a series of this name belongs to.
fn metric_of<'a>(metrics: &'a Metrics, name: &str) -> Option<&'a Description> {
    metrics.descriptions().iter().find(|it| match it.kind {
        Kind::Histogram => {
            ["_bucket", "_sum", "_count"].iter().any(|end| name.strip_suffix(end) == Some(it.name))
        }
        Kind::Counter | Kind::Gauge => name == it.name,
    })
}

/// What stands in braces behind a metric, or behind `by`.
fn labels(expression: &str) -> BTreeSet<&str> {
    let between =
        |begin, end| expression.split(begin).skip(1).filter_map(move |it: &str| it.split(end).next());
    let matched = between("{", '}').flat_map(|it| it.split(',')).filter_map(|it| it.split(['=', '!']).next());
    let grouped = between("by (", ')').flat_map(|it| it.split(','));
    matched.chain(grouped).map(str::trim).collect()
}

#[test]
fn the_document_has_every_metric_as_it_is() {
    let metrics = Metrics::default();
    let mut table = "| metric | kind | labels | meaning |\n|---|---|---|---|\n".to_owned();
    for Description { name, kind, labels, help } in metrics.descriptions() {
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(table, "| `{name}` | {} | {} | {help} |", kind.as_str(), labels.join(", ")).unwrap();
    }
    assert!(DOCUMENT.contains(&table), "docs/metrics.md lacks this table:\n{table}");
}

#[test]
fn the_dashboard_and_the_alerts_name_metrics_and_labels_that_there_are() {
    serde_json::from_str::<serde::de::IgnoredAny>(DASHBOARD).unwrap();
    let metrics = Metrics::default();
    for (file, text, least) in [("grafana.json", DASHBOARD, 30), ("alerts.yml", ALERTS, 15)] {
        let expressions = expressions(text);
        assert!(expressions.len() >= least, "{file}: {}", expressions.len());
        for expression in &expressions {
            let names = names(expression);
            assert!(!names.is_empty(), "{file}: {expression}");
            let of: Vec<_> = names
                .iter()
                .map(|name| metric_of(&metrics, name).unwrap_or_else(|| panic!("{file}: there is no {name}")))
                .collect();
            for label in labels(expression) {
                let known =
                    of.iter().any(|it| it.labels.contains(&label)) || ["le", "instance"].contains(&label);
                assert!(known, "{file}: nothing has the label {label} in {expression}");
            }
        }
    }
    for word in names(ALERTS).into_iter().chain(names(DASHBOARD)).chain(names(DOCUMENT)) {
        let is_metric = metrics.descriptions().iter().any(|it| it.name == word);
        assert!(is_metric || metric_of(&metrics, word).is_some(), "there is no {word}");
    }
}

#[test]
fn the_dashboard_shows_every_metric() {
    let metrics = Metrics::default();
    let shown: BTreeSet<_> =
        names(DASHBOARD).iter().filter_map(|it| metric_of(&metrics, it)).map(|it| it.name).collect();
    let missing: Vec<_> =
        metrics.descriptions().iter().filter(|it| !shown.contains(it.name)).map(|it| it.name).collect();
    assert_eq!(missing, [""; 0]);
}
