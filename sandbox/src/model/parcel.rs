//! Webhooks on their way.

use serde_json::Value;

/// A webhook on its way to one app.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) app: u64,
    pub(crate) installation: Option<u64>,
    pub(crate) repository: Option<u64>,
    pub(crate) event: String,
    pub(crate) action: Option<String>,
    pub(crate) guid: String,
    pub(crate) payload: Value,
    /// Asked for again over REST.
    pub(crate) redelivery: bool,
    /// Past the failures that may befall it: it is only delivered now.
    pub(crate) excused: bool,
}
