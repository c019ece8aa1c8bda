//! What a release will do to the shop: facts from two trees, each with the file that it is from.
//!
//! Lives here: which facts there are, and their words. What is not known is said to be so.
//!
//! Does not live here: how long deploys took, which no file tells: whoever asks hands that over; what may not be merged, which
//! the rules say.
//!
//! Open first: this file.

use crate::commerce::rules::{
    Asked, Change, Changed, ModuleUpgrade, ProjectChanges, StaticContent, Target, Tree, Upgrade, changes,
    judge,
};
use crate::model::{
    BuiltOn, Code, DeployRecord, Expected, FilePlace, Forecast, ForecastFact, ForecastTopic as Topic,
    PhaseLengths, Rules, Sentence, length,
};

/// More packages than this are not named.
const PACKAGES_NAMED: usize = 5;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// What runs now.
    pub before: &'a Tree,
    /// What will run.
    pub after: &'a Tree,
    /// Where it goes.
    pub target: Target,
    /// Where exactly these files are already.
    pub built_on: Option<&'a BuiltOn>,
    /// What is on record of the deploys there.
    pub record: DeployRecord,
}

/// What a release will do.
pub fn forecast(release: &Release<'_>) -> Forecast {
    let changes = changes(release.before, release.after);
    let mut facts = Vec::new();
    build(release, &mut facts);
    let static_content_in_maintenance = static_content(&changes, &mut facts);
    let database_upgrade = database(&changes, &mut facts);
    facts.push(fact(Topic::Maintenance, maintenance(release.record), None));
    let is_pro = release.target == Target::Pro;
    for (topic, changed) in [
        (Topic::Services, &changes.services),
        (Topic::Routes, &changes.routes),
        (Topic::Crons, &changes.crons),
        (Topic::Disks, &changes.disks),
    ] {
        facts.extend(changed.iter().map(|changed| infrastructure(topic, changed, is_pro)));
        if changed.is_empty() {
            facts.push(fact(topic, Sentence::new("Nothing changes.", []), None));
        }
    }
    let not_undone = not_undone(release, &changes, &mut facts);
    let cited = |ForecastFact { topic, says, ticket, place }| {
        let (says, place) = release.after.cited(says, place);
        ForecastFact { topic, says, ticket, place }
    };
    let facts = facts.into_iter().map(cited).collect();
    Forecast {
        is_built: release.built_on.is_some(),
        static_content_in_maintenance,
        database_upgrade,
        record: release.record,
        not_undone,
        facts,
    }
}

/// How long the shop was in maintenance before, as far as deploys have told: their phases are on record, and maintenance lies
/// within one of them.
fn maintenance(record: DeployRecord) -> Sentence {
    let (PhaseLengths { deploys, median, longest }, whose) = match record {
        DeployRecord::NotAsked => {
            return Sentence::new("How long it lasts no file tells, and no record of deploys was asked.", []);
        }
        DeployRecord::Empty => {
            return Sentence::new(
                "How long it lasts is not known: no deploy of this environment that ended well has told Towpath how long its \
                 deploy phase took.",
                [],
            );
        }
        DeployRecord::Known(lengths) => (lengths, "Towpath's record"),
        DeployRecord::OnPlatform(lengths) => {
            (lengths, "the platform's record, since Towpath has none of this environment")
        }
    };
    let within = format!("The shop is in maintenance for a part of that. By {whose}.");
    if deploys == 1 {
        return Sentence::new(
            format!("The deploy phase of the last deploy that ended well took {}. {within}", length(median)),
            [],
        );
    }
    let (median, longest) = (length(median), length(longest));
    Sentence::new(
        format!(
            "The deploy phase of the last {deploys} deploys that ended well took {median} (median) and {longest} at the longest. \
             {within}"
        ),
        [],
    )
}

fn fact(topic: Topic, says: Sentence, place: Option<FilePlace>) -> ForecastFact {
    ForecastFact { topic, says, ticket: false, place }
}

fn build(release: &Release<'_>, facts: &mut Vec<ForecastFact>) {
    let says = match release.built_on {
        Some(BuiltOn::Deploy(name)) => Sentence::new(
            "The files are those that % runs, by the record of its deploys: its build is used again.",
            [name],
        ),
        Some(BuiltOn::Branch(name)) => Sentence::new(
            "The files are those that % runs, if its branch is deployed: then its build is used again.",
            [name],
        ),
        None => Sentence::new(
            "No environment runs these files now, so they are built anew unless the platform has kept an \
                               older build of them.",
            [],
        ),
    };
    facts.push(fact(Topic::Build, says, None));
}

fn static_content(changes: &ProjectChanges, facts: &mut Vec<ForecastFact>) -> Expected {
    let mut expected = Expected::No;
    for (made, place) in &changes.static_content {
        let says = match made {
            StaticContent::InBuild => "It is made in the build, while the shop is open.",
            StaticContent::InDeploy => "It is made in the deploy, while the shop is in maintenance.",
            StaticContent::OnDemand => {
                "It is made when customers ask for it: the first ones after the deploy wait."
            }
            StaticContent::Nowhere => "Both stages skip it: the shop goes on with what is there.",
            StaticContent::NotKnown => "A file that decides it could not be read, so this is not known.",
        };
        expected = match (expected, made) {
            (_, StaticContent::InDeploy) | (Expected::Yes, _) => Expected::Yes,
            (_, StaticContent::NotKnown) => Expected::NotKnown,
            (known, _) => known,
        };
        facts.push(fact(Topic::StaticContent, Sentence::new(says, []), Some(place.clone())));
    }
    if changes.static_content.is_empty() {
        facts.push(fact(Topic::StaticContent, Sentence::new("There is no shop in these files.", []), None));
    }
    expected
}

