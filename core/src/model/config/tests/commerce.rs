use super::{problems, with};
use crate::model::config::*;
use crate::model::{CommercePlan, CommerceSettings, TicketRule};

const ENVIRONMENTS: &str = "\
environments:
  - { name: dev, accepts: [topics] }
  - { name: staging, accepts: [topics, dev] }
  - { name: live, accepts: [staging], requires: { ideal_state: true } }
copy: none
";

fn read(text: &str) -> Configuration {
    let text = with(&format!("{ENVIRONMENTS}{text}"));
    Configuration::read(&text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

fn settings(text: &str) -> CommerceSettings {
    read(text).path().commerce.clone().unwrap()
}

#[test]
fn on_the_pro_plan_services_take_a_ticket_where_nothing_is_said() {
    let tickets = |text: &str, name: &str| {
        let read = read(text);
        let again = Configuration::read(&read.effective()).unwrap();
        let of = |read: &Configuration| read.path().environment(name).unwrap().requires.tickets.clone();
        assert_eq!(of(&again), of(&read), "{}", read.effective());
        of(&read)
    };
    assert_eq!(tickets("preset: commerce", "live"), Some(TicketRule::of_pro()));
    assert_eq!(tickets("preset: commerce", "dev"), None);
    assert_eq!(tickets("", "live"), None);
    assert_eq!(tickets("preset: commerce\ncommerce: { plan: starter }", "live"), None);
    assert_eq!(tickets("preset: commerce\nrules: { TP717: observe }", "live"), None);
}

#[test]
fn the_preset_has_defaults_that_go_by_the_environments() {
    assert_eq!(read("").path().commerce, None);
    let usual = settings("preset: commerce");
    assert_eq!((usual.plan, usual.root.as_str(), usual.disk), (CommercePlan::Pro, "", None));
    assert_eq!(usual.services_by_ticket, ["staging", "live"]);
    assert!(settings("preset: commerce\ncommerce: { plan: starter }").services_by_ticket.is_empty());
    assert!(settings("preset: commerce\ncommerce: { services_by_ticket: [] }").services_by_ticket.is_empty());
    let written = settings("preset: commerce\ncommerce: { services_by_ticket: [live], disk: 5120 }");
    assert_eq!((written.services_by_ticket, written.disk), (vec!["live".to_owned()], Some(5120)));
    for (written, root) in [(".", ""), ("shop", "shop"), ("apps/shop.eu/", "apps/shop.eu")] {
        assert_eq!(settings(&format!("preset: commerce\ncommerce: {{ root: {written} }}")).root, root);
    }
    let asked = |name: &str| read("preset: commerce").path().environment(name).unwrap().requires.ideal_state;
    assert_eq!((asked("staging"), asked("live")), (false, true));
}

#[test]
fn what_cannot_be_meant_is_refused_at_its_place() {
    let told = |text: &str| problems(&with(text));
    assert_eq!(
        told("preset: commerce\ncommerce: { services_by_ticket: [stagin] }"),
        ["3:34 there is no environment \"stagin\" | did you mean staging?"]
    );
    assert_eq!(
        told("preset: commerce\ncommerce: { plan: starter, services_by_ticket: [staging] }"),
        [
            "3:49 on the plan starter no ticket changes services | remove services_by_ticket, or write plan: pro"
        ]
    );
    assert_eq!(
        told("preset: comerce"),
        ["2:9 preset cannot be \"comerce\" | did you mean commerce? Good are commerce"]
    );
    assert_eq!(
        told("preset: commerce\ncommerce: { root: ../shop }"),
        [
            "3:19 root cannot be \"../shop\" | write a folder from the top of the repository, such as shop or apps/shop, \
             or a dot for the top itself"
        ]
    );
}

#[test]
fn what_counts_for_nothing_without_the_preset_is_said() {
    let told = |text: &str| -> Vec<String> {
        let read = read(text);
        read.notices().iter().map(|it| format!("{} {}", it.place, it.message)).collect()
    };
    assert_eq!(
        told("commerce: { plan: pro }"),
        [
            "5:51 ideal_state counts for nothing without preset: commerce",
            "7:1 commerce counts for nothing without preset: commerce",
        ]
    );
    assert_eq!(told("preset: commerce\ncommerce: { plan: pro }"), [""; 0]);
}

#[test]
fn all_of_it_is_spelled_out() {
    let lines = |text: &str| {
        let read = read(text);
        let again = Configuration::read(&read.effective()).unwrap();
        assert_eq!(again.path(), read.path(), "{}", read.effective());
        let about_it = |line: &&str| line.contains("ideal_state") || line.contains("commerce");
        read.effective().lines().filter(about_it).map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        lines("preset: commerce\ncommerce: { root: shop }"),
        [
            "requires: { tested: false, ideal_state: false }",
            "requires: { tested: false, ideal_state: false }",
            "requires: { tested: false, ideal_state: true }",
            "preset: commerce",
            "commerce: { plan: pro, root: shop, services_by_ticket: [staging, live] }    \
             # disk is not set: nobody adds disks up",
        ]
    );
    assert_eq!(lines(""), ["requires: { tested: false, ideal_state: true }"]);
}

#[test]
fn on_starter_production_is_the_branch_master_and_who_has_another_one_is_told() {
    let told = |environments: &str| -> Vec<String> {
        let text = with(&format!("preset: commerce\ncommerce: {{ plan: starter }}\n{environments}"));
        let read = Configuration::read(&text).unwrap_or_else(|problems| panic!("{problems:#?}"));
        read.notices().iter().map(|it| format!("{} {}", it.place, it.message)).collect()
    };
    let words = "3:1 on the plan starter production is the branch master, and no last environment here has it: write branch: master \
                 for production, and copy: none";
    assert_eq!(told(""), [words]);
    let staging = "environments:\n  - { name: staging, accepts: [topics] }\n";
    let live = "  - { name: production, accepts: [staging]";
    assert_eq!(told(&format!("{staging}{live} }}\ncopy: none\n")), [words]);
    let none: [&str; 0] = [];
    assert_eq!(told(&format!("{staging}{live}, branch: master }}\ncopy: none\n")), none);
    let pro = read("preset: commerce\ncommerce: { plan: pro }");
    assert!(pro.notices().is_empty(), "{:?}", pro.notices());
}
