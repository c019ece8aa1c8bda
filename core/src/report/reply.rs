//! The reply to a comment with commands: for each command what came of it, what is next, and the evidence.

use super::limits::{BODY, RESERVE, fit, fit_around, shorten_end};
use super::markdown::{clean, code, folded};
use super::prose::Prose;
use crate::model::{CommentKey, CommitId};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandStatus {
    /// It was carried out, or answered.
    Done,
    /// It was begun.
    Started,
    /// It was taken and not begun: it waits for a second person, or for other work.
    Waiting,
    /// It was refused.
    Refused,
    /// It was begun and ended badly.
    Failed,
    /// It could not be understood.
    NotUnderstood,
    /// It was not looked at, because one before it was refused.
    Skipped,
}

impl CommandStatus {
    /// Whether the commands behind it are not carried out.
    pub fn stops(self) -> bool {
        matches!(self, Self::Refused | Self::NotUnderstood | Self::Failed)
    }

    /// What follows, where nothing else is said of it.
    pub fn what_follows(self) -> &'static str {
        match self {
            Self::Done => "Nothing more has to be done.",
            Self::Started | Self::Waiting => "This reply tells how it ends.",
            Self::Refused => "Nothing follows by itself; a new comment is a new try.",
            Self::Failed => "Nothing more follows by itself.",
            Self::NotUnderstood => "Write it again in a new comment.",
            Self::Skipped => "Write it again in a new comment once that is settled.",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Started => "Started",
            Self::Waiting => "Waiting",
            Self::Refused => "Refused",
            Self::Failed => "Failed",
            Self::NotUnderstood => "Not understood",
            Self::Skipped => "Not carried out",
        }
    }
}

/// What is said of one command. All texts are Markdown, with whatever others wrote in them made harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandReply {
    /// How it stands.
    pub status: CommandStatus,
    /// The same for programs, or why: `done`, `missing_right`, `moved`.
    pub code: String,
    /// What came of it, in one sentence that goes on behind the command.
    pub outcome: String,
    /// What is next, and when.
    pub next: Option<String>,
    /// Heading and text of what is shown folded.
    pub evidence: Option<(String, String)>,
    /// The head commit that it was bound to, or what was deployed.
    pub head: Option<CommitId>,
    /// The base commit.
    pub base: Option<CommitId>,
}

impl CommandReply {
    /// One without more than its outcome.
    pub fn new(status: CommandStatus, code: impl Into<String>, outcome: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            outcome: outcome.into(),
            next: None,
            evidence: None,
            head: None,
            base: None,
        }
    }

    /// The same with what is next.
    #[must_use]
    pub fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    /// The same with something folded.
    #[must_use]
    pub fn evidence(self, heading: impl Into<String>, text: impl Into<String>) -> Self {
        Self { evidence: Some((heading.into(), text.into())), ..self }
    }

    /// The same for these commits.
    #[must_use]
    pub fn commits(self, head: Option<CommitId>, base: Option<CommitId>) -> Self {
        Self { head, base, ..self }
    }
}

/// By what the reply to a comment is found again.
pub fn reply_marker(comment: CommentKey) -> String {
    format!("<!-- towpath:reply:{comment} -->")
}

/// The longest command that is repeated, in characters; what is taken as one is rarely longer.
const WRITTEN: usize = 400;

/// The whole reply: each command, by its name and as it was written, with what is said of it. However much that is, the
/// first line of each command stays, and so does what programs look for.
pub fn reply(comment: CommentKey, commands: &[(&str, &str, &CommandReply)]) -> String {
    let (stays, may_go) = (true, false);
    let mut parts = Vec::new();
    for (name, written, said) in commands {
        let written = code(&shorten_end(written, WRITTEN));
        parts.push((stays, format!("**{}** {written}: {}", said.status.words(), said.outcome)));
        parts.extend(said.next.clone().map(|next| (may_go, next)));
        if let Some((heading, text)) = &said.evidence {
            let room = (BODY - RESERVE) / (commands.len() + 1);
            parts.push((may_go, folded(heading, &fit(std::slice::from_ref(text), room.max(RESERVE)))));
        }
        let commit = |it: Option<CommitId>| it.map(|it| it.to_string());
        // A command's name and a code are words of ours, so nothing in it can end the HTML comment.
        let block = json!({
            "schema_version": 1,
            "code": said.code,
            "command": name,
            "head": commit(said.head),
            "base": commit(said.base),
        });
        parts.push((stays, format!("<!-- towpath:command {block} -->")));
    }
    parts.push((stays, reply_marker(comment)));
    fit_around(&parts, BODY)
}

