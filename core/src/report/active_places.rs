//! The places beside an environment in words: who has one, who waits, and what is to be done.

use super::advice::CommentCommands;
use super::deploy_status::{deploy_line, length};
use super::prose::Prose;
use super::stamp;
use crate::model::calendar::Zone;
use crate::model::{
    ActivePlace, ActivePlaces, Deploy, Environment, PlaceRequest, PlaceTaken, PullNumber, ToBeFreed,
    UnixMillis, WhyToBeFreed, active_environment,
};
use serde_json::{Value, json};

/// By what the comment about a pull request's place is found again.
pub const ACTIVE: &str = "<!-- towpath:active -->";

/// So many of those who wait are named.
const NAMED: usize = 10;

fn at(zone: &Zone, moment: UnixMillis) -> String {
    stamp::utc_in(zone, moment.to_seconds())
}

fn until(zone: &Zone, until: Option<UnixMillis>) -> String {
    until.map(|until| format!(", until {}", at(zone, until))).unwrap_or_default()
}

/// Until when a place is asked for, to go on a sentence about who waits for it.
pub fn end_of_request(zone: &Zone, request: &PlaceRequest) -> String {
    match (request.until, request.lasts) {
        (Some(end), _) => format!("{}, whether it has had one or not", until(zone, Some(end))),
        (None, Some(lasts)) => format!(", for {} from when it has it", length(lasts)),
        (None, None) => String::new(),
    }
}

/// Who has a place, since when, and until when, as a sentence.
pub(super) fn taken_line(zone: &Zone, place: &PlaceTaken) -> Prose {
    let (since, end) = (at(zone, place.since), until(zone, place.until));
    let what = if place.to_be_freed {
        "had a place, which is to be freed once somebody has said that the data may go"
    } else {
        "has a place"
    };
    let words = format!("% of #{} {what}: asked for by %, since {since}{end}.", place.number);
    Prose::new(&words, &[place.branch.as_str(), &place.by])
}

/// The same as plain text, for who asks for a place that is taken.
pub fn places_taken(zone: &Zone, places: &ActivePlaces) -> String {
    let lines: Vec<String> = places.taken.iter().map(|it| taken_line(zone, &it.told()).plain()).collect();
    lines.join(" ")
}

/// The places beside an environment, and who waits, a sentence each; nothing where there is neither.
pub(super) fn places(zone: &Zone, environment: &str, places: &ActivePlaces) -> Vec<Prose> {
    let taken = places.taken.iter().map(|place| {
        let name = active_environment(environment, &place.branch);
        Prose::new("Beside it is %: ", &[&name]).then(taken_line(zone, &place.told()))
    });
    let waiting = places.queue.iter().take(NAMED).zip(1..).map(|(it, turn)| {
        let (since, end) = (at(zone, it.since), end_of_request(zone, it));
        let words =
            format!("Number {turn} of the queue is % of #{}: asked for by %, since {since}{end}.", it.number);
        Prose::new(&words, &[it.branch.as_str(), &it.by])
    });
    let more = places.queue.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| Prose::new(&format!("{more} more wait."), &[]));
    taken.chain(waiting).chain(more).collect()
}

/// The same for programs.
pub(super) fn places_as_json(environment: &str, places: &ActivePlaces) -> Value {
    json!({
        "places": places.taken.iter().map(|it| json!({
            "environment": active_environment(environment, &it.branch),
            "branch": it.branch,
            "pull_request": it.number,
            "by": it.by,
            "since": it.since.to_seconds(),
            "until": it.until.map(UnixMillis::to_seconds),
            "to_be_freed": it.to_be_freed.as_ref().map(|it| json!({
                "since": it.since.to_seconds(),
                "why": why_in_a_word(&it.why),
            })),
        })).collect::<Vec<_>>(),
        "queue": places.queue.iter().map(|it| json!({
            "branch": it.branch,
            "pull_request": it.number,
            "by": it.by,
            "since": it.since.to_seconds(),
            "until": it.until.map(UnixMillis::to_seconds),
            "lasts": it.lasts.map(|lasts| lasts.as_secs()),
        })).collect::<Vec<_>>(),
    })
}

/// The places beside an environment and who waits, for a terminal: how many are taken, then a line each.
pub fn active_on_terminal(zone: &Zone, environment: &Environment, all: &ActivePlaces) -> String {
    let (name, taken, of) = (&environment.name, all.taken.len(), environment.active.places);
    let first = Prose::new(&format!("%: {taken} of {of} places taken."), &[name]).plain();
    let lines = places(zone, name, all).into_iter().map(|line| format!("  {}", line.plain()));
    std::iter::once(first).chain(lines).collect::<Vec<_>>().join("\n") + "\n"
}

