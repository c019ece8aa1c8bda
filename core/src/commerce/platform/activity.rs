use super::links::Links;
use crate::model::{CommitId, UnixMillis};
use chrono::DateTime;
use serde_json::Value;
use std::time::Duration;

/// How far an activity has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityState {
    /// It waits for its turn.
    Pending,
    /// It waits for somebody to deploy by hand.
    Staged,
    /// It is under way.
    InProgress,
    /// Somebody has ended it.
    Cancelled,
    /// It has ended.
    Complete,
}

impl ActivityState {
    fn read(word: &str) -> Self {
        match word {
            "pending" | "scheduled" => Self::Pending,
            "staged" => Self::Staged,
            "cancelled" => Self::Cancelled,
            "complete" => Self::Complete,
            // A state of later times is one in which it has not ended.
            _ => Self::InProgress,
        }
    }

    /// Whether it will come no further.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Complete)
    }
}

/// How one has ended that has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityEnd {
    /// Well.
    Success,
    /// A hook has failed.
    Hook,
    /// The platform has failed.
    Platform,
}

/// A hook that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRun {
    /// The application.
    pub application: String,
    /// `build`, `deploy` or `post_deploy`.
    pub hook: String,
    /// The status it ended with.
    pub exit_code: i64,
}

/// Something that the platform does or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The platform's id of it.
    pub id: String,
    /// What it is, such as `environment.push`.
    pub kind: String,
    /// How far it has come.
    pub state: ActivityState,
    /// How it has ended, once it has.
    pub end: Option<ActivityEnd>,
    /// The ids of the environments that it is about.
    pub environments: Vec<String>,
    /// The commits that it brings; the one that it brings the branch to comes first.
    pub commits: Vec<String>,
    /// When it was made, by the platform's clock.
    pub created_at: Option<UnixMillis>,
    /// When it began.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub completed_at: Option<UnixMillis>,
    /// How long its deploy phase took, where the platform has told.
    pub deploy_took: Option<Duration>,
    /// The hooks that were run.
    pub commands: Vec<CommandRun>,
    /// What can be done with it now.
    pub links: Links,
}

impl Activity {
    /// One activity; `None` where the answer is none.
    pub fn read(answer: &Value) -> Option<Self> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let time = |name: &str| text(name).and_then(moment);
        let state = ActivityState::read(text("state")?);
        Some(Self {
            id: text("id")?.to_owned(),
            kind: text("type")?.to_owned(),
            state,
            end: (state == ActivityState::Complete).then(|| match (text("result"), text("failure_reason")) {
                (Some("success"), _) => ActivityEnd::Success,
                (_, Some("shell")) => ActivityEnd::Hook,
                _ => ActivityEnd::Platform,
            }),
            environments: texts(answer.get("environments")),
            commits: commits(answer),
            created_at: time("created_at"),
            started_at: time("started_at"),
            completed_at: time("completed_at").or_else(|| time("cancelled_at")),
            deploy_took: answer
                .get("timings")
                .and_then(|it| it.get("deploy"))
                .and_then(Value::as_f64)
                .filter(|seconds| *seconds > 0.0)
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            commands: answer
                .get("commands")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(command)
                .collect(),
            links: Links::of(answer),
        })
    }

    /// The activities of a list, in its order.
    pub fn read_list(list: &Value) -> Option<Vec<Self>> {
        Some(list.as_array()?.iter().filter_map(Self::read).collect())
    }

    /// The activities that an answer to an order tells of.
    pub fn begun(answer: &Value) -> Vec<Self> {
        let listed = answer.get("_embedded").and_then(|it| it.get("activities"));
        let all = listed.and_then(Self::read_list).unwrap_or_default();
        // Beside it the integration's own may stand.
        all.into_iter().filter(|it| it.kind.starts_with("environment.")).collect()
    }

    /// Whether it brings a branch to this commit.
    pub fn brings(&self, commit: CommitId) -> bool {
        let commit = commit.to_string();
        self.commits.first().is_some_and(|first| *first == commit)
    }

    /// The commit that it brings a branch to, where it brings this one on the way there.
    fn tip_past(&self, commit: CommitId) -> Option<CommitId> {
        let commit = commit.to_string();
        let (tip, others) = self.commits.split_first()?;
        let is_on_the_way = *tip != commit && others.contains(&commit);
        is_on_the_way.then(|| tip.parse().ok()).flatten()
    }

    /// The first hook that has failed.
    pub fn failed_command(&self) -> Option<&CommandRun> {
        self.commands.iter().find(|it| it.exit_code != 0)
    }

    /// Whether a hook tells that the build is over and the deploy itself has begun, or is about to.
    pub fn has_been_built(&self) -> bool {
        self.commands.iter().any(|it| it.hook != "build" || it.exit_code == 0)
    }

    fn is_push(&self) -> bool {
        !self.commits.is_empty()
    }

    fn deploys_the_same_again(&self) -> bool {
        self.kind == "environment.redeploy"
    }
}

