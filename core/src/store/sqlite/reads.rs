//! Questions about accounts, repositories, pull requests, the ledger and effects.

use super::values::Tip;
use crate::model::{
    BranchName, CommitId, DeployOutcome, EnvironmentName, InstallationId, LedgerEntry, LedgerTip, Merged,
    Move, Placed, PullNumber, PullRequest, PushedAt, RepositoryId, TipSource, UnixMillis, UnixSeconds,
    VerifiedTree, in_order,
};
use crate::store::{
    ActRow, ConfigurationRow, Effect, Installation, JudgedPull, LedgerRows, RepositoryRow, StoreError,
    WorkItem,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};

macro_rules! installation_columns {
    () => {
        "SELECT id, login, state, missing_grants, html_url FROM installations "
    };
}

const INSTALLATION: &str = concat!(installation_columns!(), "WHERE id = ?1");
const INSTALLATIONS: &str = concat!(installation_columns!(), "ORDER BY id");

macro_rules! repository_columns {
    () => {
        "SELECT id, installation, full_name, clone_url, html_url, default_branch, state, reconciled_at
        FROM repositories "
    };
}

const REPOSITORY: &str = concat!(repository_columns!(), "WHERE id = ?1");
const REPOSITORIES: &str = concat!(repository_columns!(), "ORDER BY id");
pub(super) const REPOSITORIES_OF: &str =
    concat!(repository_columns!(), "WHERE installation = ?1 ORDER BY id");

macro_rules! pull_columns {
    () => {
        "SELECT repository, number, state, head_branch, head_commit, head_repository, base_branch,
            author, updated_at, merged_at, merge_commit, stack, details"
    };
}

macro_rules! judged_pulls {
    () => {
        concat!(
            pull_columns!(),
            ", judged_head, judged_base, verdict, judged_at, judged_version, noted_head, noted_base
            FROM pull_requests "
        )
    };
}

/// Every verdict reads all that are open, so that what was found of each stays where it is.
macro_rules! bare_pulls {
    () => {
        concat!(pull_columns!(), " FROM pull_requests ")
    };
}

macro_rules! open {
    () => {
        "WHERE repository = :repository AND state = 'open' ORDER BY number"
    };
}

macro_rules! sharing {
    () => {
        "WHERE repository = :repository AND judged_head = :head AND judged_base = :base AND state = 'open'
        ORDER BY number"
    };
}

pub(super) const PULL: &str = concat!(judged_pulls!(), "WHERE repository = :repository AND number = :number");
pub(super) const OPEN_PULLS: &str = concat!(judged_pulls!(), open!());
pub(super) const OPEN: &str = concat!(bare_pulls!(), open!());
pub(super) const SHARING: &str = concat!(judged_pulls!(), sharing!());
pub(super) const SHARING_VERSIONS: &str =
    concat!("SELECT number, judged_version FROM pull_requests ", sharing!());

pub(super) const TIPS: &str = "
    SELECT tip, previous, moved_at, source FROM tips
    WHERE repository = :repository AND branch = :branch ORDER BY moved_at DESC, place DESC LIMIT :limit";

pub(super) const PUSHES: &str = "
    SELECT head, pushed_at, is_new FROM pushes WHERE repository = :repository AND branch = :branch
    ORDER BY pushed_at";

pub(super) const MERGED: &str = concat!(
    bare_pulls!(),
    "WHERE repository = :repository AND state = 'merged' ORDER BY merged_at DESC LIMIT :limit"
);

pub(super) const OUTCOMES: &str = "
    SELECT environment, tree, outcome FROM outcomes WHERE repository = :repository ORDER BY said_at DESC LIMIT :limit";

/// Whether somebody has signed these files off on an environment, and has not taken that back.
pub(super) const SIGNED_OFF: &str = "
    SELECT EXISTS (SELECT 1 FROM attestations INDEXED BY attestations_in_force
        WHERE repository = :repository AND environment = :environment AND data ->> 'withdrawn' IS NULL
        AND data ->> '$.what.kind' = 'sign-off' AND data ->> 'tree' = :tree)";

/// The environments that anybody reports on, one step of the index for each.
pub(super) const REPORTED: &str = "
    WITH RECURSIVE reported (environment) AS (
        SELECT min(environment) FROM outcomes WHERE repository = :repository
        UNION ALL
        SELECT (SELECT min(o.environment) FROM outcomes o
            WHERE o.repository = :repository AND o.environment > reported.environment)
        FROM reported WHERE reported.environment IS NOT NULL)
    SELECT environment FROM reported WHERE environment IS NOT NULL";

