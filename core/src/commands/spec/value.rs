use std::fmt;
use std::time::Duration;

use chrono::DateTime;

use super::Takes;
use crate::model::config::{nearest, quoted};
use crate::model::{Code, CommitId, PullNumber, UnixSeconds};

/// The most characters of a reason.
const REASON_MAX: usize = 200;

/// The most characters of any other text.
const TEXT_MAX: usize = 200;

/// The fewest digits by which a commit may be called: as many as GitHub shows.
const COMMIT_DIGITS_MIN: usize = 7;

/// The digits of a whole commit id.
const COMMIT_DIGITS: usize = 40;

/// A value that is of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// What somebody calls an environment. Whether the path has it is not known yet.
    Environment(String),
    /// What somebody calls an environment, or a branch's own one: which of both depends on the path.
    Place(String),
    /// A finding's code.
    Code(Code),
    /// A commit.
    Commit(CommitPrefix),
    /// A commit or a pull request.
    Revision(Revision),
    /// What somebody calls an environment, a commit or a pull request: which one depends on the path.
    Subject(String),
    /// What somebody calls a command, in small letters.
    Command(String),
    /// Why, on one line. It is as somebody wrote it; whoever shows it escapes it.
    Reason(String),
    /// When something ends.
    Until(Until),
    /// Any text on one line. It is as somebody wrote it; whoever shows it escapes it.
    Text(String),
}

/// The first digits of a commit's id, 7 to 40.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommitPrefix(String);

impl CommitPrefix {
    fn read(text: &str) -> Option<Self> {
        let fits = (COMMIT_DIGITS_MIN..=COMMIT_DIGITS).contains(&text.len());
        (fits && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The digits, in small letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the id of `commit` begins with them.
    pub fn is_of(&self, commit: CommitId) -> bool {
        commit.to_string().starts_with(&self.0)
    }

    /// The commit, where all digits are there.
    pub fn whole(&self) -> Option<CommitId> {
        self.0.parse().ok()
    }
}

impl fmt::Display for CommitPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A state of the files that was merged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revision {
    /// This commit.
    Commit(CommitPrefix),
    /// The merge of this pull request.
    Pull(PullNumber),
}

impl Revision {
    /// What `text` means, where it is a commit or a pull request.
    pub(super) fn read(text: &str) -> Option<Self> {
        match text.strip_prefix('#') {
            Some(number) => pull_number(number).map(Self::Pull),
            None => CommitPrefix::read(text).map(Self::Commit),
        }
    }
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// So long after the command was given.
    After(Duration),
    /// At this moment.
    At(UnixSeconds),
    /// When the clocks of the project show this day and time.
    Local(LocalMoment),
}

/// A day and a time as clocks show them, such as `2026-12-24 18:00`; a day alone is its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalMoment([u8; 16]);

impl LocalMoment {
    fn read(text: &str) -> Option<Self> {
        let text = if text.len() == 10 { format!("{text} 00:00") } else { text.to_owned() };
        // Whether there are such a day and time is the same in every zone.
        let exists = crate::model::calendar::Zone::default().moment(&text).is_some();
        let bytes: [u8; 16] = text.into_bytes().try_into().ok()?;
        exists.then_some(Self(bytes))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Until {
    /// What `text` means, where it is a time from now on or a moment with its zone.
    pub fn read(text: &str) -> Option<Self> {
        if let Some(after) = duration(text) {
            return Some(Self::After(after));
        }
        if let Some(local) = LocalMoment::read(text) {
            return Some(Self::Local(local));
        }
        // Seconds may be left out, as people do.
        let with_seconds = text.get(16..).map(|zone| format!("{}:00{zone}", &text[..16]));
        let mut spellings = [Some(text.to_owned()), with_seconds].into_iter().flatten();
        let date = spellings.find_map(|text| DateTime::parse_from_rfc3339(&text).ok())?;
        Some(Self::At(date.to_utc().into()))
    }
}

/// Why a text is not the value that it should be: what is wrong, and what to do.
pub(super) type Wrong = (String, String);

impl Value {
    /// Reads a value. `name` is what a message calls it.
    pub(super) fn read(takes: Takes, name: &str, text: &str) -> Result<Self, Wrong> {
        let wrong = |hint: &str| (format!("{name} cannot be {}", quoted(text)), hint.to_owned());
        let found = match takes {
            Takes::Environment => return named(name, text).map(Self::Environment),
            Takes::Place => return named(name, text).map(Self::Place),
            Takes::Subject => return named(name, text).map(Self::Subject),
            Takes::Command => return named(name, text).map(|text| Self::Command(text.to_lowercase())),
            Takes::Text => return line(name, text, TEXT_MAX).map(Self::Text),
            Takes::Words => return reason(name, text).map(Self::Text),
            Takes::Reason => return reason(name, text).map(Self::Reason),
            Takes::Code => return code(name, text).map(Self::Code),
            Takes::Commit => CommitPrefix::read(text).map(Self::Commit),
            Takes::Revision => Revision::read(text).map(Self::Revision),
            Takes::Time => Until::read(text).map(Self::Until),
        };
        found.ok_or_else(|| {
            wrong(match takes {
                Takes::Time => {
                    "write a time from now on, such as `30m`, `2h` or `3d`, or a moment, such as `2026-12-20 18:00` by the \
                     project's clocks or `2026-12-20T18:00Z`"
                }
                Takes::Revision => "write 7 to 40 digits of a commit, or a pull request as `#12`",
                _ => "write 7 to 40 digits of a commit",
            })
        })
    }
}

fn named(name: &str, text: &str) -> Result<String, Wrong> {
    if text.is_empty() {
        return Err((
            format!("{name} is empty"),
            "write a name, or leave the quotation marks out".to_owned(),
        ));
    }
    Ok(text.to_owned())
}

/// A text without line breaks and other characters that control.
fn line(name: &str, text: &str, most: usize) -> Result<String, Wrong> {
    let text = text.trim();
    let length = text.chars().count();
    if length > most {
        let message = format!("{name} has {length} characters, and at most {most} are taken");
        return Err((message, "shorten it; the details can be in the comment".to_owned()));
    }
    if text.contains(char::is_control) {
        return Err((format!("{name} holds a control character"), "write plain text on one line".to_owned()));
    }
    Ok(text.to_owned())
}

fn reason(name: &str, text: &str) -> Result<String, Wrong> {
    let text = line(name, text, REASON_MAX)?;
    if !text.contains(char::is_alphanumeric) {
        return Err((format!("{name} says nothing"), "say in a few words why".to_owned()));
    }
    Ok(text)
}

fn code(name: &str, text: &str) -> Result<Code, Wrong> {
    let known = Code::ALL.into_iter().find(|code| code.as_str().eq_ignore_ascii_case(text));
    known.ok_or_else(|| {
        let near = nearest(text, Code::ALL.into_iter().map(Code::as_str));
        let hint = near.map_or("write a finding's code, such as `TP201`".to_owned(), |near| {
            format!("did you mean `{near}`?")
        });
        (format!("{name} cannot be {}", quoted(text)), hint)
    })
}

fn pull_number(digits: &str) -> Option<PullNumber> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain).map(PullNumber)
}

/// As the configuration has it: a number of up to four digits and a unit.
fn duration(text: &str) -> Option<Duration> {
    let minutes = match text.bytes().last()? {
        b'm' => 1,
        b'h' => 60,
        b'd' => 24 * 60,
        _ => return None,
    };
    let number = &text[..text.len() - 1];
    let fits = number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|number| fits && *number > 0)?;
    Some(Duration::from_secs(number * minutes * 60))
}
