//! Asynchronous merges.

use serde_json::{Value, json};

use crate::model::{AsyncMerge, MergeOutcome};

/// `pull-request-merge-async-result` of an accepted request; `pending` is the message until it has run.
pub(crate) fn async_merge(merge: &AsyncMerge, pending: &str) -> Value {
    match &merge.outcome {
        MergeOutcome::Pending => json!({
            "status": "pending",
            "details": {
                "message": pending,
                "uuid": merge.uuid,
                "merge_method": merge.method.as_deref().unwrap_or("default"),
                "merge_action": merge.action.as_str(),
                "expected_head_sha": merge.expected,
            },
        }),
        MergeOutcome::Merged(sha) => already_merged("Pull request was merged.", sha),
        MergeOutcome::Enqueued => without_merge("enqueued", "Pull request is in the merge queue."),
        MergeOutcome::Failed(sentence) => without_merge("failed", sentence),
    }
}

/// The same, once merged.
pub(crate) fn already_merged(message: &str, sha: &str) -> Value {
    json!({ "status": "merged", "details": { "message": message, "sha": sha } })
}

/// The same, not merged: `enqueued` or `failed`.
pub(crate) fn without_merge(status: &str, message: &str) -> Value {
    json!({ "status": status, "details": { "message": message } })
}