pub(super) const CONFIGURATION: &str =
    "SELECT repository, place, text, valid, read_at FROM configurations WHERE repository = ?1";

pub(super) const ACTS: &str = "
    SELECT repository, number, head, what, who, at, outcome, done FROM acts
    WHERE repository = :repository AND number = :number ORDER BY id";

/// Of a branch's line the newest of these are read for a verdict; git itself has its first-parent chain, and where else it
/// was pointed is asked for by commit.
const TIPS_AT_MOST: u32 = 5_000;

/// Older outcomes than these tell nothing of what is promoted today.
const OUTCOMES_AT_MOST: u32 = 5_000;

/// Older merges than these explain nothing that is open today.
const MERGED_AT_MOST: u32 = 1_000;

/// More moves than these are not made within the seconds in which their order is doubtful.
pub(super) const NEWEST_TIPS: &str = "
    SELECT repository, branch, moved_at, tip, previous, forced, actor, source FROM tips
    WHERE repository = :repository AND branch = :branch ORDER BY moved_at DESC, place DESC LIMIT 64";

pub(super) const EFFECT: &str = "
    SELECT e.content, e.substance, e.applied, e.github_id, e.attempted
    FROM work_items u JOIN effects e ON e.work_item = u.id WHERE u.key = ?1";

type Parameters<'a> = &'a [(&'a str, &'a dyn ToSql)];

pub(super) fn installation(
    connection: &Connection,
    id: InstallationId,
) -> Result<Option<Installation>, StoreError> {
    Ok(connection.prepare_cached(INSTALLATION)?.query_row([id], account_from).optional()?)
}

pub(super) fn installations(connection: &Connection) -> Result<Vec<Installation>, StoreError> {
    Ok(connection.prepare_cached(INSTALLATIONS)?.query_map([], account_from)?.collect::<Result<_, _>>()?)
}

fn account_from(row: &Row<'_>) -> rusqlite::Result<Installation> {
    Ok(Installation {
        id: row.get("id")?,
        login: row.get("login")?,
        state: row.get("state")?,
        missing: row.get("missing_grants")?,
        html_url: row.get("html_url")?,
    })
}

pub(super) fn repository(
    connection: &Connection,
    id: RepositoryId,
) -> Result<Option<RepositoryRow>, StoreError> {
    Ok(connection.prepare_cached(REPOSITORY)?.query_row([id], repository_from).optional()?)
}

pub(super) fn repositories(
    connection: &Connection,
    of: Option<InstallationId>,
) -> Result<Vec<RepositoryRow>, StoreError> {
    let found: rusqlite::Result<_> = match of {
        None => connection.prepare_cached(REPOSITORIES)?.query_map([], repository_from)?.collect(),
        Some(id) => connection.prepare_cached(REPOSITORIES_OF)?.query_map([id], repository_from)?.collect(),
    };
    Ok(found?)
}

fn repository_from(row: &Row<'_>) -> rusqlite::Result<RepositoryRow> {
    Ok(RepositoryRow {
        id: row.get("id")?,
        installation: row.get("installation")?,
        full_name: row.get("full_name")?,
        clone_url: row.get("clone_url")?,
        html_url: row.get("html_url")?,
        default_branch: row.get("default_branch")?,
        state: row.get("state")?,
        reconciled_at: row.get("reconciled_at")?,
    })
}

pub(super) fn pull(
    connection: &Connection,
    repository: RepositoryId,
    number: PullNumber,
) -> Result<Option<JudgedPull>, StoreError> {
    let parameters = named_params! { ":repository": repository, ":number": number };
    Ok(connection.prepare_cached(PULL)?.query_row(parameters, judged_from).optional()?)
}

pub(super) fn open_pulls(
    connection: &Connection,
    repository: RepositoryId,
) -> Result<Vec<JudgedPull>, StoreError> {
    judged(connection, OPEN_PULLS, named_params! { ":repository": repository })
}

pub(super) fn open_pulls_alone(
    connection: &Connection,
    repository: RepositoryId,
) -> Result<Vec<PullRequest>, StoreError> {
    pulls(connection, OPEN, named_params! { ":repository": repository })
}

pub(super) fn sharing(
    connection: &Connection,
    repository: RepositoryId,
    head: CommitId,
    base: &BranchName,
) -> Result<Vec<JudgedPull>, StoreError> {
    let parameters = named_params! { ":repository": repository, ":head": head, ":base": base };
    judged(connection, SHARING, parameters)
}

fn judged(connection: &Connection, sql: &str, by: Parameters<'_>) -> Result<Vec<JudgedPull>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_map(by, judged_from)?.collect::<Result<_, _>>()?)
}

