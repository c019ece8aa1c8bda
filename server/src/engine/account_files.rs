//! The configuration that an account's `.github` repository has for all those without one of their own: asked for once,
//! however many repositories go by it.

use super::work_error::WorkError;
use crate::github::SingleFlight;
use crate::model::config::CONFIGURATION_PATH;
use crate::model::{InstallationId, RepositoryName, UnixMillis};
use crate::store::{ConfigurationRow, RepositoryRow, Store, StoreError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long an answer holds. Where the installation covers the repository its pushes say more; where it
/// does not, nobody ever tells.
const HOLDS: Duration = Duration::from_secs(15 * 60);

/// The files by account.
#[derive(Debug, Default)]
pub(super) struct AccountFiles(Mutex<HashMap<(InstallationId, RepositoryName), Arc<AccountFile>>>);

/// One account's file.
#[derive(Debug, Default)]
struct AccountFile {
    /// The text, where there is a file, and when it was read.
    flight: SingleFlight<(Option<String>, UnixMillis), WorkError>,
    /// Whether somebody may have been answered otherwise than its own repository has it by now.
    has_changed: AtomicBool,
}

impl AccountFiles {
    fn place(&self, installation: InstallationId, shared: &RepositoryName) -> Arc<AccountFile> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(places.entry((installation, shared.clone())).or_default())
    }

    /// The file, for which `ask` is awaited only where no answer holds.
    pub(super) async fn get(
        &self,
        (installation, shared): (InstallationId, &RepositoryName),
        now: UnixMillis,
        ask: impl Future<Output = Result<Option<String>, WorkError>>,
    ) -> Result<Option<String>, WorkError> {
        // Of a clock that was set back, too.
        let holds = |(_, at): &(_, UnixMillis)| (*at..*at + HOLDS).contains(&now);
        let ask = async { Ok((ask.await?, now)) };
        Ok(self.place(installation, shared).flight.get(holds, ask).await?.0)
    }

    /// Takes note of the file as its own repository has it: its pushes are reported there.
    pub(super) async fn note(&self, row: &RepositoryRow, text: Option<&str>, now: UnixMillis) {
        let place = self.place(row.installation, &RepositoryName::from(&row.full_name));
        let mut slot = place.flight.lock().await;
        if slot.answer.as_ref().is_some_and(|(told, _)| told.as_deref() != text) {
            place.has_changed.store(true, Ordering::Relaxed);
        }
        slot.set((text.map(str::to_owned), now));
    }

    /// Those of the account that were judged by another file than `read`, which its `.github` repository has now. Who was
    /// never looked at will read it then, unless the former one was read and is being stored right now.
    pub(super) async fn judged_by_another(
        &self,
        store: &dyn Store,
        row: &RepositoryRow,
        read: &ConfigurationRow,
    ) -> Result<Vec<RepositoryRow>, StoreError> {
        let place = self.place(row.installation, &RepositoryName::from(&row.full_name));
        // Not while somebody takes note of it.
        let has_changed = {
            let _noted = place.flight.lock().await;
            place.has_changed.load(Ordering::Relaxed)
        };
        let mut concerned = Vec::new();
        for other in store.repositories(Some(row.installation)).await? {
            if other.id == row.id {
                continue;
            }
            let known = store.configuration(other.id).await?;
            let goes_by_another = known
                .map_or(has_changed, |known| known.place != CONFIGURATION_PATH && known.text != read.text);
            if goes_by_another {
                concerned.push(other);
            }
        }
        Ok(concerned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    fn shared() -> RepositoryName {
        RepositoryName::shared_by("acme")
    }

    async fn get(
        files: &AccountFiles,
        now: UnixMillis,
        asked: &AtomicU32,
        answer: Result<Option<&str>, ()>,
    ) -> Result<Option<String>, WorkError> {
        let ask = async {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            answer.map(|text| text.map(str::to_owned)).map_err(|()| WorkError::later("no answer"))
        };
        files.get((InstallationId(1), &shared()), now, ask).await
    }

    #[tokio::test]
    async fn many_repositories_cost_one_call_until_the_answer_is_old() {
        const MOMENT: Duration = Duration::from_millis(1);
        let old = UnixMillis(0) + HOLDS;
        let (files, asked) = (AccountFiles::default(), AtomicU32::new(0));
        let both = || get(&files, UnixMillis(0), &asked, Ok(Some("version: 1")));
        let (one, two) = tokio::join!(both(), both());
        assert_eq!(
            (one.unwrap().as_deref(), two.unwrap().as_deref()),
            (Some("version: 1"), Some("version: 1"))
        );
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(get(&files, old - MOMENT, &asked, Ok(None)).await.unwrap().is_some());
        assert_eq!(get(&files, old, &asked, Ok(None)).await.unwrap(), None);
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        // That there is none holds as well, but not for a clock that was set back.
        assert_eq!(get(&files, old + MOMENT, &asked, Ok(Some("x"))).await.unwrap(), None);
        assert!(get(&files, old - MOMENT, &asked, Ok(Some("x"))).await.unwrap().is_some());
        assert_eq!(asked.into_inner(), 3);
    }
}
