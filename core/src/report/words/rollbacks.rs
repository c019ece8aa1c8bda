//! TP111: a pull request that takes an environment back.

use super::super::limits::shorten_end;
use super::super::prose::Prose;
use super::rights::REASON;
use super::{Explanation, Scene, Step};
use crate::model::{PreparedRollback, RollbackStanding};

pub(super) fn prepared(scene: &Scene<'_>, rollback: &PreparedRollback) -> Explanation {
    let PreparedRollback { environment, to, by, reason, standing } = rollback;
    let (base, to) = (scene.base(), to.short());
    let reason = shorten_end(reason, REASON);
    let asked = Prose::new("% asked for % to be rolled back to %: %.", &[by, environment, &to, &reason]);
    let again = scene.comment_commands().rollback(environment, None);
    match standing {
        RollbackStanding::Ready => {
            let title = Prose::new("Rolls % back to %", &[environment, &to]);
            let meaning = Prose::new(
                "Merging this gives % exactly the files of %, which ran well there, and these are then deployed. It is no \
                 promotion, and neither the hold nor a lock or a freeze keeps it out.",
                &[base, &to],
            );
            Explanation::new(title, vec![asked, meaning])
        }
        RollbackStanding::BranchMoved => {
            let title = Prose::new("Out of date: % has moved on", &[base]);
            let meaning = Prose::new(
                "% has moved on since this was prepared, so merging it would give other files than those of %.",
                &[base, &to],
            );
            let mut explanation = Explanation::new(title, vec![meaning, asked]);
            let lead = Prose::new("Comment ", &[]).command(&again);
            let then = Prose::new(
                ": Towpath then prepares another one on top of % as it is now, and closes this one.",
                &[base],
            );
            explanation.repair = Some(Step::words(lead.then(then)));
            explanation.who = Some(Prose::new("Whoever may roll % back.", &[environment]));
            explanation
        }
        RollbackStanding::HoldLifted => {
            let title = Prose::new("No longer wanted: % goes on", &[environment]);
            let meaning = Prose::new(
                "Somebody has lifted the hold on % since this was prepared. Merging it would take away what people mean to \
                 run there.",
                &[environment],
            );
            let mut explanation = Explanation::new(title, vec![meaning, asked]);
            explanation.repair = Some(scene.close(Prose::new("Close this pull request:", &[])));
            let or = Prose::new("To roll % back after all, comment ", &[environment]).command(&again);
            explanation.alternatives.push(Step::words(or.then(Prose::new(".", &[]))));
            explanation.who = Some(Scene::whoever_edits_the_pull());
            explanation
        }
    }
}
