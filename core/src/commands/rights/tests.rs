use std::collections::BTreeMap;

use super::*;
use crate::model::{Grant, PromotionPath, Source};
use proptest::prelude::*;

const FLAGS: UserPermissions =
    UserPermissions { admin: false, maintain: false, push: false, triage: false, pull: true };

fn role_of(
    permission: &str,
    role_name: Option<&str>,
    user: Option<UserPermissions>,
) -> Option<RepositoryRole> {
    PermissionAnswer { permission, role_name, user }.role()
}

fn user(role: Option<RepositoryRole>, teams: &[&str]) -> Person {
    let teams = teams.iter().map(|&team| team.to_owned()).collect();
    Person::User { role, is_collaborator: role.is_some(), teams }
}

fn need(name: &str, default: DefaultRight, environment: Option<&str>, path: &PromotionPath) -> Need {
    Need::of(name, default, environment.map(|name| path.environment(name).unwrap()), path)
}

#[test]
fn a_role_is_what_github_answers() {
    use RepositoryRole::{Admin, Maintain, Read, Triage, Write};
    let push = UserPermissions { push: true, triage: true, ..FLAGS };
    let maintain = UserPermissions { maintain: true, ..push };
    let admin = UserPermissions { admin: true, ..maintain };
    // A server that leaves `maintain` and `triage` out.
    let old_admin = UserPermissions { admin: true, push: true, ..FLAGS };
    for (permission, role_name, user, role) in [
        ("admin", Some("admin"), Some(admin), Some(Admin)),
        ("admin", Some("admin"), Some(old_admin), Some(Admin)),
        ("write", Some("maintain"), Some(maintain), Some(Maintain)),
        ("write", Some("write"), Some(push), Some(Write)),
        ("read", Some("triage"), Some(UserPermissions { triage: true, ..FLAGS }), Some(Triage)),
        ("read", Some("read"), Some(FLAGS), Some(Read)),
        // An organisation's own roles are worth what their permissions say.
        ("write", Some("release captain"), Some(maintain), Some(Maintain)),
        ("write", Some("developer"), Some(push), Some(Write)),
        ("read", Some("auditor"), Some(FLAGS), Some(Read)),
        // Without the details the base counts, and no more.
        ("write", Some("release captain"), None, Some(Write)),
        ("write", None, None, Some(Write)),
        ("read", None, None, Some(Read)),
        ("admin", None, None, Some(Admin)),
        // What contradicts itself gives the lesser.
        ("read", Some("admin"), Some(admin), Some(Triage)),
        ("write", Some("admin"), None, Some(Maintain)),
        ("write", Some("own"), Some(admin), Some(Maintain)),
        // What is not known is nothing.
        ("none", Some("none"), None, None),
        ("none", Some("admin"), Some(admin), None),
        ("", None, None, None),
        ("WRITE", Some("write"), None, None),
        ("owner", Some("admin"), Some(admin), None),
    ] {
        assert_eq!(role_of(permission, role_name, user), role, "{permission} {role_name:?} {user:?}");
    }
}

#[test]
fn defaults_are_a_matrix_of_command_and_environment() {
    let path = PromotionPath::pro();
    let least = |default, environment| need("x", default, environment, &path).role().unwrap().as_str();
    for (default, none, integration, staging, production) in [
        (DefaultRight::READ, "read", "read", "read", "read"),
        (DefaultRight::WRITE, "write", "write", "write", "write"),
        (DefaultRight::WRITE_BELOW_PRODUCTION, "write", "write", "write", "maintain"),
        (DefaultRight::MAINTAIN, "maintain", "maintain", "maintain", "maintain"),
    ] {
        assert_eq!(least(default, None), none);
        assert_eq!(least(default, Some("integration")), integration);
        assert_eq!(least(default, Some("staging")), staging);
        assert_eq!(least(default, Some("production")), production);
    }
    // Where two environments are the last ones, both are production.
    let mut path = path;
    path.environments[2].accepts = vec![Source::Environment("integration".to_owned())];
    let staging = need("x", DefaultRight::WRITE_BELOW_PRODUCTION, Some("staging"), &path);
    assert_eq!(staging.role(), Some(RepositoryRole::Maintain));
}

#[test]
fn what_the_project_says_takes_the_place_of_a_default() {
    let mut path = PromotionPath::pro();
    let team = Grantee::Team("release".to_owned());
    path.commands.set(
        "deploy",
        Grant::On(BTreeMap::from([(
            "production".into(),
            vec![Grantee::Role(RepositoryRole::Admin), team.clone()],
        )])),
    );
    path.commands.set("override", Grant::Everywhere(vec![team]));
    let default = DefaultRight::WRITE_BELOW_PRODUCTION;
    let production = need("deploy", default, Some("production"), &path);
    assert_eq!(production.role(), Some(RepositoryRole::Admin));
    assert_eq!(production.teams().collect::<Vec<_>>(), ["release"]);
    assert_eq!(decide(&production, &user(Some(RepositoryRole::Read), &["Release"])), Decision::Allowed);
    assert!(matches!(
        decide(&production, &user(Some(RepositoryRole::Maintain), &["qa"])),
        Decision::Refused(_)
    ));
    assert_eq!(need("deploy", default, Some("staging"), &path).role(), Some(RepositoryRole::Write));

    let override_ = need("override", DefaultRight::MAINTAIN, None, &path);
    assert_eq!(override_.role(), None, "no role is enough where only teams are named");
    let refused = decide(&override_, &user(Some(RepositoryRole::Admin), &[]));
    let Decision::Refused(refusal) = refused else { panic!("an administrator may not") };
    assert_eq!(refusal.missing.unwrap().to_string(), "team:release");
}

