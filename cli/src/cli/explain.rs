//! `towpath explain`

mod ece;
mod log;

use serde_json::json;
use std::path::PathBuf;

use super::UsageError;
use super::print::{SCHEMA_VERSION, to_stdout};
use crate::model::config::nearest;
use crate::model::{Code, DocsUrl};
use crate::report::explained;

/// What `towpath explain` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath explain TP201
  towpath explain tp201 --json
  towpath explain ece:126                        a code of ece-tools, of Adobe Commerce
  towpath explain ece                            all of them, as Markdown
  towpath explain --log deploy.log               where a deploy ended, and what the shop does now
  magento-cloud activity:log | towpath explain --log - --json

For a finding it prints the text of docs/findings.md of this version, and its address on the web.
For a log it prints the phase and the step, the code, what customers see, and the next step; of
several deploys in one log the last one counts. docs/commerce.md has what is in the JSON.

Exit status: 0 told, whatever the log tells; 2 the request is wrong.")]
pub(super) struct Arguments {
    /// The code of a finding, or ece: and the number of a code of ece-tools, in capitals or not; needed, unless --log
    #[arg(value_name = "CODE", conflicts_with = "log")]
    code: Option<String>,
    /// Explain the log of a Commerce deploy instead; - for standard input
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The exit status of the hook that ended last, which stands in where the log has no code; with --log
    #[arg(long, value_name = "N")]
    exit_code: Option<u8>,
    /// Print one JSON object: the code, its title, what there is to say, and where it is on the web
    #[arg(long)]
    pub(super) json: bool,
}

/// Prints what a code means, or what a log tells.
pub(super) fn run(arguments: &Arguments) -> Result<(), UsageError> {
    if let Some(file) = &arguments.log {
        let reading = log::read(file, arguments.exit_code)?;
        to_stdout(&if arguments.json { log::json(&reading) } else { log::text(&reading) });
        return Ok(());
    }
    let word = match (&arguments.code, arguments.exit_code) {
        (Some(code), None) => code.as_str(),
        (Some(_), Some(_)) => {
            return Err(UsageError::new(
                "--exit-code belongs to a log: name that with --log FILE, in place of the code",
            ));
        }
        (None, _) => {
            return Err(UsageError::new(
                "a code or a log is needed: towpath explain TP201, or towpath explain --log FILE (--log - for standard input)",
            ));
        }
    };
    if let Some(asked) = ece::asked(word) {
        to_stdout(&ece::explained(asked?, arguments.json));
        return Ok(());
    }
    let code = named(word)?;
    let section = explained(code);
    let url = DocsUrl::default().finding(code);
    to_stdout(&if arguments.json {
        let object = json!({
            "schema_version": SCHEMA_VERSION,
            "code": code.as_str(),
            "title": title(section),
            "documentation": section,
            "docs_url": url,
        });
        format!("{object}\n")
    } else {
        format!("{code}: {}\n\n{url}\n", plain(section))
    });
    Ok(())
}

/// The finding that a word names.
fn named(word: &str) -> Result<Code, UsageError> {
    let wanted = word.trim().to_ascii_uppercase();
    let all = Code::ALL.map(Code::as_str);
    if let Some(code) = Code::ALL.into_iter().find(|code| code.as_str() == wanted) {
        return Ok(code);
    }
    let hint = match nearest(&wanted, all) {
        Some(meant) => format!("did you mean {meant}? "),
        None => String::new(),
    };
    Err(UsageError::new(format!("there is no finding {word:?}; {hint}the codes are {}", all.join(", "))))
}

/// What a section has in bold at its beginning.
fn title(section: &str) -> &str {
    let bold = section.strip_prefix("**").and_then(|rest| rest.split_once("**"));
    bold.map_or(section, |(title, _)| title.trim_end_matches('.'))
}

/// The same for a terminal: without marks for bold text, and links as their words alone.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    let mut rest = markdown;
    while let Some((before, link)) = rest.split_once('[') {
        text.push_str(before);
        match link.split_once("](").and_then(|(words, target)| Some((words, target.split_once(')')?.1))) {
            Some((words, after)) if !words.contains(['[', '\n']) => {
                text.push_str(words);
                rest = after;
            }
            _ => {
                text.push('[');
                rest = link;
            }
        }
    }
    text.push_str(rest);
    text.replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_title_and_plain_text() {
        for code in Code::ALL {
            let section = explained(code);
            let title = title(section);
            assert!(!title.is_empty() && title.len() < 60, "{code}: {title}");
            let plain = plain(section);
            assert!(!plain.contains("](") && !plain.contains("**"), "{plain}");
        }
    }

    #[test]
    fn links_become_their_words() {
        assert_eq!(
            plain("**A.** See [TP1](#tp1) and [x], then [the file](a.md)."),
            "A. See TP1 and [x], then the file."
        );
    }
}