fn pulls(connection: &Connection, sql: &str, by: Parameters<'_>) -> Result<Vec<PullRequest>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_map(by, pull_from)?.collect::<Result<_, _>>()?)
}

fn judged_from(row: &Row<'_>) -> rusqlite::Result<JudgedPull> {
    Ok(JudgedPull {
        pull: pull_from(row)?,
        judged_head: row.get("judged_head")?,
        judged_base: row.get("judged_base")?,
        verdict: row.get("verdict")?,
        judged_at: row.get("judged_at")?,
        judged_version: row.get("judged_version")?,
        grants_noted: row.get::<_, Option<CommitId>>("noted_head")?.zip(row.get("noted_base")?),
    })
}

/// By the places of `pull_columns`: looking columns up by their names takes longer than reading them.
fn pull_from(row: &Row<'_>) -> rusqlite::Result<PullRequest> {
    let merged = |at| Ok::<_, rusqlite::Error>(Merged { at, commit: row.get(10)? });
    Ok(PullRequest {
        repository: row.get(0)?,
        number: row.get(1)?,
        state: row.get(2)?,
        head_branch: row.get(3)?,
        head_commit: row.get(4)?,
        head_repository: row.get(5)?,
        base_branch: row.get(6)?,
        author: row.get(7)?,
        updated_at: row.get(8)?,
        merged: row.get::<_, Option<UnixSeconds>>(9)?.map(merged).transpose()?,
        stack: row.get(11)?,
        details: row.get(12)?,
    })
}

/// For whoever sets the App up, so it may walk the table.
const FIRST_VERDICT: &str = "
    SELECT repository, number FROM pull_requests WHERE judged_at IS NOT NULL ORDER BY judged_at, number LIMIT 1";

