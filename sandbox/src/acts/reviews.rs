//! Reviewing pull requests: verdicts, and comments on lines of the difference.

use serde_json::{Value, json};

use super::Actor;
use super::comments::{checked, event, not_locked_out};
use crate::Refused;
use crate::hub::Hub;
use crate::model::{Comment, DiffLine, Kind, PullReview, ReviewVerdict, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// A review to be submitted.
#[derive(Debug, Clone)]
pub(crate) struct NewReview {
    pub(crate) verdict: ReviewVerdict,
    pub(crate) body: String,
    /// The commit that was looked at; the head otherwise.
    pub(crate) commit: Option<String>,
}

fn tell(world: &mut World, id: u64, action: &'static str, sender: u64) {
    let Some(review) = world.reviews.get(&id) else {
        return;
    };
    let (Some(home), Some(pull)) =
        (world.repository(review.repository), world.pulls.get(&(review.repository, review.number)))
    else {
        return;
    };
    let fields = json!({
        "review": shape::webhook_review(world, home, review),
        "pull_request": shape::pull_simple(world, home, pull),
    });
    let scope = Scope::Repository(review.repository);
    world.emit(&Event { name: "pull_request_review", action: Some(action), scope, sender, fields });
}

fn unprocessable(sentence: &str) -> Refused {
    let mut refused = Refused::new(422, "Unprocessable Entity");
    refused.errors.push(Value::String(sentence.to_owned()));
    refused
}

fn add(world: &mut World, place: (u64, u64), new: NewReview, actor: Actor) -> Result<u64, Refused> {
    let pull = world.pulls.get(&place).ok_or_else(Refused::not_found)?;
    let commit = new.commit.unwrap_or_else(|| pull.head.sha.clone());
    if new.verdict != ReviewVerdict::Commented && pull.author == actor.account {
        let act = if new.verdict == ReviewVerdict::Approved { "approve" } else { "request changes on" };
        return Err(unprocessable(&format!("Can not {act} your own pull request")));
    }
    not_locked_out(world, place, actor, "create")?;
    let id = world.next(Kind::PullReview);
    let review = PullReview {
        id,
        repository: place.0,
        number: place.1,
        author: actor.account,
        verdict: new.verdict,
        body: new.body,
        commit,
        submitted_at: world.now,
    };
    world.reviews.insert(id, review);
    Ok(id)
}

/// Reviews a pull request; answers the review's id.
pub(crate) fn submit(hub: &Hub, place: (u64, u64), new: NewReview, actor: Actor) -> Result<u64, Refused> {
    if new.body.trim().is_empty() && new.verdict != ReviewVerdict::Approved {
        return Err(unprocessable("Could not comment pull request review without a body."));
    }
    hub.with(|world| {
        let id = add(world, place, new, actor)?;
        tell(world, id, "submitted", actor.account);
        Ok(id)
    })
}

/// Dismisses a review: it no longer counts.
pub(crate) fn dismiss(hub: &Hub, place: (u64, u64), id: u64, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        let found = world.reviews.get_mut(&id).filter(|found| (found.repository, found.number) == place);
        let review = found.ok_or_else(Refused::not_found)?;
        if !matches!(review.verdict, ReviewVerdict::Approved | ReviewVerdict::ChangesRequested) {
            let word = review.verdict.as_str();
            return Err(unprocessable(&format!("Can not dismiss a {word} pull request review")));
        }
        review.verdict = ReviewVerdict::Dismissed;
        tell(world, id, "dismissed", sender);
        Ok(())
    })
}

/// After a push: dismisses the approvals, if the rules of the base say so.
pub(super) fn dismiss_stale(world: &mut World, place: (u64, u64), sender: u64) {
    let protection = world.pulls.get(&place).and_then(|pull| world.protection_of(pull));
    if !protection.is_some_and(|protection| protection.dismisses_stale) {
        return;
    }
    let approvals = world.reviews_of(place.0, place.1).filter(|it| it.verdict == ReviewVerdict::Approved);
    let stale: Vec<u64> = approvals.map(|review| review.id).collect();
    for id in stale {
        if let Some(review) = world.reviews.get_mut(&id) {
            review.verdict = ReviewVerdict::Dismissed;
        }
        tell(world, id, "dismissed", sender);
    }
}

/// A comment to be written on a line, as the pull request has it.
#[derive(Debug, Clone)]
pub(crate) struct NewLineComment {
    pub(crate) path: String,
    pub(crate) line: u64,
    pub(crate) body: String,
}

