//! The log of the server itself.

use super::settings::LogFormat;
use crate::report::one_line;
use crate::traces::TraceLayer;
use std::io::IsTerminal as _;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How long one value may be, in characters.
const VALUE_MAX: usize = 4_000;

/// Starts the log; traces are made of its spans where somebody takes them.
pub(super) fn start(filter: Targets, format: LogFormat, traces: Option<TraceLayer>) {
    let log = tracing_subscriber::registry().with(filter).with(traces);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Pretty => log.with(lines.with_target(false).fmt_fields(fields())).init(),
        LogFormat::Json => log.with(lines.json()).init(),
    }
}

/// What others have sent may be in any value, so each is made fit for a line where it is written.
fn fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    let written = debug_fn(|writer, field, value| {
        let text = format!("{value:?}");
        let text = one_line(&text, VALUE_MAX);
        if field.name() == "message" { write!(writer, "{text}") } else { write!(writer, "{field}={text}") }
    });
    written.delimited(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_that_is_logged_makes_a_line_of_its_own() {
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::fmt().without_time().with_ansi(false).with_target(false);
        let log = log.fmt_fields(fields()).with_writer(move || writer.clone()).finish();
        let hostile = "x\r\n ERROR forged\u{1b}[2J";
        tracing::subscriber::with_default(log, || {
            let _span = tracing::info_span!("work", work_item = %hostile).entered();
            tracing::warn!(error = %hostile, text = hostile, number = 7, "seen: {hostile}");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let plain = "x\\r\\n ERROR forged\\u{1b}[2J";
        assert_eq!(
            text,
            format!(
                " WARN work{{work_item={plain}}}: seen: {plain} error={plain} text=\"{plain}\" number=7\n"
            )
        );
    }
}