/// The same for programs.
pub fn active_as_json(environment: &Environment, all: &ActivePlaces) -> Value {
    let mut object = places_as_json(&environment.name, all);
    object["environment"] = json!(environment.name);
    object["limit"] = json!(environment.active.places);
    object
}

fn why_in_a_word(why: &WhyToBeFreed) -> &'static str {
    match why {
        WhyToBeFreed::GivenUp { .. } => "given-up",
        WhyToBeFreed::Merged => "merged",
        WhyToBeFreed::Closed => "closed",
        WhyToBeFreed::Retargeted => "retargeted",
        WhyToBeFreed::Renamed => "renamed",
        WhyToBeFreed::Idle => "idle",
        WhyToBeFreed::Ended => "ended",
    }
}

/// Why a place is to be freed, to go on behind a colon.
fn why(to_be_freed: &ToBeFreed) -> Prose {
    let words = match &to_be_freed.why {
        WhyToBeFreed::GivenUp { by } => return Prose::new("% has given it up", &[by]),
        WhyToBeFreed::Merged => "this pull request was merged",
        WhyToBeFreed::Closed => "this pull request was closed",
        WhyToBeFreed::Retargeted => "this pull request goes into another branch now",
        WhyToBeFreed::Renamed => "the branch has another name now",
        WhyToBeFreed::Idle => "nobody has pushed to the branch for long",
        WhyToBeFreed::Ended => "its time is over",
    };
    Prose::new(words, &[])
}

/// What is said about its place on a pull request.
#[derive(Debug, Clone, Copy)]
pub struct PlaceOf<'a> {
    /// The environment beside which it is.
    pub environment: &'a str,
    /// All places there, and who waits.
    pub places: &'a ActivePlaces,
    /// The pull request.
    pub number: PullNumber,
    /// The newest deploy of its branch.
    pub deploy: Option<&'a Deploy>,
    /// Whether it waited until its time was over.
    pub wait_ended: bool,
    /// By which clocks people live here.
    pub zone: &'a Zone,
}

/// The comment about its place on a pull request.
pub fn active_comment(commands: CommentCommands<'_>, about: PlaceOf<'_>) -> String {
    let lines = match about.places.of(about.number) {
        Some(place) => match &place.to_be_freed {
            None => held(commands, about, place),
            Some(to_be_freed) => ends(commands, about, (place, to_be_freed)),
        },
        None => left(commands, about),
    };
    let lines: Vec<String> = lines.iter().map(Prose::markdown).collect();
    format!("{ACTIVE}\n{}", lines.join("\n\n"))
}

fn held(commands: CommentCommands<'_>, about: PlaceOf<'_>, place: &ActivePlace) -> Vec<Prose> {
    let name = active_environment(about.environment, &place.branch);
    let (since, end) = (at(about.zone, place.since), until(about.zone, place.until));
    let after = if place.has_waited { "Its turn has come: this" } else { "This" };
    let words = format!(
        "{after} pull request has a place beside %, since {since}{end}. Each push to % is deployed to %."
    );
    let mut lines = vec![Prose::new(&words, &[about.environment, place.branch.as_str(), &name])];
    let deploy = about.deploy.filter(|it| it.number > place.after);
    lines.extend(deploy.map(|it| Prose::new("The newest deploy there: %.", &[&deploy_line(it)])));
    let give_up = Prose::new("To give the place up, comment ", &[]);
    lines.push(give_up.command(&commands.deactivate()).then(Prose::new(".", &[])));
    lines
}

fn ends(
    commands: CommentCommands<'_>,
    about: PlaceOf<'_>,
    (place, to_be_freed): (&ActivePlace, &ToBeFreed),
) -> Vec<Prose> {
    let name = active_environment(about.environment, &place.branch);
    let since = at(about.zone, to_be_freed.since);
    let to_be = Prose::new(&format!("The place of % is to be freed since {since}: "), &[&name]);
    let waiting = match about.places.queue.len() {
        0 => "Nobody waits for it.".to_owned(),
        1 => "1 pull request waits for it.".to_owned(),
        many => format!("{many} pull requests wait for it."),
    };
    let words = "Nothing is deployed there any more. What is stored there is lost when the place is given on: once nobody needs \
                 it, % or somebody with the role % comments ";
    let let_go = Prose::new(words, &[&place.by, "maintain"]).command(&commands.deactivate_and_destroy());
    vec![
        to_be.then(why(to_be_freed)).then(Prose::new(&format!(". {waiting}"), &[])),
        let_go.then(Prose::new(".", &[])),
    ]
}

