use super::*;
use proptest::prelude::*;

const TWO: ActiveRules = ActiveRules { places: 2, idle: None, keeps_data: true };
const ONE: ActiveRules = ActiveRules { places: 1, ..TWO };

fn request(number: u64, at: i64) -> PlaceRequest {
    PlaceRequest {
        number: PullNumber(number),
        branch: BranchName::new(format!("feature/{number}")).unwrap(),
        by: "ana".to_owned(),
        by_id: Some(UserId(1)),
        since: UnixMillis(at),
        until: None,
        lasts: None,
    }
}

fn asked(places: &mut ActivePlaces, number: u64, at: i64) -> (PlaceAnswer, PlacesMoved) {
    let answer = places.ask(request(number, at), UnixMillis(at));
    (answer, places.go_on(&ONE, UnixMillis(at)))
}

fn numbers(all: &[u64]) -> Vec<PullNumber> {
    all.iter().copied().map(PullNumber).collect()
}

fn given_up() -> WhyToBeFreed {
    WhyToBeFreed::GivenUp { by: "ana".to_owned() }
}

#[test]
fn a_place_is_given_on_in_order_once_the_data_may_go() {
    let mut places = ActivePlaces::default();
    assert_eq!(asked(&mut places, 1, 1).1.given, numbers(&[1]));
    assert!(!places.of(PullNumber(1)).unwrap().has_waited);
    assert_eq!(asked(&mut places, 2, 2), (PlaceAnswer::Queued, PlacesMoved::default()));
    assert_eq!(asked(&mut places, 3, 2), (PlaceAnswer::Queued, PlacesMoved::default()));
    assert_eq!(asked(&mut places, 2, 3).0, PlaceAnswer::Queued, "asked again it stays where it is");
    assert_eq!([1, 2, 3].map(|it| places.turn_of(PullNumber(it))), [None, Some(1), Some(2)]);
    assert_eq!(places.free(PullNumber(1)), None, "it is held");
    assert_eq!(places.leave(PullNumber(1), WhyToBeFreed::Merged, UnixMillis(4)), Left::Place);
    assert_eq!(places.go_on(&ONE, UnixMillis(5)), PlacesMoved::default(), "nobody has let the data go");
    assert_eq!(places.leave(PullNumber(1), given_up(), UnixMillis(6)), Left::Place);
    let to_be_freed = places.of(PullNumber(1)).unwrap().to_be_freed.clone().unwrap();
    assert_eq!(to_be_freed, ToBeFreed { why: WhyToBeFreed::Merged, since: UnixMillis(4) });
    assert!(places.free(PullNumber(1)).is_some());
    assert_eq!(places.leave(PullNumber(2), given_up(), UnixMillis(7)), Left::Queue);
    assert_eq!(places.leave(PullNumber(2), given_up(), UnixMillis(7)), Left::Nothing);
    assert_eq!(places.go_on(&ONE, UnixMillis(8)).given, numbers(&[3]));
    assert!(places.of(PullNumber(3)).unwrap().has_waited);
}

#[test]
fn a_length_of_time_runs_from_when_the_place_is_there() {
    let lasts = |number| PlaceRequest { lasts: Some(Duration::from_millis(10)), ..request(number, 1) };
    let mut places = ActivePlaces::default();
    places.ask(lasts(1), UnixMillis(1));
    places.ask(lasts(2), UnixMillis(1));
    places.go_on(&ONE, UnixMillis(1));
    let end = |places: &ActivePlaces, number| places.of(PullNumber(number)).unwrap().until;
    assert_eq!(end(&places, 1), Some(UnixMillis(11)));
    assert_eq!(places.next_change(&ONE), Some(UnixMillis(11)), "who waits does so for as long as it takes");
    assert_eq!(places.go_on(&ONE, UnixMillis(50)).waits_ended, []);
    places.free(PullNumber(1));
    assert_eq!(places.go_on(&ONE, UnixMillis(60)).given, numbers(&[2]));
    assert_eq!(end(&places, 2), Some(UnixMillis(70)));
    places.ask(lasts(2), UnixMillis(65));
    assert_eq!(end(&places, 2), Some(UnixMillis(75)), "asked again it is from now on");
    // Whoever asks again without an end keeps the one that was asked for.
    places.ask(lasts(3), UnixMillis(66));
    places.ask(request(3, 67), UnixMillis(67));
    assert_eq!(places.queue[0].lasts, Some(Duration::from_millis(10)));
    places.ask(PlaceRequest { until: Some(UnixMillis(90)), ..request(3, 68) }, UnixMillis(68));
    assert_eq!((places.queue[0].until, places.queue[0].lasts), (Some(UnixMillis(90)), None));
}

