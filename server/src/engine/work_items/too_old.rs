//! An act that comes too late: it stood behind something that could not go on, and nobody expects it any more.

use crate::model::UnixMillis;
use crate::report;
use crate::store::{ActOutcome, CommandOrigin};
use std::time::Duration;

/// How old a comment may be whose commands act: who has waited for longer may have helped themselves.
const ACTS_WITHIN: Duration = Duration::from_secs(60 * 60);

/// Why what a comment of this age asks for is not done any more.
pub(super) fn why_too_old(age: Duration) -> Option<String> {
    (age > ACTS_WITHIN)
        .then(|| format!("the comment is {} old; write the command again", report::length(age)))
}

/// The same of an act that waits to be taken up. The operator waits for an answer, so theirs has no age.
pub(super) fn too_old(origin: Option<&CommandOrigin>, now: UnixMillis) -> Option<ActOutcome> {
    why_too_old(now.since(origin?.seen_at)).map(ActOutcome::refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommentKey, PullNumber};

    #[test]
    fn what_a_comment_asks_for_is_taken_up_within_an_hour() {
        let origin = CommandOrigin {
            number: PullNumber(1),
            comment: CommentKey::Conversation(1),
            position: 0,
            role: "write".to_owned(),
            seen_at: UnixMillis(0),
            delivery: None,
        };
        let after = |minutes: i64| too_old(Some(&origin), UnixMillis(minutes * 60_000)).map(|it| it.words);
        assert_eq!(after(60), None);
        assert!(after(150).is_some_and(|words| words.ends_with(" old; write the command again")));
        assert_eq!(too_old(None, UnixMillis(i64::MAX)), None);
    }
}
