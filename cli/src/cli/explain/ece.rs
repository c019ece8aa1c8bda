//! The codes of ece-tools.

use serde_json::json;

use crate::cli::UsageError;
use crate::cli::print::SCHEMA_VERSION;
use crate::commerce::codes::{EceCode, table};
use crate::model::DocsUrl;
use crate::model::config::nearest;

/// What was asked for of ece-tools.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// All of its codes.
    All,
    /// One of them.
    One(&'static EceCode),
}

/// What a word asks for; `None` where it means nothing of ece-tools.
pub(super) fn asked(word: &str) -> Option<Result<Asked, UsageError>> {
    let wanted = word.trim().to_ascii_lowercase();
    let number = match wanted.strip_prefix("ece") {
        Some("") => return Some(Ok(Asked::All)),
        Some(rest) => rest.trim_start_matches([':', '-', ' ']),
        // A number alone is no finding.
        None if wanted.bytes().all(|byte| byte.is_ascii_digit()) && !wanted.is_empty() => wanted.as_str(),
        None => return None,
    };
    let code = number.parse().ok().and_then(EceCode::of);
    Some(match code {
        Some(code) if wanted.starts_with("ece:") => Ok(Asked::One(code)),
        meant => Err(unknown(word, number, meant)),
    })
}

fn unknown(word: &str, number: &str, meant: Option<&EceCode>) -> UsageError {
    let numbers: Vec<String> = EceCode::all().map(|code| code.number.to_string()).collect();
    // Another number is another code: only a number with something else in it may be a slip.
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_slip = digits > 0 && digits < number.len();
    let slip = if is_slip { nearest(number, numbers.iter().map(String::as_str)) } else { None };
    let meant = meant.map(|code| code.number.to_string()).or(slip.map(str::to_owned));
    let hint = meant.map(|number| format!("did you mean ece:{number}? ")).unwrap_or_default();
    let critical = ranges(EceCode::all().filter(|code| code.is_critical()));
    let warnings = ranges(EceCode::all().filter(|code| !code.is_critical()));
    UsageError::new(format!(
        "there is no code {word:?} of ece-tools; {hint}the codes are ece:N with N in {critical}, and for warnings \
         in {warnings}"
    ))
}

/// Numbers in a row as their first and their last.
fn ranges<'a>(codes: impl Iterator<Item = &'a EceCode>) -> String {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for EceCode { number, .. } in codes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let spelled = ranges
        .iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}–{last}") });
    spelled.collect::<Vec<_>>().join(", ")
}

/// What is printed of it.
pub(super) fn explained(asked: Asked, json: bool) -> String {
    match asked {
        Asked::All if json => {
            let codes: Vec<_> = EceCode::all().map(object).collect();
            format!("{}\n", json!({ "schema_version": SCHEMA_VERSION, "codes": codes }))
        }
        Asked::All => table(),
        Asked::One(code) if json => {
            let mut object = object(code);
            object["schema_version"] = SCHEMA_VERSION.into();
            format!("{object}\n")
        }
        Asked::One(code) => text(code),
    }
}

fn object(code: &EceCode) -> serde_json::Value {
    json!({
        "code": format!("ece:{}", code.number),
        "number": code.number,
        "title": code.title,
        "severity": code.severity.as_str(),
        "class": code.class.as_str(),
        "stage": code.stage.as_str(),
        "step": code.step,
        "customers": code.customers,
        "next": code.next,
        "docs_url": url(code),
    })
}

fn text(code: &EceCode) -> String {
    let EceCode { number, title, customers, next, .. } = code;
    let step = code.step.map(|step| format!(", step {step}")).unwrap_or_default();
    let kind = format!("{}, {}; {}{step}", code.severity.as_str(), code.class.as_str(), code.stage.as_str());
    let url = url(code);
    format!("ece:{number}: {title}\n\n{kind}\n\nCustomers see: {customers}\nNext step: {next}\n\n{url}\n")
}

/// Where the documentation has a code.
pub(super) fn url(code: &EceCode) -> String {
    DocsUrl::default().commerce(code.fragment())
}