#[test]
fn where_no_data_is_kept_the_queue_moves_on_at_once() {
    let rules = ActiveRules { keeps_data: false, ..ONE };
    let mut places = ActivePlaces::default();
    asked(&mut places, 1, 1);
    asked(&mut places, 2, 2);
    places.leave(PullNumber(1), WhyToBeFreed::Closed, UnixMillis(3));
    let moved = places.go_on(&rules, UnixMillis(3));
    assert_eq!((moved.freed.len(), moved.given), (1, numbers(&[2])));
}

#[test]
fn time_ends_places_and_wishes() {
    let rules = ActiveRules { idle: Some(Duration::from_millis(50)), ..ONE };
    let mut places = ActivePlaces::default();
    places.ask(PlaceRequest { until: Some(UnixMillis(30)), ..request(1, 1) }, UnixMillis(1));
    places.ask(PlaceRequest { until: Some(UnixMillis(20)), ..request(2, 1) }, UnixMillis(1));
    places.ask(request(3, 1), UnixMillis(1));
    places.go_on(&rules, UnixMillis(1));
    assert_eq!(places.next_change(&rules), Some(UnixMillis(20)));
    assert_eq!(places.go_on(&rules, UnixMillis(20)).waits_ended, numbers(&[2]));
    assert_eq!(places.turn_of(PullNumber(3)), Some(1), "who needed one until then waits no more");
    places.go_on(&rules, UnixMillis(29));
    assert!(places.of(PullNumber(1)).unwrap().is_held());
    places.go_on(&rules, UnixMillis(30));
    assert_eq!(places.of(PullNumber(1)).unwrap().to_be_freed.as_ref().unwrap().why, WhyToBeFreed::Ended);
    places.free(PullNumber(1));
    assert_eq!(places.go_on(&rules, UnixMillis(40)).given, numbers(&[3]));
    assert_eq!(places.next_change(&rules), Some(UnixMillis(90)));
    places.of_mut(PullNumber(3)).unwrap().pushed_at = UnixMillis(60);
    places.go_on(&rules, UnixMillis(90));
    assert!(places.of(PullNumber(3)).unwrap().is_held(), "it was pushed to");
    places.go_on(&rules, UnixMillis(110));
    assert_eq!(places.of(PullNumber(3)).unwrap().to_be_freed.as_ref().unwrap().why, WhyToBeFreed::Idle);
}

#[test]
fn who_gave_a_place_up_takes_it_back_unless_somebody_waits_for_it() {
    let mut places = ActivePlaces::default();
    asked(&mut places, 1, 1);
    places.leave(PullNumber(1), given_up(), UnixMillis(2));
    assert_eq!(asked(&mut places, 1, 3).0, PlaceAnswer::Held);
    assert!(places.of(PullNumber(1)).unwrap().is_held());
    asked(&mut places, 2, 4);
    places.leave(PullNumber(1), given_up(), UnixMillis(5));
    assert_eq!(asked(&mut places, 1, 6).0, PlaceAnswer::Queued, "nobody overtakes");
    assert_eq!(places.turn_of(PullNumber(1)), Some(2));
    places.leave(PullNumber(2), given_up(), UnixMillis(7));
    assert_eq!(
        places.go_on(&ONE, UnixMillis(7)).given,
        numbers(&[1]),
        "its turn has come, and its own place"
    );
    assert!(places.of(PullNumber(1)).unwrap().is_held());
}