fn moment(text: &str) -> Option<UnixMillis> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| UnixMillis(at.timestamp_millis()))
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let all = list.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

fn commits(answer: &Value) -> Vec<String> {
    let new = answer.get("parameters").and_then(|it| it.get("new_commit")).and_then(Value::as_str);
    let listed = answer.get("payload").and_then(|it| it.get("commits")).and_then(Value::as_array);
    let listed = listed.into_iter().flatten().filter_map(|it| it.get("sha")?.as_str());
    let mut all: Vec<String> = new.into_iter().chain(listed).map(str::to_owned).collect();
    all.dedup();
    all
}

fn command(answer: &Value) -> Option<CommandRun> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(CommandRun {
        application: text("app"),
        hook: text("type"),
        exit_code: answer.get("exit_code")?.as_i64()?,
    })
}

/// The activity that deploys a commit to an environment, of a list in any order: of several the newest, and what was
/// deployed again after it, unless another commit came in between.
pub fn activity_for<'a>(
    activities: &'a [Activity],
    environment: &str,
    commit: CommitId,
) -> Option<&'a Activity> {
    let mut of_it: Vec<&Activity> =
        activities.iter().filter(|it| it.environments.iter().any(|id| id == environment)).collect();
    // Of two at one moment the one that the API names first is the newer one: it lists the newest first.
    of_it.sort_by_key(|it| std::cmp::Reverse(it.created_at));
    let mut again = None;
    for activity in of_it {
        if activity.deploys_the_same_again() {
            again = again.or(Some(activity));
        } else if activity.brings(commit) {
            return again.or(Some(activity));
        } else if activity.is_push() {
            again = None;
        }
    }
    None
}