/// A sentence of ours with a name, which becomes code, in place of each `%`.
pub fn sentence(template: &str, names: &[&str]) -> String {
    Prose::new(template, names).markdown()
}

/// Names as code, with commas between them.
pub fn listed(names: &[&str]) -> String {
    sentence(&vec!["%"; names.len()].join(", "), names)
}

/// A plain text as Markdown that shows the same and calls nobody. What stands between two backticks becomes code: so a
/// plain text has what people may copy from it.
pub fn plain_text(text: &str) -> String {
    let text = clean(text);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once('`') {
        shown.push_str(&escaped(before));
        let marked = behind.split_once('`').filter(|(inside, _)| !inside.trim().is_empty());
        if let Some((inside, after)) = marked {
            shown.push_str(&code(inside));
            rest = after;
        } else {
            shown.push_str("\\`");
            rest = behind;
        }
    }
    shown + &escaped(rest)
}

/// A plain text as Markdown, character by character.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            // GitHub notifies whoever is named behind it, unless something is between.
            '@' => shown.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '|' | '$' => {
                shown.push('\\');
                shown.push(c);
            }
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::id;

    #[test]
    fn a_reply_says_what_came_of_each_command_and_hides_the_same_for_programs() {
        let started = CommandReply::new(CommandStatus::Started, "started", "deploy 7 brings it there.")
            .next("This reply tells how it ends.")
            .commits(Some(id(4)), None);
        let refused = CommandReply::new(
            CommandStatus::Refused,
            "missing_right",
            sentence("nothing was deployed. You have the role %.", &["write"]),
        )
        .evidence("Who may", "Whoever has the role `maintain`.");
        let commands =
            [("deploy", "/deploy staging", &started), ("deploy", "/deploy `production` <!-- -->", &refused)];
        insta::assert_snapshot!(reply(CommentKey::Line(3), &commands), @r#"
        **Started** `/deploy staging`: deploy 7 brings it there.

        This reply tells how it ends.

        <!-- towpath:command {"base":null,"code":"started","command":"deploy","head":"1715609f7c746c69000000000000000000000004","schema_version":1} -->

        **Refused** ``/deploy `production` <!-- -->``: nothing was deployed. You have the role `write`.

        <details><summary>Who may</summary>

        Whoever has the role `maintain`.

        </details>

        <!-- towpath:command {"base":null,"code":"missing_right","command":"deploy","head":null,"schema_version":1} -->

        <!-- towpath:reply:line-3 -->
        "#);
    }

    #[test]
    fn however_long_a_reply_is_each_command_keeps_its_first_line() {
        let long = "x".repeat(60_000);
        let said = CommandReply::new(CommandStatus::Done, "done", "it is done.").next(long.clone());
        let said = said.evidence("More", &long);
        let written = format!("/lock {long}");
        for count in 1..=5 {
            let text = reply(CommentKey::Line(3), &vec![("lock", written.as_str(), &said); count]);
            assert!(text.len() <= BODY && text.contains(&reply_marker(CommentKey::Line(3))));
            assert!(text.starts_with(&format!("**Done** `/lock {}…`: it is done.\n\n", &long[..393])));
            assert_eq!(text.matches("**Done** ").count(), count);
            assert_eq!(text.matches("<!-- towpath:command ").count(), count);
        }
    }

    #[test]
    fn a_plain_text_calls_nobody_and_formats_nothing() {
        assert_eq!(
            plain_text("@rita *held* <b> a_b #12 [a](b)"),
            "@<!-- -->rita \\*held\\* &lt;b&gt; a\\_b #12 \\[a\\](b)"
        );
        assert_eq!(plain_text("write `/lock a*b` @rita"), "write `/lock a*b` @<!-- -->rita");
        // Of two in a row the second may begin something.
        assert_eq!(plain_text("`` @rita `@bob"), "\\``  @rita  `@<!-- -->bob");
        assert_eq!(plain_text("it`s @rita"), "it\\`s @<!-- -->rita");
    }
}