pub(super) fn first_verdict(
    connection: &Connection,
) -> Result<Option<(RepositoryId, PullNumber)>, StoreError> {
    let found = connection.prepare(FIRST_VERDICT)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

pub(super) fn topic_pushes(
    connection: &Connection,
    repository: RepositoryId,
    branch: &BranchName,
) -> Result<Vec<PushedAt>, StoreError> {
    let by = named_params! { ":repository": repository, ":branch": branch };
    let push = |row: &Row<'_>| Ok(PushedAt { commit: row.get(0)?, at: row.get(1)?, is_new: row.get(2)? });
    Ok(connection.prepare_cached(PUSHES)?.query_map(by, push)?.collect::<Result<_, _>>()?)
}

/// Reads the ledger as of one moment, though it takes several statements.
pub(super) fn ledger(
    connection: &Connection,
    repository: RepositoryId,
    branches: &[BranchName],
    topic: Option<&BranchName>,
) -> Result<LedgerRows, StoreError> {
    let moment = connection.unchecked_transaction()?;
    let mut rows = LedgerRows::default();
    let mut statement = moment.prepare_cached(TIPS)?;
    for branch in branches {
        let by = named_params! { ":repository": repository, ":branch": branch, ":limit": TIPS_AT_MOST };
        let mut moves = statement.query_map(by, move_from)?.collect::<Result<Vec<_>, _>>()?;
        moves.reverse();
        for Placed { index, at } in in_order(&moves) {
            let Move { after, source, .. } = moves[index];
            rows.tips.extend(after.map(|commit| (branch.clone(), LedgerTip { commit, at, source })));
        }
    }
    if let Some(topic) = topic {
        rows.pushes = topic_pushes(&moment, repository, topic)?;
    }
    rows.open = open_pulls_alone(&moment, repository)?;
    rows.merged = merged_pulls(&moment, repository, MERGED_AT_MOST)?;
    rows.merged.reverse();
    rows.verified = verified(&moment, repository)?;
    let by = named_params! { ":repository": repository };
    rows.reported =
        moment.prepare_cached(REPORTED)?.query_map(by, |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(rows)
}

fn verified(connection: &Connection, repository: RepositoryId) -> Result<Vec<VerifiedTree>, StoreError> {
    let by = named_params! { ":repository": repository, ":limit": OUTCOMES_AT_MOST };
    let mut statement = connection.prepare_cached(OUTCOMES)?;
    let found = statement.query_map(by, |row| {
        let tree = VerifiedTree { environment: row.get(0)?, tree: row.get(1)? };
        Ok((tree, row.get::<_, DeployOutcome>(2)?))
    })?;
    let mut verified = Vec::new();
    for outcome in found {
        let (tree, outcome) = outcome?;
        let counts = match outcome {
            DeployOutcome::Success => true,
            // A person has to have looked at it.
            DeployOutcome::Degraded => is_signed_off(connection, repository, &tree)?,
            DeployOutcome::Failure | DeployOutcome::RolledBack => false,
        };
        if counts {
            verified.push(tree);
        }
    }
    Ok(verified)
}

fn is_signed_off(
    connection: &Connection,
    repository: RepositoryId,
    of: &VerifiedTree,
) -> Result<bool, StoreError> {
    let by = named_params! {
        ":repository": repository, ":environment": EnvironmentName::from(of.environment.as_str()), ":tree": of.tree.to_string(),
    };
    Ok(connection.prepare_cached(SIGNED_OFF)?.query_row(by, |row| row.get(0))?)
}

pub(super) fn merged_pulls(
    connection: &Connection,
    repository: RepositoryId,
    limit: u32,
) -> Result<Vec<PullRequest>, StoreError> {
    pulls(connection, MERGED, named_params! { ":repository": repository, ":limit": limit })
}

pub(super) fn configuration(
    connection: &Connection,
    repository: RepositoryId,
) -> Result<Option<ConfigurationRow>, StoreError> {
    let found = connection.prepare_cached(CONFIGURATION)?.query_row([repository], |row| {
        Ok(ConfigurationRow {
            repository: row.get("repository")?,
            place: row.get("place")?,
            text: row.get("text")?,
            valid: row.get("valid")?,
            read_at: row.get("read_at")?,
        })
    });
    Ok(found.optional()?)
}

pub(super) fn acts(
    connection: &Connection,
    repository: RepositoryId,
    number: PullNumber,
) -> Result<Vec<ActRow>, StoreError> {
    let parameters = named_params! { ":repository": repository, ":number": number };
    let found = connection
        .prepare_cached(ACTS)?
        .query_map(parameters, |row| {
            Ok(ActRow {
                repository: row.get("repository")?,
                number: row.get("number")?,
                head: row.get("head")?,
                what: row.get("what")?,
                who: row.get("who")?,
                at: row.get("at")?,
                outcome: row.get("outcome")?,
                done: row.get("done")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// `None` where the branch was deleted: then it pointed at nothing.
fn move_from(row: &Row<'_>) -> rusqlite::Result<Move> {
    let Tip(after) = row.get(0)?;
    Ok(Move { after, before: row.get(1)?, at: row.get(2)?, source: row.get(3)? })
}

/// The tips of one branch in the order in which it was moved there.
pub(super) fn in_order_of_moves(tips: &[LedgerEntry]) -> Vec<LedgerEntry> {
    let moves: Vec<Move> = tips.iter().map(LedgerEntry::as_move).collect();
    let placed = in_order(&moves).into_iter();
    placed.map(|Placed { index, at }| LedgerEntry { at, ..tips[index].clone() }).collect()
}

pub(super) fn newest_tip(
    connection: &Connection,
    repository: RepositoryId,
    branch: &BranchName,
) -> Result<Option<LedgerEntry>, StoreError> {
    let parameters = named_params! { ":repository": repository, ":branch": branch };
    let mut tips: Vec<LedgerEntry> =
        connection.prepare_cached(NEWEST_TIPS)?.query_map(parameters, tip_from)?.collect::<Result<_, _>>()?;
    tips.reverse();
    let mut tips = in_order_of_moves(&tips);
    // Dates of commits say nothing against a move that was seen.
    let seen = tips.iter().rposition(|tip| tip.source != TipSource::Backfill);
    Ok(seen.map(|place| tips.swap_remove(place)).or_else(|| tips.pop()))
}

pub(super) fn tip_from(row: &Row<'_>) -> rusqlite::Result<LedgerEntry> {
    let Tip(commit) = row.get("tip")?;
    Ok(LedgerEntry {
        repository: row.get("repository")?,
        branch: row.get("branch")?,
        commit,
        before: row.get("previous")?,
        at: row.get("moved_at")?,
        forced: row.get("forced")?,
        actor: row.get("actor")?,
        source: row.get("source")?,
    })
}

pub(super) fn effect(connection: &Connection, item: &WorkItem) -> Result<Option<Effect>, StoreError> {
    Ok(connection.prepare_cached(EFFECT)?.query_row([item], effect_from).optional()?)
}

pub(super) fn effect_from(row: &Row<'_>) -> rusqlite::Result<Effect> {
    Ok(Effect {
        content: row.get("content")?,
        substance: row.get("substance")?,
        applied: row.get("applied")?,
        github_id: row.get::<_, Option<i64>>("github_id")?.map(i64::cast_unsigned),
        attempted: Some(row.get("attempted")?).filter(|at| *at != UnixMillis(0)),
    })
}
