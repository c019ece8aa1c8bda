//! What has to be ready before an environment of Adobe Commerce on cloud infrastructure is used for the first time.
//!
//! The facts are the platform's documentation (first use of staging, acceptance, launch); the words are ours.

use super::{IgnoredPaths, ReadinessItem};

/// Before staging is used for the first time.
const STAGING: [(&str, &str); 8] = [
    ("fastly", "Fastly has its own service ID and token here, caching is on, and the VCL is uploaded"),
    ("domains", "The domains and the TLS certificate of this environment answer"),
    ("new-relic", "New Relic receives data of this environment"),
    ("payments", "Payment gateways answer with sandbox credentials"),
    ("shipping", "Shipping and other integrations answer with sandbox credentials"),
    ("mails", "Mails go out, and SPF and DKIM are set"),
    ("crypt-key", "The encryption key of the imported database is set"),
    ("indexers", "Indexers run by schedule, and the crons run"),
];

/// Before production is launched.
const LAUNCH: [(&str, &str); 14] = [
    ("schedule", "The launch is scheduled with the platform's support, two to four weeks ahead"),
    ("acceptance", "Acceptance is done on staging and on production, as an administrator and as a customer"),
    ("fastly", "Fastly caches, optimizes images, and its firewall is on"),
    ("tls", "The certificate covers every domain"),
    ("dns", "The domains have a short time to live, and who changes them is known"),
    ("mails", "Mails go out with the live sender, and SPF and DKIM are set"),
    ("payments", "A purchase with live payment credentials went through, and was refunded"),
    ("load", "The load test has met its figures"),
    ("penetration", "The penetration test has no open findings"),
    ("indexers", "Indexers run by schedule, and the search service is the one of production"),
    ("redirects", "Redirects and routes of the former shop are in place"),
    ("health", "Health notifications and New Relic alerts reach somebody"),
    ("security", "The admin has its own address and two factors, and accounts that nobody uses are gone"),
    ("backups", "Somebody has tried how a backup is brought back"),
];

/// The files whose change opens an item of these again.
const PATHS: [(&str, &[&str]); 2] =
    [("redirects", &[".magento/routes.yaml"]), ("indexers", &[".magento/services.yaml"])];

/// The built-in list for the first use of staging, or for the launch of production.
pub fn readiness_preset(is_launch: bool) -> Vec<ReadinessItem> {
    items(if is_launch { &LAUNCH } else { &STAGING })
}

/// The items of a list.
fn items(list: &[(&str, &str)]) -> Vec<ReadinessItem> {
    let item = |(item, description): &(&str, &str)| {
        let paths = PATHS.iter().find(|(of, _)| of == item);
        let paths = paths.map(|(_, paths)| paths.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        ReadinessItem {
            item: (*item).to_owned(),
            description: (*description).to_owned(),
            paths: paths.and_then(|paths| IgnoredPaths::new(&paths).ok()),
            expires: None,
        }
    };
    list.iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_has_a_name_of_its_own_and_the_paths_are_read() {
        for list in [&STAGING[..], &LAUNCH[..]] {
            let mut names: Vec<_> = items(list).into_iter().map(|it| it.item).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
            assert!(items(list).iter().any(|it| it.paths.is_some()));
        }
        for (item, _) in PATHS {
            assert!(STAGING.iter().chain(&LAUNCH).any(|(name, _)| *name == item), "{item}");
        }
    }
}
