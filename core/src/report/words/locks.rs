//! TP402: what somebody has locked.

use super::super::limits::shorten_end;
use super::super::prose::Prose;
use super::super::stamp;
use super::rights::{REASON, who_may};
use super::{Explanation, Scene, Step};
use crate::model::{Lock, RepositoryRole};

pub(super) fn locked(scene: &Scene<'_>, environment: &str, lock: &Lock) -> Explanation {
    let title = match lock.until {
        Some(until) => {
            Prose::new(&format!("Locked until {} by %", stamp::short(until.to_seconds())), &[&lock.by])
        }
        None => Prose::new("% is locked by %", &[environment, &lock.by]),
    };
    let since = stamp::utc(lock.since.to_seconds());
    let reason = shorten_end(&lock.reason, REASON);
    let locked = Prose::new(&format!("% locked % on {since}: %. "), &[&lock.by, environment, &reason]);
    let meaning = Prose::new(" nothing is merged into %. Rollbacks still go.", &[scene.base()]);
    let mut explanation = Explanation::new(title, vec![locked.then(end(lock)).then(meaning)]);
    let unlock = scene.comment_commands().unlock(environment);
    let wait = Prose::new(
        "Wait until the lock ends: Towpath then checks this again by itself. To end it, comment ",
        &[],
    );
    explanation.repair = Some(Step::words(wait.command(&unlock).then(Prose::new(".", &[]))));
    let holder = Prose::new("%, who holds the lock", &[&lock.by]);
    let others = who_may(scene.path, "unlock", Some(environment), RepositoryRole::SETS_ASIDE);
    let others = others.map(|who| {
        let with = Prose::new("; and ", &[]).then(who).then(Prose::new(", with ", &[]));
        with.command(&format!("{unlock} --force"))
    });
    let who = others.into_iter().fold(holder, Prose::then);
    explanation.who = Some(who.then(Prose::new(".", &[])));
    explanation
}

/// As long as the lock lasts, to begin a sentence.
fn end(lock: &Lock) -> Prose {
    let until = lock.until.map(|until| format!("until {}", stamp::utc(until.to_seconds())));
    // Not as code: GitHub makes a link of it.
    let while_open = lock.while_open.map(|number| format!("until #{number} is closed"));
    let ends: Vec<String> = until.into_iter().chain(while_open).collect();
    let ends = match ends.as_slice() {
        [] => "until somebody unlocks it".to_owned(),
        ends => format!("{}, unless somebody unlocks it before", ends.join(" or ")),
    };
    Prose::new(&format!("{ends},"), &[]).capitalized()
}
