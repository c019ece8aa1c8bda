//! What a promotion has to show first.

use super::super::deploy::length;
use super::super::file::{
    Pattern, ReadinessEntry, ReadinessItemEntry, ReadinessPreset, RequiresEntry, SignOffEntry, TicketsEntry,
};
use super::super::{Place, at::At, quoted};
use super::{Meaning, grantees, tested_of};
use crate::model::{
    IgnoredPaths, ReadinessItem, Requires, SignOffRole, Tested, TicketRule, TicketsOn, readiness_preset,
};
use std::collections::BTreeMap;

impl Meaning<'_> {
    pub(super) fn requires(&mut self, entry: &RequiresEntry) -> Requires {
        let tested = entry.tested.as_ref();
        Requires {
            tested: tested.map_or(Tested::NotAsked, |tested| tested_of(&tested.value)),
            soak: entry.soak.as_ref().map(length),
            signoffs: self.signoffs(&entry.signoffs),
            reviews: self.reviews(entry),
            readiness: self.readiness(&entry.readiness),
            tickets: match &entry.tickets {
                Some(TicketsEntry::Files(files)) => self.patterns(&files.paths).map(|paths| TicketRule {
                    on: TicketsOn::Paths(paths),
                    notice: files.notice.as_ref().map_or(TicketRule::NOTICE, length),
                }),
                Some(TicketsEntry::None(_)) | None => None,
            },
            ideal_state: entry.ideal_state.as_ref().is_some_and(|asked| asked.value),
        }
    }

    fn reviews(&mut self, entry: &RequiresEntry) -> bool {
        let Some(reviews) = &entry.reviews else { return false };
        if reviews.value && entry.signoffs.is_empty() {
            let message = "reviews are sign-offs, and no role has to sign off";
            self.say(reviews.place, message, "add signoffs: and its roles, or remove reviews");
        }
        reviews.value
    }

    fn signoffs(&mut self, entries: &[SignOffEntry]) -> Vec<SignOffRole> {
        let mut seen = BTreeMap::new();
        let mut roles = Vec::new();
        for entry in entries {
            let (name, by, by_others) = match entry {
                SignOffEntry::Name(name) => (name, Vec::new(), false),
                SignOffEntry::Role(role) => {
                    let by = role.by.as_ref().map(grantees).unwrap_or_default();
                    (&role.role, by, role.by_others.as_ref().is_some_and(|it| it.value))
                }
            };
            self.named_once(&mut seen, ("role", &name.value.0), name.place);
            roles.push(SignOffRole { role: name.value.0.clone(), by, by_others });
        }
        roles
    }

    fn readiness(&mut self, entries: &[ReadinessEntry]) -> Vec<ReadinessItem> {
        let mut seen = BTreeMap::new();
        let mut items: Vec<ReadinessItem> = Vec::new();
        for entry in entries {
            match entry {
                ReadinessEntry::Name(name) => {
                    self.named_once(&mut seen, ("item", &name.value.0), name.place);
                    let (item, description) = (name.value.0.clone(), name.value.0.clone());
                    items.push(ReadinessItem { item, description, paths: None, expires: None });
                }
                ReadinessEntry::Item(entry) => items.extend(self.listed(&mut seen, entry)),
            }
        }
        items
    }

    /// The item of an entry, or the items of the list that it names.
    fn listed(
        &mut self,
        seen: &mut BTreeMap<String, Place>,
        entry: &ReadinessItemEntry,
    ) -> Vec<ReadinessItem> {
        let (paths, expires) = (&entry.paths, entry.expires.as_ref());
        match (&entry.item, &entry.preset) {
            (Some(name), None) => {
                let item = name.value.0.clone();
                self.named_once(seen, ("item", &item), name.place);
                let description =
                    entry.description.as_ref().map_or_else(|| item.clone(), |it| it.value.0.clone());
                let paths = if paths.is_empty() { None } else { self.patterns(paths) };
                vec![ReadinessItem { item, description, paths, expires: expires.map(length) }]
            }
            (None, Some(preset)) => {
                let more = entry.description.as_ref().map(|it| it.place);
                let more = more.or(paths.first().map(|it| it.place)).or(expires.map(|it| it.place));
                if let Some(place) = more {
                    let message = "what else is said of a list counts for nothing";
                    self.say(place, message, "remove it, or write the items one by one");
                }
                let list = readiness_preset(matches!(preset.value, ReadinessPreset::CommerceLaunch));
                for item in &list {
                    self.named_once(seen, ("item", &item.item), preset.place);
                }
                list
            }
            (Some(item), Some(preset)) => {
                let message = format!("the item {} cannot be a list as well", quoted(&item.value.0));
                self.say(preset.place, message, "write the preset in an entry of its own");
                Vec::new()
            }
            (None, None) => {
                let places =
                    [entry.description.as_ref().map(|it| it.place), paths.first().map(|it| it.place)];
                let place = places.into_iter().flatten().next().or(expires.map(|it| it.place));
                let place = place.unwrap_or(self.root.place);
                self.say(place, "an item of readiness has no name", "add item: and its name");
                Vec::new()
            }
        }
    }

    /// Says of a name that stands there twice.
    fn named_once(&mut self, seen: &mut BTreeMap<String, Place>, (kind, name): (&str, &str), place: Place) {
        if let Some(first) = seen.insert(name.to_owned(), place) {
            let message = format!("the {kind} {} is there twice", quoted(name));
            self.say(place, message, format!("remove one; the first is on line {}", first.line));
        }
    }

    /// The patterns; each that cannot be read is said, with its place.
    pub(super) fn patterns(&mut self, patterns: &[At<Pattern>]) -> Option<IgnoredPaths> {
        for pattern in patterns {
            if let Err(error) = IgnoredPaths::new(std::slice::from_ref(&pattern.value.0)) {
                let message = format!("the pattern {} {}", quoted(&pattern.value.0), error.why);
                self.say(pattern.place, message, "repair the pattern, or remove it");
            }
        }
        let all: Vec<String> = patterns.iter().map(|pattern| pattern.value.0.clone()).collect();
        IgnoredPaths::new(&all).ok()
    }
}
