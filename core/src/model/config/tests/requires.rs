use super::{problems, with};
use crate::model::config::*;
use crate::model::{Grantee, RepositoryRole, Requires, TicketsOn};
use std::time::Duration;

const ENVIRONMENTS: &str = "\
environments:
  - { name: staging, accepts: [topics] }
  - { name: live, accepts: [staging], requires: ";

fn read(requires: &str) -> Configuration {
    let text = with(&format!("{ENVIRONMENTS}{requires} }}\ncopy: none\n"));
    Configuration::read(&text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

fn requires(text: &str) -> Requires {
    let read = read(text);
    let asked = read.path().environment("live").unwrap().requires.clone();
    let again = Configuration::read(&read.effective()).unwrap();
    assert_eq!(again.path().environment("live").unwrap().requires, asked, "{}", read.effective());
    assert!(read.notices().is_empty(), "{:?}", read.notices());
    asked
}

#[test]
fn a_promotion_can_be_asked_for_people_and_for_time() {
    assert_eq!(requires("{}"), Requires::default());
    assert_eq!(requires("{ soak: 90m }").soak, Some(Duration::from_secs(5_400)));
    let signoffs =
        requires("{ signoffs: [admin, { role: customer, by: [maintain, team:shop], by_others: true }] }")
            .signoffs;
    let told: Vec<_> = signoffs.iter().map(|it| (it.role.as_str(), it.by.as_slice(), it.by_others)).collect();
    let by = [Grantee::Role(RepositoryRole::Maintain), Grantee::Team("shop".to_owned())];
    assert_eq!(told, [("admin", &[][..], false), ("customer", &by[..], true)]);

    assert!(requires("{ signoffs: [admin], reviews: true }").reviews);

    let items = requires(
        "{ readiness: [crons, { item: routes, description: The routes are set, paths: [.magento/routes.yaml], expires: 30d }] }",
    )
    .readiness;
    let told: Vec<_> = items.iter().map(|it| (it.item.as_str(), it.description.as_str())).collect();
    assert_eq!(told, [("crons", "crons"), ("routes", "The routes are set")]);
    assert!(items[1].paths.as_ref().unwrap().holds(".magento/routes.yaml"));
    assert_eq!((items[0].expires, items[1].expires), (None, Some(Duration::from_secs(30 * 86_400))));
    let launch = requires("{ readiness: [{ preset: commerce-launch }, extra] }").readiness;
    assert_eq!((launch[0].item.as_str(), launch.last().unwrap().item.as_str()), ("schedule", "extra"));

    let tickets = requires("{ tickets: { paths: [.magento/services.yaml] } }").tickets.unwrap();
    assert_eq!(tickets.notice, Duration::from_secs(172_800));
    let TicketsOn::Paths(paths) = tickets.on else { panic!("{tickets:?}") };
    assert!(paths.holds(".magento/services.yaml"));
}

#[test]
fn what_stands_there_twice_or_matches_nothing_is_refused_at_its_place() {
    let told = |requires: &str| problems(&with(&format!("{ENVIRONMENTS}{requires} }}\ncopy: none\n")));
    assert_eq!(
        told("{ signoffs: [admin, { role: admin }] }"),
        ["4:77 the role \"admin\" is there twice | remove one; the first is on line 4"]
    );
    assert_eq!(
        told("{ reviews: true }"),
        [
            "4:60 reviews are sign-offs, and no role has to sign off | add signoffs: and its roles, or remove reviews"
        ]
    );
    assert_eq!(
        told("{ readiness: [fastly, { preset: commerce-staging }] }"),
        ["4:81 the item \"fastly\" is there twice | remove one; the first is on line 4"]
    );
    assert_eq!(
        told("{ tickets: { paths: [/services.yaml] } }"),
        [
            "4:70 the pattern \"/services.yaml\" matches nothing: paths begin at the top of the repository, without a \
             slash | repair the pattern, or remove it"
        ]
    );
    assert_eq!(
        told("{ readiness: [{ item: a, preset: commerce-launch }, { expires: 3d }] }"),
        [
            "4:82 the item \"a\" cannot be a list as well | write the preset in an entry of its own",
            "4:112 an item of readiness has no name | add item: and its name"
        ]
    );
    assert!(told("{ soak: 2w }")[0].starts_with("4:57 "));
    assert!(
        told("{ signoffs: [{ rol: admin }] }")[0].contains("there is no key \"rol\""),
        "{:?}",
        told("{ signoffs: [{ rol: admin }] }")
    );
}

#[test]
fn a_verify_step_is_run_again_at_the_times_that_are_named() {
    let live = |more: &str| {
        with(&format!(
            "environments:\n  - {{ name: staging, accepts: [topics] }}\n  - {{ name: live, accepts: [staging]{more} }}\ncopy: none\n"
        ))
    };
    let read = Configuration::read(&live(", aftercare: [24h, 20m, 1h]")).unwrap();
    let times = |read: &Configuration| read.path().environment("live").unwrap().aftercare.clone();
    let minutes = [20, 60, 1_440].map(|it| Duration::from_secs(it * 60));
    assert_eq!(times(&read), minutes);
    assert_eq!(times(&Configuration::read(&read.effective()).unwrap()), minutes, "{}", read.effective());
    assert!(read.notices().is_empty(), "{:?}", read.notices());
    assert_eq!(
        problems(&live(", aftercare: [60m, 1h]")),
        ["4:56 the time 1h is there twice | remove one; the first is on line 4"]
    );
    let told = Configuration::read(&live(", aftercare: []")).unwrap();
    let told: Vec<String> = told.notices().iter().map(|it| it.message.clone()).collect();
    assert_eq!(told, ["aftercare of live is an empty list, so the verify step is run once, in the deploy"]);
    assert!(Configuration::read(&live(", aftercare: [30d]")).unwrap().notices().is_empty());
    assert_eq!(
        problems(&live(", aftercare: [20m, 400d]")),
        [
            "4:56 a verify step is run again within 30d of its deploy, and 400d is later | write 30d or less; a site is watched \
             for longer by other means"
        ]
    );
    let told = Configuration::read(&live(", deploy: { driver: none }, aftercare: [20m]")).unwrap();
    let told: Vec<String> = told.notices().iter().map(|it| it.message.clone()).collect();
    assert_eq!(
        told,
        [
            "aftercare runs the verify step of the operator's programs again; where driver: none deploys live, it does nothing"
        ]
    );
}

#[test]
fn places_that_no_branch_can_be_deployed_to_are_told() {
    let told = |deploy: &str| {
        let text = with(&format!(
            "environments:\n  - {{ name: dev, accepts: [topics], active: 2{deploy} }}\n  - {{ name: live, accepts: [dev] }}\ncopy: none\n"
        ));
        let read = Configuration::read(&text).unwrap();
        read.notices().iter().map(|it| it.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(told(""), [""; 0]);
    assert_eq!(told(", deploy: { driver: commerce-cloud }"), [""; 0]);
    assert_eq!(
        told(", deploy: { driver: none }"),
        ["active gives branches places beside dev, and driver: none deploys none of them"]
    );
    assert_eq!(
        told(", deploy: { driver: commerce-cloud, environment: dev-abc }"),
        [
            "active gives branches places beside dev, and environment: below deploy says where all of them would go: take it out"
        ]
    );
}
