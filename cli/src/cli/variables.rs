//! The variables that `serve` is told by: one table, from which its help, the documents' table and the reading of the
//! settings are made.

use std::fmt::Write as _;

/// One variable of the environment.
#[derive(Debug)]
pub(super) struct Variable {
    /// Its name.
    pub(super) name: &'static str,
    /// What it says.
    pub(super) meaning: &'static str,
    /// What holds where it is not set.
    pub(super) default: Option<&'static str>,
    /// Whether its value is shown to nobody.
    pub(super) secret: bool,
}

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning, default: None, secret: false }
}

impl Variable {
    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

pub(super) const APP_ID: &str = "GITHUB_APP_ID";
pub(super) const KEY: &str = "GITHUB_APP_PRIVATE_KEY";
pub(super) const KEY_PATH: &str = "GITHUB_APP_PRIVATE_KEY_PATH";
pub(super) const SECRET: &str = "GITHUB_WEBHOOK_SECRET";
pub(super) const API_URL: &str = "GITHUB_API_URL";
pub(super) const DATA_DIR: &str = "TOWPATH_DATA_DIR";
pub(super) const DATABASE_URL: &str = "DATABASE_URL";
pub(super) const PUBLIC_URL: &str = "PUBLIC_URL";
pub(super) const DOCS_URL: &str = "TOWPATH_DOCS_URL";
pub(super) const OPERATOR_FILE: &str = "TOWPATH_OPERATOR_FILE";
pub(super) const SLUGS_MAX: &str = "TOWPATH_SLUGS_MAX_BYTES";
pub(super) const MIRRORS_MAX: &str = "TOWPATH_MIRRORS_MAX_BYTES";
pub(super) const LISTS_LAG: &str = "TOWPATH_LISTS_LAG_SECONDS";
pub(super) const METRICS_TOKEN: &str = "METRICS_TOKEN";
pub(super) const OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
pub(super) const HOST: &str = "HOST";
pub(super) const PORT: &str = "PORT";
pub(super) const RUST_LOG: &str = "RUST_LOG";
pub(super) const LOG_FORMAT: &str = "LOG_FORMAT";

/// All of them, as people read them.
pub(super) const VARIABLES: [Variable; 19] = [
    variable(APP_ID, "the App's number"),
    variable(KEY, "its private key in PEM, or").secret(),
    variable(KEY_PATH, "the file that holds it"),
    variable(
        SECRET,
        "the webhook secret, of 16 characters or more; to change it without losing a delivery, set both with a comma \
         between, change it on GitHub, then remove the old one",
    )
    .secret(),
    variable(API_URL, "GitHub's REST API; on GitHub Enterprise Server https://HOST/api/v3")
        .or("https://api.github.com"),
    variable(DATA_DIR, "the folder of the database, the mirrors, the lock, logs and builds").or("data"),
    variable(DATABASE_URL, "the database, a SQLite file").or("sqlite://<data>/towpath.db"),
    variable(
        PUBLIC_URL,
        "the server's address from outside, such as https://towpath.example.com: for logs, and for services that \
         call back",
    ),
    variable(
        DOCS_URL,
        "the web folder with the documentation of this version: checks link to findings.md in it",
    ),
    variable(OPERATOR_FILE, "a file in TOML that says what deploys may call and run"),
    variable(SLUGS_MAX, "how much space the stored builds may take").or("10GB"),
    variable(
        MIRRORS_MAX,
        "how much space the mirrors may take, such as 500MB; those unused for longest go first, and come back when needed",
    )
    .or("20GB"),
    variable(
        LISTS_LAG,
        "how late GitHub's lists may show new things; when an answer got lost, Towpath makes nothing again before that",
    )
    .or("30"),
    variable(
        METRICS_TOKEN,
        "a token of 16 characters or more with which /metrics and /status may be read from elsewhere; without it only \
         this machine may",
    )
    .secret(),
    variable(
        OTLP_ENDPOINT,
        "where traces go: a collector that takes OpenTelemetry's protocol over HTTP, such as http://127.0.0.1:4318",
    ),
    variable(HOST, "the address or the name to listen on").or("0.0.0.0"),
    variable(PORT, "the port to listen on; 0 takes a free one").or("8080"),
    variable(RUST_LOG, "what to log: error, warn, info, debug, trace; info,hyper=debug for one part").or("info"),
    variable(LOG_FORMAT, "how to log: pretty or json").or("pretty"),
];

/// The variable of this name, if it is one of ours.
pub(super) fn find(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

/// Where the meanings begin in the help, and where its lines end.
const INDENT: usize = 31;
const COLUMNS: usize = 98;

/// What `serve --help` says below its options.
pub(super) fn help() -> String {
    let mut text = "Settings come from the environment:\n".to_owned();
    for Variable { name, meaning, default, .. } in &VARIABLES {
        let default = default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
        let mut line = format!("  {name:width$}", width = INDENT - 3);
        for word in format!("{meaning}{default}").split(' ') {
            if line.chars().count() + 1 + word.chars().count() > COLUMNS {
                // Writing into a text does not fail.
                let _ = writeln!(text, "{line}");
                line = " ".repeat(INDENT - 1);
            }
            line.push(' ');
            line.push_str(word);
        }
        let _ = writeln!(text, "{line}");
    }
    text + REST
}

const REST: &str = "
A relative path starts at the server's working directory. The server names every wrong setting at
once, and does not start then.

It answers at /webhooks/github for GitHub, at /healthz and /readyz for probes, at /metrics and
/status for whoever watches it. Without the App's number, key and secret it takes the App that the
set-up page has kept in the data folder (app.json); where there is none it starts in set-up mode,
and `towpath setup-link` prints the address of the page that registers one.

Examples:
  towpath serve
  towpath serve --check
  GITHUB_APP_ID=123456 GITHUB_APP_PRIVATE_KEY_PATH=key.pem GITHUB_WEBHOOK_SECRET=… towpath serve

--check starts nothing and changes nothing.

It ends on SIGTERM or Ctrl-C, and goes on where it was when it is started again.

Exit status: 0 it was told to end, with --check: it would run; 1 with --check: GitHub does not
answer; 2 the request is wrong, or a setting is, or the server cannot go on.";

#[cfg(test)]
mod tests {
    use super::*;

    fn in_markdown() -> String {
        let mut table = "| variable | meaning | where not set |\n|---|---|---|\n".to_owned();
        for Variable { name, meaning, default, .. } in &VARIABLES {
            let default = default.map(|default| format!("`{default}`")).unwrap_or_default();
            writeln!(table, "| `{name}` | {meaning} | {default} |").unwrap();
        }
        table
    }

    #[test]
    fn the_documents_have_the_same_table_as_the_help() {
        let document = include_str!("../../../docs/running.md");
        let table = in_markdown();
        assert!(document.contains(&table), "docs/running.md lacks this table:\n{table}");
        let help = help();
        for variable in &VARIABLES {
            assert!(help.contains(&format!("\n  {} ", variable.name)), "{help}");
        }
    }

    #[test]
    fn no_variable_of_the_servers_is_written_elsewhere_and_missing_here() {
        for document in [include_str!("../../../README.md"), include_str!("../../../docs/running.md")] {
            let names = document.split(|at: char| !(at.is_ascii_uppercase() || at == '_'));
            for name in names.filter(|name| name.starts_with("GITHUB_") || name.starts_with("TOWPATH_")) {
                assert!(find(name).is_some(), "{name} is not in the table");
            }
        }
    }
}
