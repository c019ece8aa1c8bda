//! Traces: what a delivery has given rise to, for a collector that speaks OpenTelemetry's protocol.
//!
//! Lives here: the layer that makes spans of the log's own (`layer`), their JSON (`otlp`), and the task that sends them
//! (`exporter`). It speaks OTLP over HTTP in JSON with the client that is there for deploys: OpenTelemetry's own crates
//! would bring a second stack of gRPC types along, several times as large as what is sent.
//!
//! Does not live here: what a span is: `web` and `engine` open those that the log has anyway. Where nobody asks for
//! traces, none of this is made.
//!
//! Open first: `layer.rs`.
//!
//! A trace is named after its delivery, so that whoever knows the GUID finds it, and work after a restart belongs to it.
//! Its first span is the webhook call. All work that the delivery gave rise to lies beneath: that on the pull request,
//! and that which brings the check to GitHub.

mod exporter;
mod layer;
mod otlp;

pub use exporter::{Exporter, TracesError};
pub use layer::TraceLayer;
