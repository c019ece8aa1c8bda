use super::otlp::Span;
use crate::model::UnixMillis;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The spans that are of a trace.
const CALL: &str = "webhook";
const WORK: &str = "work";
/// The field that names the deliveries that are worked on.
const DELIVERY: &str = "delivery";
/// The field that names the one that work goes back to which has none of its own.
const ORIGIN: &str = "origin";

/// Hands the spans of the log that belong to a delivery to the exporter.
pub struct TraceLayer {
    spans: mpsc::Sender<Span>,
    /// What the clock showed at a moment: later ones are told from there, so that no span ends before it begins.
    start: (UnixMillis, Instant),
    next: AtomicU64,
}

/// What is known of a span that goes on.
struct Begun {
    at: u64,
    fields: Vec<(&'static str, String)>,
    failed: bool,
}

impl Visit for Begun {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }
}

impl Begun {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The delivery whose trace it is of: the first where there are several.
    fn delivery(&self) -> Option<&str> {
        let named = self.field(DELIVERY).or_else(|| self.field(ORIGIN))?;
        named.split([',', ' ']).next().filter(|it| !it.is_empty())
    }
}

impl TraceLayer {
    pub(super) fn new(spans: mpsc::Sender<Span>, now: UnixMillis, seed: u32) -> Self {
        // Numbers of another run of the server are others.
        let next = AtomicU64::new(u64::from(seed) << 32 | 1);
        Self { spans, start: (now, Instant::now()), next }
    }

    fn now(&self) -> u64 {
        let (at, since) = &self.start;
        let start = u64::try_from(at.0).unwrap_or_default().saturating_mul(1_000_000);
        start.saturating_add(u64::try_from(since.elapsed().as_nanos()).unwrap_or_default())
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TraceLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let is_ours = [CALL, WORK].contains(&metadata.name()) && metadata.target().starts_with("towpath");
        let Some(span) = context.span(id).filter(|_| is_ours) else { return };
        let mut begun = Begun { at: self.now(), fields: Vec::new(), failed: false };
        attributes.record(&mut begun);
        span.extensions_mut().insert(begun);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(begun) = span.extensions_mut().get_mut::<Begun>() {
            values.record(begun);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if *event.metadata().level() != Level::ERROR {
            return;
        }
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(begun) = span.extensions_mut().get_mut::<Begun>() {
                begun.failed = true;
            }
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(begun) = span.extensions_mut().remove::<Begun>() else { return };
        let Some(delivery) = begun.delivery().map(str::to_owned) else { return };
        let is_call = span.name() == CALL;
        let what = if is_call { begun.field("event") } else { begun.field("work_item") };
        // The kind alone: many spans of one name are what collectors count by.
        let what = what.and_then(|it| it.split(':').next()).unwrap_or_default();
        let name = format!("{} {what}", span.name());
        let number = (!is_call).then(|| self.next.fetch_add(1, Ordering::Relaxed));
        let Begun { at, fields, failed } = begun;
        let ended = Span { delivery, number, name, began: at, ended: self.now(), attributes: fields, failed };
        // Where the collector is slower than what happens, traces are what is lost.
        let _ = self.spans.try_send(ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[test]
    fn a_call_and_all_work_that_goes_back_to_it_are_of_one_trace() {
        let (sender, mut spans) = mpsc::channel(8);
        let layer = TraceLayer::new(sender, UnixMillis(1_000), 7);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            drop(tracing::error_span!("webhook", delivery = "a", event = "push"));
            let (empty, item) = (tracing::field::Empty, "pull-request:42:7");
            let work = tracing::error_span!("work", work_item = %item, delivery = empty, origin = empty);
            work.record("delivery", "a, b and 3 more");
            work.in_scope(|| tracing::error!("something failed"));
            drop(work);
            let work =
                tracing::error_span!("work", work_item = "check:42:x:y", delivery = empty, origin = empty);
            work.record("origin", "a");
            drop(work);
            drop(tracing::error_span!("work", work_item = "app", delivery = empty));
            drop(tracing::error_span!("other", delivery = "a"));
        });
        let mut names = Vec::new();
        while let Ok(span) = spans.try_recv() {
            assert_eq!(span.delivery, "a");
            assert!(span.began >= 1_000_000_000 && span.ended >= span.began, "{span:?}");
            assert_eq!(span.number.is_none(), span.name == "webhook push");
            names.push((span.name, span.failed));
        }
        let expected = [("webhook push", false), ("work pull-request", true), ("work check", false)];
        assert_eq!(names, expected.map(|(name, failed)| (name.to_owned(), failed)));
    }
}
