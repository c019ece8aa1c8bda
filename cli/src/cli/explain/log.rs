//! The log of a deploy.

use chrono::DateTime;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::Path;

use super::ece;
use crate::cli::UsageError;
use crate::cli::print::SCHEMA_VERSION;
use crate::commerce::log::{LogReading, LoggedPhase, LoggedStep, Suspect};
use crate::engine::read_log;
use crate::model::{ForPeople, Phase, UnixMillis};
use crate::report::{consequences, length, one_line};

/// How long a line that is printed may be, in characters.
const SHOWN_MAX: usize = 300;

/// Reads a file to its end, or standard input.
pub(super) fn read(file: &Path, exit_code: Option<u8>) -> Result<LogReading, UsageError> {
    let is_stdin = file == Path::new("-");
    let all = if is_stdin { read_log(io::stdin().lock()) } else { File::open(file).and_then(read_log) };
    let reader = all.map_err(|error| {
        let name = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
        UsageError::new(format!("{name} could not be read: {}", error.for_people()))
    })?;
    Ok(match exit_code {
        Some(status) => reader.finish_with_status(status),
        None => reader.finish(),
    })
}

/// The reading as the object that programs rely on, on a line: docs/commerce.md has it whole.
pub(super) fn json(reading: &LogReading) -> String {
    let step = |step: &LoggedStep| json!({ "step": step.name, "began_at": moment(step.began_at), "ended_at": moment(step.ended_at) });
    let phase = |phase: &LoggedPhase| {
        json!({
            "phase": phase.phase.as_str(),
            "began_at": moment(phase.began_at),
            "ended_at": moment(phase.ended_at),
            "steps": phase.steps.iter().map(step).collect::<Vec<_>>(),
        })
    };
    let suspect =
        |it: &Suspect| json!({ "suspect": it.step.as_str(), "seconds": it.took.map(|took| took.as_secs()) });
    let object = json!({
        "schema_version": SCHEMA_VERSION,
        "phase": reading.phase.map_or("unknown", Phase::as_str),
        "step": reading.step,
        "code": reading.code.map(|code| code.number),
        "class": reading.code.map(|code| code.class.as_str()),
        "site": reading.site.as_str(),
        "outcome": reading.outcome.as_str(),
        "title": reading.title(),
        "customers": reading.customers(),
        "next": reading.next(),
        "warnings": reading.warnings.iter().map(|code| code.number).collect::<Vec<_>>(),
        "suspects": reading.suspects.iter().map(suspect).collect::<Vec<_>>(),
        "phases": reading.phases.iter().map(phase).collect::<Vec<_>>(),
        "last_lines": reading.last_lines,
        "docs_url": reading.code.map(ece::url),
    });
    format!("{object}\n")
}

fn moment(at: Option<UnixMillis>) -> Value {
    let spelled = at.and_then(|at| DateTime::from_timestamp_millis(at.0)).map(|at| at.to_rfc3339());
    spelled.map_or(Value::Null, Value::from)
}

/// The same for people. Times are UTC.
pub(super) fn text(reading: &LogReading) -> String {
    let told = reading.diagnosis();
    let phase = reading.phase.map_or("unknown", Phase::as_str);
    let step = reading.step.map(|step| format!(", {step}")).unwrap_or_default();
    let mut text = format!("{}: {}\n\nWhere: {phase}{step}\n", reading.outcome.as_str(), told.line());
    // Writing into a text does not fail.
    for (label, words) in consequences(&told) {
        let _ = writeln!(text, "{label}: {words}");
    }
    let times: String = reading.phases.iter().filter_map(times).collect();
    section(&mut text, "Phases, UTC:", &times);
    let slow = |it: &Suspect| {
        let took = it.took.map(|took| format!(", {}", length(took))).unwrap_or_default();
        format!("    {}{took}\n", it.step.as_str())
    };
    section(
        &mut text,
        "What may have made it slow:",
        &reading.suspects.iter().map(slow).collect::<Vec<_>>().concat(),
    );
    let warnings: Vec<String> =
        reading.warnings.iter().map(|code| format!("    ece:{} {}\n", code.number, code.title)).collect();
    section(&mut text, "Warnings:", &warnings.concat());
    let lines: Vec<String> =
        reading.last_lines.iter().map(|line| format!("    {}\n", one_line(line, SHOWN_MAX))).collect();
    section(&mut text, "Last lines:", &lines.concat());
    if let Some(code) = reading.code {
        let _ = write!(text, "\n{}\n", ece::url(code));
    }
    text
}

fn section(text: &mut String, heading: &str, lines: &str) {
    if !lines.is_empty() {
        let _ = write!(text, "\n{heading}\n{lines}");
    }
}

/// When a phase began, and how long it took.
fn times(phase: &LoggedPhase) -> Option<String> {
    let began = phase.began_at?;
    let at = DateTime::from_timestamp_millis(began.0)?.format("%F %T");
    let took = match phase.ended_at {
        Some(ended) => length(ended.since(began)),
        None => "under way".to_owned(),
    };
    Some(format!("    {} {at}, {took}\n", phase.phase.as_str()))
}