fn left(commands: CommentCommands<'_>, about: PlaceOf<'_>) -> Vec<Prose> {
    if let Some(turn) = about.places.turn_of(about.number) {
        let words = format!("This pull request is number {turn} of the queue for a place beside %.");
        return vec![Prose::new(&words, &[about.environment])];
    }
    let words = if about.wait_ended {
        "This pull request waits for no place beside % any more: the time until which it needed one is over. To ask for one \
         again, comment "
    } else {
        "This pull request has no place beside % any more. To ask for one, comment "
    };
    let none = Prose::new(words, &[about.environment]);
    vec![none.command(&commands.activate()).then(Prose::new(".", &[]))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ActiveRules, BranchName, DeployState, Left, PlaceRequest, Trigger};
    use crate::report::samples::id;
    use std::time::Duration;

    const COMMANDS: CommentCommands<'static> = CommentCommands { prefix: "tp-" };
    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn request(number: u64, by: &str) -> PlaceRequest {
        PlaceRequest {
            number: PullNumber(number),
            branch: BranchName::new(format!("feature/{number}")).unwrap(),
            by: by.to_owned(),
            by_id: None,
            since: NOW,
            until: (number == 1).then_some(UnixMillis(1_700_100_000_000)),
            lasts: (number == 3).then_some(Duration::from_secs(7_200)),
        }
    }

    /// One has the only place, two wait.
    fn all() -> ActivePlaces {
        let mut places = ActivePlaces::default();
        for (number, by) in [(1, "ana"), (2, "ben`@all"), (3, "rita")] {
            places.ask(request(number, by), NOW);
        }
        places.go_on(&ActiveRules { places: 1, ..ActiveRules::default() }, NOW);
        places
    }

    fn said(places: &ActivePlaces, number: u64, deploy: Option<&Deploy>) -> String {
        let (environment, number, zone) = ("integration", PullNumber(number), &Zone::default());
        active_comment(COMMANDS, PlaceOf { environment, places, number, deploy, wait_ended: false, zone })
    }

    #[test]
    fn places_and_queue_are_listed() {
        let lines = places(&Zone::default(), "integration", &all());
        let lines: Vec<String> = lines.iter().map(Prose::markdown).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        Beside it is `integration/feature/1`: `feature/1` of #1 has a place: asked for by `ana`, since 2023-11-14 22:13 UTC, until 2023-11-16 02:00 UTC.
        Number 1 of the queue is `feature/2` of #2: asked for by ``ben`@all``, since 2023-11-14 22:13 UTC.
        Number 2 of the queue is `feature/3` of #3: asked for by `rita`, since 2023-11-14 22:13 UTC, for 2 h from when it has it.
        ");
    }

    #[test]
    fn the_comment_says_how_a_place_stands() {
        let mut places = all();
        let trees = (id(7), id(7));
        let deploy = Deploy::new(4, "integration/feature/1", trees, Trigger::Active);
        let deploy = Deploy { state: DeployState::Running, ..deploy };
        insta::assert_snapshot!(said(&places, 1, Some(&deploy)), @"
        <!-- towpath:active -->
        This pull request has a place beside `integration`, since 2023-11-14 22:13 UTC, until 2023-11-16 02:00 UTC. Each push to `feature/1` is deployed to `integration/feature/1`.

        The newest deploy there: `deploy 4: running`.

        To give the place up, comment `/tp-deactivate`.
        ");
        assert_eq!(places.leave(PullNumber(1), WhyToBeFreed::Merged, NOW), Left::Place);
        insta::assert_snapshot!(said(&places, 1, None), @"
        <!-- towpath:active -->
        The place of `integration/feature/1` is to be freed since 2023-11-14 22:13 UTC: this pull request was merged. 2 pull requests wait for it.

        Nothing is deployed there any more. What is stored there is lost when the place is given on: once nobody needs it, `ana` or somebody with the role `maintain` comments `/tp-deactivate --destroy`.
        ");
        assert!(said(&places, 2, None).contains("number 1 of the queue for a place beside `integration`"));
        places.free(PullNumber(1));
        assert!(
            said(&places, 1, None)
                .contains("no place beside `integration` any more. To ask for one, comment `/tp-activate`")
        );
        let (environment, number, zone) = ("integration", PullNumber(7), &Zone::default());
        let about = PlaceOf { environment, places: &places, number, deploy: None, wait_ended: true, zone };
        insta::assert_snapshot!(active_comment(COMMANDS, about), @"
        <!-- towpath:active -->
        This pull request waits for no place beside `integration` any more: the time until which it needed one is over. To ask for one again, comment `/tp-activate`.
        ");
    }
}