fn database(changes: &ProjectChanges, facts: &mut Vec<ForecastFact>) -> Expected {
    for upgrade in &changes.modules {
        facts.push(fact(Topic::Database, upgrades(upgrade), Some(upgrade.place.clone())));
    }
    for place in &changes.unread {
        let says = Sentence::new("This declaration could not be read, so what it changes is not known.", []);
        facts.push(fact(Topic::Database, says, Some(place.clone())));
    }
    if let Some(first) = changes.packages.first() {
        let shown: Vec<&str> =
            changes.packages.iter().take(PACKAGES_NAMED).map(|it| it.name.as_str()).collect();
        let (count, more) = (changes.packages.len(), changes.packages.len().saturating_sub(PACKAGES_NAMED));
        let (count, marks) = (count.to_string(), vec!["%"; shown.len()].join(", "));
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let are = if count == "1" { "package changes" } else { "packages change" };
        let template = format!(
            "% {are}: {marks}{more}. What they do to the database stands in the packages, which are not in the repository."
        );
        let names = std::iter::once(count).chain(shown.into_iter().map(str::to_owned)).collect();
        facts.push(fact(Topic::Database, Sentence::of(template, names), Some(first.place.clone())));
    }
    if !changes.modules.is_empty() {
        return Expected::Yes;
    }
    if !changes.unread.is_empty() || !changes.packages.is_empty() {
        return Expected::NotKnown;
    }
    let says = "No module of the repository changes what the database holds for it, and no package changes.";
    facts.push(fact(Topic::Database, Sentence::new(says, []), None));
    Expected::No
}

fn upgrades(upgrade: &ModuleUpgrade) -> Sentence {
    let says = match upgrade.why {
        Upgrade::New => "The module % is new: the deploy upgrades the database.",
        Upgrade::SwitchedOn => "The module % is switched on: the deploy upgrades the database.",
        Upgrade::Schema => "The module % declares its tables otherwise: the deploy upgrades the database.",
        Upgrade::Setup => "The module % has another script for the database: the deploy runs it.",
        Upgrade::Version => "The module % has another version: the deploy upgrades the database.",
    };
    Sentence::new(says, [&upgrade.module])
}

fn infrastructure(topic: Topic, changed: &Changed, is_pro: bool) -> ForecastFact {
    let name = changed.name.as_str();
    let (what, names) = match (&changed.from, &changed.to) {
        (Some(from), Some(to)) if from == to => ("% is configured otherwise", vec![name]),
        (Some(from), Some(to)) => ("% changes from % to %", vec![name, from, to]),
        (None, Some(to)) => ("% is new: %", vec![name, to]),
        (Some(from), None) => ("% goes: it was %", vec![name, from]),
        (None, None) => ("% changes", vec![name]),
    };
    let ticket = match topic {
        Topic::Services | Topic::Disks if is_pro => ". A ticket has to carry that out.",
        Topic::Routes | Topic::Crons if is_pro => ". On some projects a ticket has to carry that out.",
        _ => ". The deploy carries that out.",
    };
    let says = Sentence::of(format!("{what}{ticket}"), names.into_iter().map(str::to_owned).collect());
    ForecastFact { topic, says, ticket: is_pro, place: Some(changed.place.clone()) }
}

/// What the rules say of data that would be lost, and what else nothing brings back; how many facts that are.
fn not_undone(release: &Release<'_>, changes: &ProjectChanges, facts: &mut Vec<ForecastFact>) -> usize {
    let before = facts.len();
    let change = Change {
        head: release.after,
        base: Some(release.before),
        target: release.target,
        // Nothing of what is taken here counts by days.
        today: chrono::NaiveDate::default(),
        branch: None,
        other_branches: &[],
        asked: Asked::default(),
    };
    let lost = [Code::WebsiteDeleted, Code::ServiceRenamed, Code::ServiceDowngraded, Code::MountMoved];
    for finding in judge(&change, &Rules::default()) {
        // A note says that a file could not be read.
        if lost.contains(&finding.code) {
            let names = finding.title.names().to_vec();
            let says = Sentence::of(format!("{} ({}).", finding.title.template(), finding.code), names);
            facts.push(fact(Topic::NotUndone, says, finding.place));
        }
    }
    for gone in &changes.dropped {
        let says = match gone.name.split_once('.') {
            Some((table, column)) => Sentence::new(
                "The column % of the table % is dropped with its data, where the module's whitelist names it.",
                [column, table],
            ),
            None => Sentence::new(
                "The table % is dropped with its data, where the module's whitelist names it.",
                [&gone.name],
            ),
        };
        facts.push(fact(Topic::NotUndone, says, Some(gone.place.clone())));
    }
    for disk in &changes.disks {
        let size = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().parse::<i64>().ok());
        if let (Some(from), Some(to)) = (size(&disk.from), size(&disk.to))
            && to > from
        {
            let says = Sentence::new("The disk of % grows, and never shrinks again.", [&disk.name]);
            facts.push(fact(Topic::NotUndone, says, Some(disk.place.clone())));
        }
    }
    let found = facts.len() - before;
    if found == 0 {
        facts.push(fact(Topic::NotUndone, Sentence::new("Nothing that these files tell.", []), None));
    }
    found
}

#[cfg(test)]
mod tests;
