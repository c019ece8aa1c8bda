//! `towpath lock`, `towpath unlock` and `towpath cancel`: the operator does what the commands of those names do.

use super::UsageError;
use super::acts::{At, Telling, TellingAtOnce, ask, operators_name};
use super::moment::Moment;
use super::rollback::worth_telling;
use crate::commands::spec::{LocalMoment, Until};
use crate::engine::{Clock as _, SystemClock};
use crate::model::UnixMillis;
use crate::model::calendar::Zone;
use crate::store::RequestedAct;
use std::process::ExitCode;

/// What `towpath lock` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath lock production --repository acme/store --reason stocktaking
  towpath lock production --repository acme/store --reason test --until 2h
  towpath lock production --repository acme/store --reason test --until 2026-12-20

Every pull request into a locked environment waits, and nobody can ask for a deploy of it. Rollbacks
still go. It is what the comment /lock does; but a day and a time are those of UTC here, and in a
comment those of the project's clocks.

It asks the server, which has to run with the same data folder.

Exit status: 0 accepted; 1 no server answered; 2 the request is wrong; 6 refused.")]
pub(super) struct LockArguments {
    #[command(flatten)]
    at: At,
    /// Why; everybody sees this on each pull request that waits
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// When the lock ends by itself: so long from now on (30m, 2h, 3d), a day, or a day and a time, in UTC [default: when
    /// somebody ends it]
    #[arg(long, value_name = "TIME", value_parser = ends)]
    until: Option<Until>,
    /// Who asks; everybody sees this
    #[arg(long, value_name = "NAME", default_value = "operator", value_parser = operators_name)]
    by: String,
    #[command(flatten)]
    pub(super) telling: TellingAtOnce,
}

/// What `towpath unlock` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  towpath unlock production --repository acme/store
  towpath unlock production --repository acme/store --force

Without --force it ends the operator's own lock alone. It is what the comment /unlock does.

Exit status: 0 accepted; 1 no server answered; 2 the request is wrong; 6 refused.")]
pub(super) struct UnlockArguments {
    #[command(flatten)]
    at: At,
    /// End somebody else's lock, too
    #[arg(long)]
    force: bool,
    /// Who asks
    #[arg(long, value_name = "NAME", default_value = "operator", value_parser = operators_name)]
    by: String,
    #[command(flatten)]
    pub(super) telling: TellingAtOnce,
}

/// What `towpath cancel` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  towpath cancel staging --repository acme/store

It ends the deploy that is running, where whoever carries it out can be told to; else what waits
for its turn. It is what the comment /cancel does.

Exit status: 0 accepted; 1 no server answered; 2 the request is wrong; 6 refused.")]
pub(super) struct CancelArguments {
    #[command(flatten)]
    at: At,
    /// Who asks; everybody sees this
    #[arg(long, value_name = "NAME", default_value = "operator", value_parser = operators_name)]
    by: String,
    #[command(flatten)]
    pub(super) telling: Telling,
}

/// A time as comments take it, or a moment as the other commands do.
pub(super) fn ends(text: &str) -> Result<Until, String> {
    let moment = || text.parse().ok().map(|at: Moment| Until::At(at.seconds()));
    Until::read(text).or_else(moment).ok_or_else(|| {
        format!(
            "{text:?} is no time; write so long from now on (30m, 2h, 3d), a day (2026-12-20), or a day and a time in UTC \
             (\"2026-12-20 18:00\")"
        )
    })
}

/// When that is.
pub(super) fn moment_of(until: Until) -> UnixMillis {
    match until {
        Until::After(after) => SystemClock.now() + after,
        Until::At(at) => at.to_millis(),
        Until::Local(at) => utc(at),
    }
}

/// A day and a time, which are those of UTC here: whoever sits at the server need not know the project's clocks.
fn utc(at: LocalMoment) -> UnixMillis {
    Zone::default().moment(at.as_str()).map_or(UnixMillis(0), |span| span.until.to_millis())
}

/// Asks the server for a lock.
pub(super) async fn lock(arguments: LockArguments) -> Result<ExitCode, UsageError> {
    let LockArguments { at, reason, until, by, telling } = arguments;
    let until = until.map(moment_of);
    let act =
        RequestedAct::Lock { by, by_id: None, reason: worth_telling(&reason)?, until, while_open: None };
    ask(&at, act, &telling.into()).await
}

/// Asks the server to end a lock.
pub(super) async fn unlock(arguments: UnlockArguments) -> Result<ExitCode, UsageError> {
    let UnlockArguments { at, force, by, telling } = arguments;
    ask(&at, RequestedAct::Unlock { by, by_id: None, force }, &telling.into()).await
}

/// Asks the server to end the deploy that is running.
pub(super) async fn cancel(arguments: CancelArguments) -> Result<ExitCode, UsageError> {
    let CancelArguments { at, by, telling } = arguments;
    ask(&at, RequestedAct::Cancel { by }, &telling).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixSeconds;
    use std::time::Duration;

    #[test]
    fn a_lock_ends_when_a_comment_could_say_so_or_at_a_moment() {
        assert_eq!(ends("2h"), Ok(Until::After(Duration::from_secs(7_200))));
        let at = Ok(Until::At(UnixSeconds(1_797_724_800)));
        for text in ["2026-12-20T00:00Z", "1797724800"] {
            assert_eq!(ends(text), at, "{text}");
        }
        for text in ["2026-12-20", "2026-12-20 00:00"] {
            let Ok(Until::Local(local)) = ends(text) else { panic!("{text}") };
            assert_eq!(utc(local).to_seconds(), UnixSeconds(1_797_724_800), "{text}");
        }
        let said = ends("tomorrow").unwrap_err();
        for words in ["\"tomorrow\" is no time", "(30m, 2h, 3d)", "a day (2026-12-20)", "in UTC"] {
            assert!(said.contains(words), "{said}");
        }
    }
}
