//! TP701–TP733: what merging would make of a Commerce project's files.

use super::super::prose::Prose;
use super::{Explanation, Scene, Step};
use crate::model::{FilePlace, FoundInFiles};

pub(super) fn found(scene: &Scene<'_>, found: &FoundInFiles) -> Explanation {
    let detail = found.place.iter().map(whereabouts).chain([Prose::of(&found.detail)]).collect();
    let mut explanation = Explanation::new(Prose::of(&found.title), detail);
    let mut repair = Step::words(Prose::of(&found.remedy));
    let mut who = scene.whoever_pushes_the_head();
    if let Some(entry) = scene.entry() {
        let way = "Bring the repair by the whole path: through a pull request into %.";
        repair.after.push(Prose::new(way, &[entry.branch.as_str()]));
        who = Prose::new("Anyone who can merge into %.", &[entry.branch.as_str()]);
    }
    explanation.repair = Some(repair);
    explanation.who = (!found.is_note).then_some(who);
    explanation
}

fn whereabouts(place: &FilePlace) -> Prose {
    Prose::new(&format!("% on line {}, as the merge would give it.", place.line), &[&place.path])
}