/// The newest activity that brings a newer commit to an environment and this one along with it, and that commit: what was
/// merged in quick succession is fetched at once.
pub fn activity_past<'a>(
    activities: &'a [Activity],
    environment: &str,
    commit: CommitId,
) -> Option<(&'a Activity, CommitId)> {
    let of_it = activities.iter().filter(|it| it.environments.iter().any(|id| id == environment));
    of_it.filter_map(|it| Some((it, it.tip_past(commit)?))).max_by_key(|(it, _)| it.created_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn commit(digit: char) -> CommitId {
        digit.to_string().repeat(40).parse().unwrap()
    }

    fn push(id: &str, minute: u32, digit: char) -> Value {
        json!({
            "id": id, "type": "environment.push", "state": "in_progress", "environments": ["staging"],
            "created_at": format!("2026-03-01T10:{minute:02}:00.000000+00:00"),
            "parameters": { "environment": "staging", "new_commit": commit(digit) },
        })
    }

    fn redeploy(id: &str, minute: u32) -> Value {
        json!({
            "id": id, "type": "environment.redeploy", "state": "pending", "environments": ["staging"],
            "created_at": format!("2026-03-01T10:{minute:02}:00+00:00"), "parameters": [],
        })
    }

    fn found(list: &[Value], digit: char) -> Option<String> {
        let all = Activity::read_list(&json!(list)).unwrap();
        activity_for(&all, "staging", commit(digit)).map(|it| it.id.clone())
    }

    #[test]
    fn the_newest_activity_for_a_commit_decides() {
        let ours = [push("b", 2, '1'), push("a", 1, '1')];
        assert_eq!(found(&ours, '1').as_deref(), Some("b"));
        assert_eq!(found(&[ours[1].clone(), ours[0].clone()], '1').as_deref(), Some("b"), "in any order");
        assert_eq!(found(&ours, '2'), None);
        let others = [push("c", 3, '2'), push("a", 1, '1')];
        assert_eq!(found(&others, '1').as_deref(), Some("a"), "somebody else's in between is not ours");
        assert_eq!(found(&[redeploy("r", 4), ours[0].clone()], '1').as_deref(), Some("r"));
        let of_another = [redeploy("r", 4), push("c", 3, '2'), push("a", 1, '1')];
        assert_eq!(found(&of_another, '1').as_deref(), Some("a"), "that deploys the other commit again");
        assert_eq!(found(&of_another, '2').as_deref(), Some("r"));
        let mut elsewhere = push("a", 1, '1');
        elsewhere["environments"] = json!(["production"]);
        assert_eq!(found(&[elsewhere], '1'), None);
    }

    #[test]
    fn what_was_fetched_with_a_newer_commit_is_found_by_it() {
        let mut both = push("a", 1, '2');
        both["payload"] = json!({ "commits": [{ "sha": commit('2') }, { "sha": commit('1') }] });
        let all = Activity::read_list(&json!([both])).unwrap();
        let past = |environment: &str, digit| {
            activity_past(&all, environment, commit(digit)).map(|(it, tip)| (it.id.as_str(), tip))
        };
        assert_eq!(past("staging", '1'), Some(("a", commit('2'))));
        assert_eq!(past("staging", '2'), None, "that is its own");
        assert_eq!(past("staging", '3'), None);
        assert_eq!(past("production", '1'), None);
    }

    #[test]
    fn an_activity_is_read_from_what_there_is() {
        let whole = json!({
            "id": "a", "type": "environment.push", "state": "complete", "result": "failure", "failure_reason": "shell",
            "environments": ["staging"], "payload": { "commits": [{ "sha": commit('1') }, { "sha": commit('0') }] },
            "commands": [{ "app": "shop", "type": "build", "exit_code": 0 }, { "app": "shop", "type": "deploy", "exit_code": 126 }, {}],
            "completed_at": "2026-03-01T10:00:00+00:00", "_links": { "log": { "href": "/log" }, "odd": 7 },
        });
        let read = Activity::read(&whole).unwrap();
        assert_eq!((read.state, read.end), (ActivityState::Complete, Some(ActivityEnd::Hook)));
        assert!(read.brings(commit('1')) && !read.brings(commit('0')));
        assert!(read.has_been_built());
        assert_eq!(read.failed_command().map(|it| (it.hook.as_str(), it.exit_code)), Some(("deploy", 126)));
        assert_eq!((read.links.get("log"), read.links.get("odd")), (Some("/log"), None));
        for (state, result, end) in [
            ("complete", json!("success"), Some(ActivityEnd::Success)),
            ("complete", json!(null), Some(ActivityEnd::Platform)),
            ("in_progress", json!("success"), None),
            ("cancelled", json!("failure"), None),
        ] {
            let read =
                Activity::read(&json!({ "id": "a", "type": "t", "state": state, "result": result })).unwrap();
            assert_eq!(read.end, end, "{state}");
        }
        for none in [json!({}), json!([]), json!("x"), json!({ "id": 7, "type": "t", "state": "pending" })] {
            assert_eq!(Activity::read(&none), None, "{none}");
        }
        assert_eq!(Activity::read_list(&json!({ "message": "no" })), None);
        assert_eq!(Activity::begun(&json!({ "_embedded": { "activities": [redeploy("r", 1)] } })).len(), 1);
        assert_eq!(Activity::begun(&json!({ "status": "Accepted" })), []);
    }
}
