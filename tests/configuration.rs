//! The configuration file as people and their editors see it: command line, schema, document.
#![allow(clippy::unwrap_used, reason = "in a test a panic is an answer")]

#[path = "configuration/any_text.rs"]
mod any_text;
#[path = "configuration/command_line.rs"]
mod command_line;
#[path = "configuration/explain.rs"]
mod explain;
#[path = "configuration/schema.rs"]
mod schema;

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn towpath(directory: &Path, arguments: &[&str]) -> Ran {
    let output =
        Command::new(env!("CARGO_BIN_EXE_towpath")).args(arguments).current_dir(directory).output().unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn in_the_house(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The YAML blocks of the document.
pub(crate) fn documented() -> Vec<String> {
    let document = std::fs::read_to_string(in_the_house("docs/configuration.md")).unwrap();
    let blocks = document.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    let blocks: Vec<_> = blocks.collect();
    assert!(blocks.len() >= 8, "{}", blocks.len());
    blocks
}