/// Writes a comment on a line; answers its id. GitHub makes a review for it.
pub(crate) async fn comment(
    hub: &Hub,
    place: (u64, u64),
    new: NewLineComment,
    actor: Actor,
) -> Result<u64, Refused> {
    checked(&new.body)?;
    let (base, head) = hub.with(|world| {
        let pull = world.pulls.get(&place).ok_or_else(Refused::not_found)?;
        Ok::<_, Refused>((pull.base_sha.clone(), pull.head.sha.clone()))
    })?;
    let range = format!("{base}...{head}");
    let args = ["--literal-pathspecs", "diff", "--no-color", &range, "--", &new.path];
    let diff = hub.git.run(place.0, &args).await?;
    let invalid = |field: &str, code, message| {
        let field = format!("pull_request_review_thread.{field}");
        Refused::invalid("PullRequestReviewComment", &field, code, message)
    };
    if diff.is_empty() {
        return Err(invalid("path", "invalid", ""));
    }
    let (hunk, position) = hunk_of(&diff, new.line).ok_or_else(|| {
        invalid("line", "custom", "pull_request_review_thread.line must be part of the diff")
    })?;
    let line = DiffLine {
        review: 0,
        path: new.path,
        number: new.line,
        position,
        hunk,
        commit: head,
        in_reply_to: None,
    };
    write(hub, place, line, new.body, actor)
}

/// Answers a comment on a line; answers the new one's id.
pub(crate) fn reply(
    hub: &Hub,
    place: (u64, u64),
    to: u64,
    body: String,
    actor: Actor,
) -> Result<u64, Refused> {
    checked(&body)?;
    let line = hub.with(|world| {
        let first = world.comments.get(&to).filter(|found| (found.repository, found.number) == place)?;
        // Nobody replies to a reply.
        first.line.clone().filter(|line| line.in_reply_to.is_none())
    });
    let line = DiffLine { in_reply_to: Some(to), ..line.ok_or_else(Refused::not_found)? };
    write(hub, place, line, body, actor)
}

fn write(hub: &Hub, place: (u64, u64), line: DiffLine, body: String, actor: Actor) -> Result<u64, Refused> {
    hub.with(|world| {
        let commit = Some(line.commit.clone());
        let review = NewReview { verdict: ReviewVerdict::Commented, body: String::new(), commit };
        let review = add(world, place, review, actor)?;
        let id = world.next(Kind::LineComment);
        let comment = Comment {
            id,
            repository: place.0,
            number: place.1,
            author: actor.account,
            body,
            created_at: world.now,
            updated_at: world.now,
            app: actor.app,
            reactions: Vec::new(),
            line: Some(DiffLine { review, ..line }),
        };
        world.comments.insert(id, comment.clone());
        event(world, &comment, "created", actor.account, json!({}));
        tell(world, review, "submitted", actor.account);
        Ok(id)
    })
}

/// The hunk of a file's difference that a line is in, up to that line, and how far below the file's first hunk it is.
fn hunk_of(diff: &str, line: u64) -> Option<(String, u64)> {
    let (mut hunk, mut position, mut at) = (String::new(), 0, 0);
    for text in diff.lines() {
        if let Some(header) = text.strip_prefix("@@ ") {
            // A later header counts as a line, the first one does not.
            position += u64::from(!hunk.is_empty());
            let new = header.split('+').nth(1)?;
            at = new.split([',', ' ']).next()?.parse().ok()?;
            text.clone_into(&mut hunk);
            continue;
        }
        if hunk.is_empty() {
            continue;
        }
        position += 1;
        hunk = format!("{hunk}\n{text}");
        if text.starts_with(['+', ' ']) {
            if at == line {
                return Some((hunk, position));
            }
            at += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::hunk_of;

    #[test]
    fn a_line_is_found_in_its_hunk() {
        let diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ fn\n a\n-b\n+c\n@@ -9 +9,2 @@\n d\n+e";
        assert_eq!(hunk_of(diff, 2), Some(("@@ -1,2 +1,2 @@ fn\n a\n-b\n+c".to_owned(), 3)));
        assert_eq!(hunk_of(diff, 10), Some(("@@ -9 +9,2 @@\n d\n+e".to_owned(), 6)));
        assert_eq!((hunk_of(diff, 3), hunk_of("", 1)), (None, None));
    }
}
