//! How fast the log of a deploy is read.

use std::fmt::Write as _;
use std::time::Instant;
use towpath::commerce::log::{LogOutcome, LogReader};

/// The longest log that has to be read.
const LOG_BYTES: usize = 5 << 20;
/// As a connection hands it over.
const PIECE: usize = 16 << 10;
const RUNS: usize = 15;

/// Reads the log of a deploy that failed, five megabytes long, and compares with splitting it into lines.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
pub fn run() {
    let log = log();
    let (mut of_reader, mut of_lines) = (f64::MAX, f64::MAX);
    for _ in 0..RUNS {
        let start = Instant::now();
        let lines = log.split(|byte| *byte == b'\n').count();
        of_lines = of_lines.min(start.elapsed().as_secs_f64());
        assert!(lines > 10_000);
        let start = Instant::now();
        let mut reader = LogReader::new();
        log.chunks(PIECE).for_each(|piece| reader.push(piece));
        let reading = reader.finish();
        of_reader = of_reader.min(start.elapsed().as_secs_f64());
        assert_eq!(reading.outcome, LogOutcome::Failure);
        assert_eq!(reading.code.map(|code| code.number), Some(126));
    }
    #[expect(clippy::cast_precision_loss, reason = "five megabytes")]
    let rate = log.len() as f64 / of_reader / 1e6;
    println!(
        "log of a deploy: {rate:.0} MB/s (at least 50), {:.0} times splitting it into lines",
        of_reader / of_lines
    );
}

fn log() -> Vec<u8> {
    let mut log = String::from(
        "Found 1 new commit\nBuilding application 'app' (runtime type: php:8.3, tree: 9851a01)\n\
         Redeploying environment staging\n  Executing deploy hook for application 'app'\n\
         [2026-03-01T10:05:00+00:00] INFO: Starting scenario(s): scenario/deploy.xml\n\
         [2026-03-01T10:05:10+00:00] NOTICE: Enabling Maintenance mode\n",
    );
    for number in 0_usize.. {
        if log.len() >= LOG_BYTES {
            break;
        }
        // Writing into a text does not fail.
        let _ = match number % 4 {
            0 => {
                writeln!(log, "    W:   - Installing acme/module-{number} (1.2.{number}): Extracting archive")
            }
            1 => writeln!(log, "    \x1b[32mModule 'Acme_Module{number}':\x1b[0m"),
            2 => writeln!(
                log,
                "    [2026-03-01T10:05:{:02}.123456+00:00] DEBUG: schema [{number}/9]",
                number % 60
            ),
            _ => writeln!(
                log,
                "    Deploying frontend/Acme/theme/en_US {number}/3000 ============>----- 42% 1 min"
            ),
        };
    }
    log.push_str("[2026-03-01T10:09:00+00:00] CRITICAL: [126] The upgrade command failed\n");
    log.into_bytes()
}
