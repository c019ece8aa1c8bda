//! Filling in what was said about a pull request or an issue.

use super::view::{CommentView, Conversation, ReactionView};
use crate::model::{Comment, PullReview, ReviewVerdict, World};

/// The pictures GitHub shows for reactions, in its order, and what they are called.
const PICTURES: [(&str, &str, &str); 8] = [
    ("+1", "👍", "Thumbs up"),
    ("-1", "👎", "Thumbs down"),
    ("laugh", "😄", "Laugh"),
    ("hooray", "🎉", "Hooray"),
    ("confused", "😕", "Confused"),
    ("heart", "❤️", "Heart"),
    ("rocket", "🚀", "Rocket"),
    ("eyes", "👀", "Eyes"),
];

/// Comments, reviews, and comments on lines, in the order they came.
pub(super) fn conversation(world: &World, place: (u64, u64)) -> Conversation {
    let comments = world.comments_on(place.0, place.1).into_iter();
    let on_lines = world.line_comments_on(place.0, place.1).into_iter();
    // A review that only holds comments on lines has no text of its own.
    let speaks =
        |review: &&PullReview| review.verdict != ReviewVerdict::Commented || !review.body.trim().is_empty();
    let reviews = world.reviews_of(place.0, place.1).filter(speaks);
    let mut said: Vec<CommentView> = comments.chain(on_lines).map(|it| comment_view(world, it)).collect();
    said.extend(reviews.map(|it| review_view(world, it)));
    said.sort_by_key(|view| view.at);
    let locked = world.locks.get(&place).map(|reason| reason.clone().unwrap_or_default());
    Conversation { said, locked, hint: world.comment_hint.clone() }
}

fn comment_view(world: &World, comment: &Comment) -> CommentView {
    CommentView {
        id: comment.id,
        author: world.login(comment.author),
        by_app: comment.app.is_some(),
        note: comment.line.as_ref().map(|line| format!("on {}, line {}", line.path, line.number)),
        at: comment.created_at,
        edited: comment.updated_at > comment.created_at,
        body: comment.body.clone(),
        reactions: reactions(world, comment),
    }
}

fn review_view(world: &World, review: &PullReview) -> CommentView {
    let note = match review.verdict {
        ReviewVerdict::Approved => "approved this",
        ReviewVerdict::ChangesRequested => "requested changes",
        ReviewVerdict::Commented => "reviewed this",
        ReviewVerdict::Dismissed => "gave a review that was dismissed",
    };
    CommentView {
        id: review.id,
        author: world.login(review.author),
        by_app: false,
        note: Some(note.to_owned()),
        at: review.submitted_at,
        edited: false,
        body: review.body.clone(),
        reactions: Vec::new(),
    }
}

fn reactions(world: &World, comment: &Comment) -> Vec<ReactionView> {
    let by = |content: &str| {
        let given = comment.reactions.iter().filter(|given| given.content == content);
        given.map(|given| world.login(given.author)).collect::<Vec<_>>()
    };
    let all = PICTURES.iter().map(|(content, picture, name)| ReactionView { picture, name, by: by(content) });
    all.filter(|reaction| !reaction.by.is_empty()).collect()
}