#[test]
fn somebody_elses_lock_asks_for_more() {
    let mut path = PromotionPath::pro();
    let more = |path: &PromotionPath| {
        need("unlock", DefaultRight::WRITE, Some("staging"), path).at_least(RepositoryRole::Maintain)
    };
    assert_eq!(more(&path).role(), Some(RepositoryRole::Maintain));
    let people = vec![Grantee::Role(RepositoryRole::Triage), Grantee::Team("qa".to_owned())];
    path.commands.set("unlock", Grant::Everywhere(people));
    assert!(matches!(decide(&more(&path), &user(Some(RepositoryRole::Write), &[])), Decision::Refused(_)));
    assert_eq!(decide(&more(&path), &user(Some(RepositoryRole::Write), &["qa"])), Decision::Allowed);
    path.commands.set("unlock", Grant::Everywhere(vec![Grantee::Role(RepositoryRole::Admin)]));
    assert_eq!(more(&path).role(), Some(RepositoryRole::Admin));
}

#[test]
fn a_refusal_says_what_is_missing_and_who_has_it() {
    let mut path = PromotionPath::pro();
    let people = vec![Grantee::Team("release".to_owned()), Grantee::Role(RepositoryRole::Maintain)];
    path.commands.set("promote", Grant::Everywhere(people.clone()));
    let refused = decide(
        &need("promote", DefaultRight::WRITE, Some("production"), &path),
        &user(Some(RepositoryRole::Write), &[]),
    );
    let expected = Refusal {
        missing: Some(Grantee::Role(RepositoryRole::Maintain)),
        has: Standing::Role(RepositoryRole::Write),
        who_may: people,
    };
    assert_eq!(refused, Decision::Refused(expected));
}

#[test]
fn a_stranger_is_told_from_a_reader() {
    let path = PromotionPath::pro();
    let asks = need("why", DefaultRight::READ, None, &path);
    let reads = |is_collaborator| Person::User {
        role: Some(RepositoryRole::Read),
        is_collaborator,
        teams: Vec::new(),
    };
    let has = |person: &Person| match decide(&asks, person) {
        Decision::Allowed => None,
        Decision::Refused(refusal) => Some(refusal.has),
    };
    assert_eq!(has(&reads(true)), None);
    assert_eq!(has(&reads(false)), Some(Standing::Stranger));
    assert_eq!(has(&user(None, &[])), Some(Standing::Stranger));
    assert_eq!(has(&Person::Nobody), Some(Standing::Nobody));
    // Nobody has more than `read` without being a collaborator.
    let writes =
        Person::User { role: Some(RepositoryRole::Write), is_collaborator: false, teams: Vec::new() };
    assert_eq!(has(&writes), None);
    assert_eq!(has(&Person::Operator), None);
}

fn any_role() -> impl Strategy<Value = RepositoryRole> {
    prop::sample::select(&RepositoryRole::ALL)
}

fn any_people() -> impl Strategy<Value = Vec<Grantee>> {
    let team = prop::sample::select(vec!["qa", "release"]).prop_map(|slug| Grantee::Team(slug.to_owned()));
    prop::collection::vec(prop_oneof![any_role().prop_map(Grantee::Role), team], 1..4)
}

proptest! {
    #[test]
    fn whoever_is_not_known_to_have_a_right_has_none(
        people in any_people(),
        role in prop::option::of(any_role()),
        is_collaborator in any::<bool>(),
        teams in prop::collection::vec(prop::sample::select(vec!["qa", "release", "other"]), 0..2),
    ) {
        let mut path = PromotionPath::pro();
        path.commands.set("deploy", Grant::Everywhere(people.clone()));
        let need = need("deploy", DefaultRight::READ, Some("staging"), &path);
        let teams: Vec<_> = teams.into_iter().map(str::to_owned).collect();
        let by_team = people.iter().any(|it| matches!(it, Grantee::Team(slug) if teams.contains(slug)));
        let counts = role.filter(|role| is_collaborator || *role > RepositoryRole::Read);
        let by_role = people.iter().any(|it| matches!(it, Grantee::Role(least) if counts.is_some_and(|it| it >= *least)));
        let person = Person::User { role, is_collaborator, teams };
        prop_assert_eq!(decide(&need, &person) == Decision::Allowed, by_team || by_role);
        prop_assert!(decide(&need, &Person::Nobody) != Decision::Allowed);
        prop_assert_eq!(decide(&need, &Person::Operator), Decision::Allowed);
    }

    #[test]
    fn no_answer_gives_more_than_its_base(
        permission in prop::sample::select(vec!["admin", "write", "read", "none", "", "maintain"]),
        role_name in prop::option::of(prop::sample::select(vec!["admin", "maintain", "write", "triage", "read", "none", "own"])),
        flags in prop::option::of(prop::array::uniform5(any::<bool>())),
    ) {
        let user = flags.map(|[admin, maintain, push, triage, pull]| UserPermissions { admin, maintain, push, triage, pull });
        let most = match permission {
            "admin" => Some(RepositoryRole::Admin),
            "write" => Some(RepositoryRole::Maintain),
            "read" => Some(RepositoryRole::Triage),
            _ => None,
        };
        prop_assert!(role_of(permission, role_name, user) <= most);
    }
}