#[test]
fn two_branches_whose_environments_would_have_one_name_are_kept_apart() {
    let mut places = ActivePlaces::default();
    asked(&mut places, 1, 1);
    let alike = PlaceRequest { branch: BranchName::new("Feature/1").unwrap(), ..request(7, 2) };
    assert_eq!(places.ask(alike, UnixMillis(2)), PlaceAnswer::SameName(PullNumber(1)));
    assert!(places.queue.is_empty());
}

#[test]
fn what_is_stored_is_read_as_it_was() {
    let mut places = ActivePlaces::default();
    asked(&mut places, 1, 1);
    asked(&mut places, 2, 2);
    places.leave(PullNumber(1), given_up(), UnixMillis(3));
    let written = serde_json::to_string(&places).unwrap();
    assert_eq!(serde_json::from_str::<ActivePlaces>(&written).unwrap(), places);
}

#[derive(Debug, Clone)]
enum Event {
    Ask(u64, Option<i64>),
    Leave(u64),
    Free(u64),
    Time(i64),
}

fn events() -> impl Strategy<Value = Vec<(Event, u32)>> {
    let number = || 1_u64..7;
    let event = prop_oneof![
        3 => (number(), proptest::option::of(0_i64..200)).prop_map(|(it, until)| Event::Ask(it, until)),
        2 => number().prop_map(Event::Leave),
        2 => number().prop_map(Event::Free),
        1 => (0_i64..200).prop_map(Event::Time),
    ];
    proptest::collection::vec((event, 0_u32..4), 0..60)
}

proptest! {
    #[test]
    fn never_more_than_there_are_and_nobody_overtakes(
        events in events(),
        keeps_data in any::<bool>(),
        idle in proptest::option::of(1_u64..50),
    ) {
        let mut places = ActivePlaces::default();
        let mut now = UnixMillis(0);
        for (event, open) in events {
            let rules = ActiveRules { places: open, idle: idle.map(Duration::from_millis), keeps_data };
            let before = places.clone();
            let mut let_go = None;
            match event {
                Event::Ask(it, until) => {
                    let until = until.map(UnixMillis);
                    places.ask(PlaceRequest { until, ..request(it, now.0) }, now);
                }
                Event::Leave(it) => { places.leave(PullNumber(it), given_up(), now); }
                Event::Free(it) => let_go = places.free(PullNumber(it)).map(|it| it.number),
                // Clocks are set back, too.
                Event::Time(at) => now = UnixMillis(at),
            }
            let waited = places.queue.clone();
            let moved = places.go_on(&rules, now);
            prop_assert!(places.taken.len() <= before.taken.len().max(open as usize));
            let mut of: Vec<_> = places.taken.iter().map(|it| it.number).collect();
            of.sort_unstable();
            of.dedup();
            prop_assert_eq!(of.len(), places.taken.len(), "one place each");
            // Whoever is left has stood behind all that went before, but for those who wait for none any more.
            let given = moved.given.iter().map(|it| waited.iter().position(|one| one.number == *it).unwrap());
            let last_given = given.clone().max();
            let given: Vec<usize> = given.collect();
            prop_assert!(given.is_sorted());
            for left in &places.queue {
                let at = waited.iter().position(|one| one.number == left.number).unwrap();
                prop_assert!(last_given.is_none_or(|last| last < at), "somebody was overtaken");
            }
            // No place is lost or given on before the word, where there is data.
            for place in &before.taken {
                let stays = places.of(place.number).is_some();
                prop_assert!(stays || !keeps_data || let_go == Some(place.number));
            }
            prop_assert!(keeps_data || places.taken.iter().all(ActivePlace::is_held));
            // All is done that can be done.
            prop_assert!(places.queue.is_empty() || places.taken.len() >= open as usize);
            prop_assert_eq!(places.clone().go_on(&rules, now), PlacesMoved::default());
            prop_assert!(places.next_change(&rules).is_none_or(|at| at > now));
        }
    }
}
