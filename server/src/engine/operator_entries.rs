//! Which repository an entry of the operator's file is for.
//!
//! An entry is named `owner/name`, and names can be taken over: after a rename or a deletion somebody else may make a
//! repository of the old name. So what counts is GitHub's number. Where the entry does not write it, the repository that
//! GitHub lists under the name when it is first looked for is the one, for ever: it keeps the entry through renames and
//! transfers, and one that comes to its name later gets nothing.
//!
//! Only GitHub's own list of repositories makes the connection. Events tell of names too, but may come late.

use super::clock::Clock;
use super::work_error::WorkError;
use crate::deploy::operator::{Allowed, Operator};
use crate::model::{InstallationId, RepositoryId, RepositoryName};
use crate::store::{Change, RepositoryRow, Store, StoreError, WorkItem};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long the first look at GitHub may take before it is said what is known by then.
const FIRST_LOOK: Duration = Duration::from_secs(60);

/// Why a repository gets nothing though the operator's file has its name. It is shown to the repository's people, so it
/// tells nothing of the file.
pub(super) const NOT_CONFIRMED: &str = "the operator of Towpath has not confirmed this repository yet; ask them to look at the log of the server";

/// What the operator's file says of a repository.
#[derive(Debug, Clone, Copy)]
pub(super) enum EntryMatch<'a> {
    /// Nothing.
    Unnamed,
    /// This entry is for it.
    Holds(&'a str, &'a Allowed),
    /// The entry of this name may be for it: GitHub has to be asked.
    Unsettled(&'a str, &'a Allowed),
    /// The entry of its name is for another repository.
    Refused(&'a str, &'a Allowed),
}

/// The entries of the operator's file, with what is known of whose they are.
pub(super) struct Entries {
    operator: Operator,
    /// By the entry's name in small letters.
    known: Mutex<BTreeMap<String, RepositoryId>>,
    /// Entries whose repositories GitHub has listed since the start.
    listed: Mutex<BTreeSet<String>>,
    /// Refusals that were said already.
    said: Mutex<BTreeSet<(String, RepositoryId)>>,
    /// The installations that are yet to be looked over for the first time; `None` before they are known.
    pending: watch::Sender<Option<BTreeSet<InstallationId>>>,
}

impl Entries {
    /// Reads what is remembered, and remembers what the operator has written since.
    pub(super) async fn open(operator: Operator, store: &dyn Store) -> Result<Self, StoreError> {
        for (name, entry) in operator.entries() {
            if let Some(id) = entry.id {
                store.entry_written(&RepositoryName::from(name).key(), id).await?;
            }
        }
        let known = Mutex::new(store.operator_entries().await?);
        let (listed, said, pending) = (Mutex::default(), Mutex::default(), watch::Sender::new(None));
        Ok(Self { operator, known, listed, said, pending })
    }

