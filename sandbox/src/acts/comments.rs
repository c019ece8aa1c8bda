//! Comments on pull requests and issues, and reactions to them.

use serde_json::{Value, json};

use super::Actor;
use crate::Refused;
use crate::hub::Hub;
use crate::model::{Comment, Kind, Permission, Reaction, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// The longest body GitHub takes, in characters.
const LONGEST: usize = 65_536;

/// Tells of a comment, and of what it is on.
pub(super) fn event(world: &mut World, comment: &Comment, action: &'static str, sender: u64, extra: Value) {
    let (repository, number) = (comment.repository, comment.number);
    let Some(home) = world.repository(repository).filter(|_| world.is_discussed(repository, number)) else {
        return;
    };
    let mut fields = json!({ "comment": shape::comment(world, home, comment) });
    let pull = world.pulls.get(&(repository, number)).filter(|_| comment.line.is_some());
    let name = if let Some(pull) = pull {
        fields["pull_request"] = shape::pull_simple(world, home, pull);
        "pull_request_review_comment"
    } else {
        fields["issue"] = json!(shape::issue(world, home, number));
        "issue_comment"
    };
    shape::merge(&mut fields, extra);
    let scope = Scope::Repository(repository);
    world.emit(&Event { name, action: Some(action), scope, sender, fields });
}

pub(super) fn checked(body: &str) -> Result<(), Refused> {
    if body.trim().is_empty() {
        return Err(Refused::invalid("IssueComment", "body", "custom", "body cannot be blank"));
    }
    if body.chars().count() > LONGEST {
        let sentence = "Body is too long (maximum is 65536 characters)";
        return Err(Refused::invalid("IssueComment", "body", "custom", sentence));
    }
    Ok(())
}

/// Refuses everybody who may not write to the repository if the conversation is locked. Apps are refused too, whatever
/// their permissions: they are not collaborators.
pub(super) fn not_locked_out(
    world: &World,
    place: (u64, u64),
    actor: Actor,
    act: &str,
) -> Result<(), Refused> {
    let writes = |home| world.permission_of(home, actor.account) >= Permission::Write;
    if !world.locks.contains_key(&place) || world.repository(place.0).is_some_and(writes) {
        return Ok(());
    }
    Err(Refused::new(403, format!("Unable to {act} comment because issue is locked.")))
}

/// Writes a comment; answers its id.
pub(crate) fn create(
    hub: &Hub,
    repository: u64,
    number: u64,
    body: &str,
    actor: Actor,
) -> Result<u64, Refused> {
    checked(body)?;
    hub.with(|world| {
        if !world.is_discussed(repository, number) {
            return Err(Refused::not_found());
        }
        not_locked_out(world, (repository, number), actor, "create")?;
        let id = world.next(Kind::Comment);
        let comment = Comment {
            id,
            repository,
            number,
            author: actor.account,
            body: body.to_owned(),
            created_at: world.now,
            updated_at: world.now,
            app: actor.app,
            reactions: Vec::new(),
            line: None,
        };
        world.comments.insert(id, comment.clone());
        event(world, &comment, "created", actor.account, json!({}));
        Ok(id)
    })
}

/// Changes a comment's body.
pub(crate) fn edit(hub: &Hub, id: u64, body: &str, actor: Actor) -> Result<(), Refused> {
    checked(body)?;
    hub.with(|world| {
        let now = world.now;
        let comment = world.comments.get(&id).ok_or_else(Refused::not_found)?;
        not_locked_out(world, (comment.repository, comment.number), actor, "update")?;
        let comment = world.comments.get_mut(&id).ok_or_else(Refused::not_found)?;
        let from = std::mem::replace(&mut comment.body, body.to_owned());
        comment.updated_at = now;
        let comment = comment.clone();
        let changes = json!({ "changes": { "body": { "from": from } } });
        event(world, &comment, "edited", actor.account, changes);
        Ok(())
    })
}

/// Removes a comment.
pub(crate) fn delete(hub: &Hub, id: u64, actor: Actor) -> Result<(), Refused> {
    hub.with(|world| {
        let comment = world.comments.remove(&id).ok_or_else(Refused::not_found)?;
        event(world, &comment, "deleted", actor.account, json!({}));
        Ok(())
    })
}

/// Every reaction there is.
const REACTIONS: [&str; 8] = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

/// Refuses reactions in a locked conversation. GitHub accepts none there, not even from people who may still comment. The
/// sentence is our own: GitHub's is not known.
fn unlocked(world: &World, comment: &Comment) -> Result<(), Refused> {
    if world.locks.contains_key(&(comment.repository, comment.number)) {
        return Err(Refused::new(403, "Unable to create reaction because issue is locked."));
    }
    Ok(())
}

/// Reacts to a comment; answers the reaction's id, and whether it is a new one. GitHub tells no app
/// of reactions.
pub(crate) fn react(hub: &Hub, id: u64, content: &str, actor: Actor) -> Result<(u64, bool), Refused> {
    if !REACTIONS.contains(&content) {
        return Err(Refused::invalid("Reaction", "content", "invalid", ""));
    }
    hub.with(|world| {
        let comment = world.comments.get(&id).ok_or_else(Refused::not_found)?;
        unlocked(world, comment)?;
        let known =
            comment.reactions.iter().find(|known| known.author == actor.account && known.content == content);
        if let Some(known) = known {
            return Ok((known.id, false));
        }
        let reaction = Reaction {
            id: world.next(Kind::Reaction),
            author: actor.account,
            content: content.to_owned(),
            created_at: world.now,
        };
        let number = reaction.id;
        if let Some(comment) = world.comments.get_mut(&id) {
            comment.reactions.push(reaction);
        }
        Ok((number, true))
    })
}

/// Takes one's own reaction back.
pub(crate) fn unreact(hub: &Hub, id: u64, reaction: u64, actor: Actor) -> Result<(), Refused> {
    hub.with(|world| {
        let comment = world.comments.get_mut(&id).ok_or_else(Refused::not_found)?;
        let before = comment.reactions.len();
        comment.reactions.retain(|given| given.id != reaction || given.author != actor.account);
        if comment.reactions.len() == before {
            return Err(Refused::not_found());
        }
        Ok(())
    })
}