    /// What the file says of a repository: by its number as the file writes it, by the number that is remembered, and
    /// only then by its name.
    pub(super) fn standing(&self, repository: &RepositoryRow) -> EntryMatch<'_> {
        let id = repository.id;
        if let Some((name, entry)) = self.operator.entries().find(|(_, entry)| entry.id == Some(id)) {
            return EntryMatch::Holds(name, entry);
        }
        let known = lock(&self.known);
        let of = |name: &str| known.get(&RepositoryName::from(name).key()).copied();
        let named = self.operator.named(&repository.full_name);
        let remembered = self.operator.entries().filter(|(name, it)| it.id.is_none() && of(name) == Some(id));
        let mut remembered: Vec<_> = remembered.collect();
        // One of its present name says more than one that it had before.
        remembered.sort_by_key(|(name, _)| named.is_none_or(|(present, _)| present != *name));
        match (remembered.first(), named) {
            (Some((name, entry)), _) => EntryMatch::Holds(name, entry),
            (None, None) => EntryMatch::Unnamed,
            (None, Some((name, entry))) if entry.id.is_none() && of(name).is_none() => {
                EntryMatch::Unsettled(name, entry)
            }
            (None, Some((name, entry))) => EntryMatch::Refused(name, entry),
        }
    }

    /// What the repository is allowed.
    pub(super) fn allowed(&self, repository: &RepositoryRow) -> Option<&Allowed> {
        match self.standing(repository) {
            EntryMatch::Holds(_, entry) => Some(entry),
            EntryMatch::Unnamed | EntryMatch::Unsettled(..) | EntryMatch::Refused(..) => None,
        }
    }

    /// The installations that there are, each of which is looked over.
    pub(super) fn expect(&self, installations: BTreeSet<InstallationId>) {
        self.pending.send_if_modified(|pending| {
            let first = pending.is_none();
            pending.get_or_insert(installations);
            first
        });
    }

    /// An installation was looked over.
    pub(super) fn looked_over(&self, installation: InstallationId) {
        self.pending.send_if_modified(|pending| pending.as_mut().is_some_and(|it| it.remove(&installation)));
    }

    /// Says once what only the operator can put right, when GitHub has been looked over or after a while.
    pub(super) async fn tell_at_start(&self, clock: &dyn Clock, mut stop: watch::Receiver<bool>) {
        if self.operator.entries().next().is_none() {
            return;
        }
        let mut pending = self.pending.subscribe();
        let all = async { pending.wait_for(|it| it.as_ref().is_some_and(BTreeSet::is_empty)).await.is_ok() };
        let stopped = async { stop.wait_for(|stop| *stop).await.is_ok() };
        let all_seen = tokio::select! {
            all = all => all,
            () = clock.sleep(FIRST_LOOK) => false,
            _ = stopped => return,
        };
        let unmatched = self.unmatched();
        if !unmatched.is_empty() {
            let so_far = if all_seen { "" } else { " so far; not all of GitHub could be looked over" };
            let unmatched = unmatched.join(", ");
            tracing::warn!(
                "entries of the operator's file that match no repository with the App installed{so_far}: {unmatched}"
            );
        }
        let by_name = self.known_by_name();
        if !by_name.is_empty() {
            let by_name = by_name.join(", ");
            tracing::info!(
                "should the database be lost, only a name says which repository these entries of the operator's file are \
                 for; write an id into each: {by_name}"
            );
        }
    }

    /// The entries whose repositories GitHub has not listed.
    fn unmatched(&self) -> Vec<&str> {
        let listed = lock(&self.listed);
        let names = self.operator.entries().map(|(name, _)| name);
        names.filter(|name| !listed.contains(&RepositoryName::from(*name).key())).collect()
    }

    /// The entries that name no number, with the number that is remembered.
    fn known_by_name(&self) -> Vec<String> {
        let known = lock(&self.known);
        let entries = self.operator.entries().filter(|(_, entry)| entry.id.is_none());
        let shown = entries.map(|(name, _)| match known.get(&RepositoryName::from(name).key()) {
            Some(id) => format!("{name} (id = {id})"),
            None => format!("{name} (not seen yet)"),
        });
        shown.collect()
    }

    /// Notes that GitHub lists a repository under this name now.
    pub(super) async fn note_listed(
        &self,
        store: &dyn Store,
        repository: &RepositoryRow,
    ) -> Result<(), StoreError> {
        if let EntryMatch::Unsettled(name, _) = self.standing(repository) {
            let whose = store.entry_seen(&RepositoryName::from(name).key(), repository.id).await?;
            lock(&self.known).insert(RepositoryName::from(name).key(), whose);
            tracing::info!(
                "the entry {name:?} of the operator's file is for repository {whose} from now on, whatever its name becomes"
            );
        }
        match self.standing(repository) {
            EntryMatch::Holds(name, _) => {
                lock(&self.listed).insert(RepositoryName::from(name).key());
            }
            EntryMatch::Refused(name, entry) => self.say_refused(store, repository, (name, entry)).await?,
            EntryMatch::Unnamed | EntryMatch::Unsettled(..) => {}
        }
        Ok(())
    }

    async fn say_refused(
        &self,
        store: &dyn Store,
        repository: &RepositoryRow,
        (name, entry): (&str, &Allowed),
    ) -> Result<(), StoreError> {
        let id = repository.id;
        let holder = entry.id.or_else(|| lock(&self.known).get(&RepositoryName::from(name).key()).copied());
        let Some(holder) = holder else { return Ok(()) };
        if !lock(&self.said).insert((RepositoryName::from(name).key(), id)) {
            return Ok(());
        }
        let known = store.repository(holder).await?;
        let known = known.map_or_else(String::new, |row| format!(", last known here as {}", row.full_name));
        tracing::error!(
            "{} is repository {id} now, but the entry {name:?} of the operator's file is for repository {holder}{known}. \
             Repository {id} gets no programs, secrets or addresses. If it is meant to have them, write id = {id} into the \
             entry and start the server again; if not, give the entry another name and id = {holder}",
            repository.full_name
        );
        Ok(())
    }

    /// Fails while it is not known what the operator's file says of a repository: GitHub is looked over first.
    pub(super) fn require_settled(&self, repository: &RepositoryRow) -> Result<(), WorkError> {
        let EntryMatch::Unsettled(name, _) = self.standing(repository) else { return Ok(()) };
        let changes = vec![Change::Mark(WorkItem::Installation(repository.installation))];
        let what =
            format!("it is not known yet whether the operator's entry {name:?} is for this repository");
        Err(WorkError { changes, ..WorkError::later(what) })
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;
    use crate::store::RepositoryState;
    use std::io;
    use std::pin::Pin;
    use std::sync::Arc;

    const FILE: &str = r#"
        [repository."acme/store"]
        [repository."acme/shop"]
        [repository."acme/fixed"]
        id = 9
    "#;

    fn entries(known: &[(&str, u64)]) -> Entries {
        let known = known.iter().map(|(name, id)| ((*name).to_owned(), RepositoryId(*id))).collect();
        Entries {
            operator: Operator::read(FILE).unwrap(),
            known: Mutex::new(known),
            listed: Mutex::default(),
            said: Mutex::default(),
            pending: watch::Sender::new(None),
        }
    }

    fn row(id: u64, name: &str) -> RepositoryRow {
        RepositoryRow {
            id: RepositoryId(id),
            installation: InstallationId(1),
            full_name: name.to_owned(),
            clone_url: String::new(),
            html_url: String::new(),
            default_branch: "master".to_owned(),
            state: RepositoryState::Active,
            reconciled_at: None,
        }
    }

    fn standing(known: &[(&str, u64)], id: u64, name: &str) -> String {
        match entries(known).standing(&row(id, name)) {
            EntryMatch::Unnamed => "unnamed".to_owned(),
            EntryMatch::Holds(name, _) => format!("holds {name}"),
            EntryMatch::Unsettled(name, _) => format!("unsettled {name}"),
            EntryMatch::Refused(name, _) => format!("refused {name}"),
        }
    }

    #[test]
    fn the_number_counts_and_the_name_only_until_it_is_known() {
        let store = [("acme/store", 7)];
        let both = [("acme/store", 7), ("acme/shop", 7)];
        for (known, id, name, wanted) in [
            (&[][..], 7, "Acme/Store", "unsettled acme/store"),
            (&[], 7, "acme/other", "unnamed"),
            (&store, 7, "acme/store", "holds acme/store"),
            (&store, 7, "other/elsewhere", "holds acme/store"),
            (&store, 8, "ACME/store", "refused acme/store"),
            (&store, 8, "acme/other", "unnamed"),
            // Renamed to what another entry is named: its own goes along.
            (&store, 7, "acme/shop", "holds acme/store"),
            (&both, 7, "acme/shop", "holds acme/shop"),
            (&both, 7, "acme/other", "holds acme/shop"),
            // A number that is written counts alone.
            (&[("acme/fixed", 8)], 9, "acme/any", "holds acme/fixed"),
            (&[("acme/fixed", 8)], 8, "acme/fixed", "refused acme/fixed"),
            (&[("acme/store", 9)], 9, "acme/store", "holds acme/fixed"),
        ] {
            assert_eq!(standing(known, id, name), wanted, "{known:?} {id} {name}");
        }
    }

    /// A clock on which any wait is over at once.
    #[derive(Debug)]
    struct Hasty;

    impl Clock for Hasty {
        fn now(&self) -> UnixMillis {
            UnixMillis(0)
        }

        fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::ready(()))
        }
    }

    /// A clock on which no wait is ever over.
    #[derive(Debug)]
    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> UnixMillis {
            UnixMillis(0)
        }

        fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::pending())
        }
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            lock(&self.0).write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    async fn said(entries: &Entries, clock: &dyn Clock) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .with_target(false)
            .with_writer(move || writer.clone());
        let listening = tracing::subscriber::set_default(subscriber.finish());
        let (_stop, stopped) = watch::channel(false);
        entries.tell_at_start(clock, stopped).await;
        drop(listening);
        let text = String::from_utf8(lock(&log.0).clone()).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    const BY_NAME: &str = "INFO should the database be lost, only a name says which repository these entries of the \
                           operator's file are for; write an id into each: acme/shop (not seen yet), acme/store (id = 7)";

    #[tokio::test]
    async fn entries_that_need_the_operator_are_named_once_github_was_looked_over() {
        let entries = entries(&[("acme/store", 7)]);
        entries.expect(BTreeSet::from([InstallationId(1), InstallationId(2)]));
        lock(&entries.listed).insert("acme/store".to_owned());
        entries.looked_over(InstallationId(1));
        entries.looked_over(InstallationId(2));
        let unmatched = "WARN entries of the operator's file that match no repository with the App installed: acme/fixed, acme/shop";
        assert_eq!(said(&entries, &Stopped).await, [unmatched, BY_NAME]);
    }

    #[tokio::test]
    async fn a_github_that_does_not_answer_is_not_waited_for_without_end() {
        let entries = entries(&[("acme/store", 7)]);
        entries.expect(BTreeSet::from([InstallationId(1)]));
        let unmatched = "WARN entries of the operator's file that match no repository with the App installed so far; not \
                         all of GitHub could be looked over: acme/fixed, acme/shop, acme/store";
        assert_eq!(said(&entries, &Hasty).await, [unmatched, BY_NAME]);
    }
}
