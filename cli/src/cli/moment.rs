//! A moment as people write it.

use crate::model::UnixSeconds;
use chrono::{DateTime, NaiveDateTime, NaiveTime};
use std::fmt;
use std::str::FromStr;

/// A moment, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(UnixSeconds);

/// What is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time; write 2026-11-23 14:02, 2026-11-23T14:02:30+01:00 or Unix seconds")]
pub(super) struct InvalidMoment(String);

impl Moment {
    /// As times are compared.
    pub(super) fn seconds(self) -> UnixSeconds {
        self.0
    }
}

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let text = text.trim();
        let bare = text.strip_suffix('Z').or_else(|| text.strip_suffix(" UTC")).unwrap_or(text);
        let bare = bare.replacen('T', " ", 1);
        let without_offset = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
        let in_utc = without_offset.iter().find_map(|form| NaiveDateTime::parse_from_str(&bare, form).ok());
        let with_offset = ["%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%d %H:%M%:z", "%Y-%m-%d %H:%M:%S%.f %:z"];
        let elsewhere = || with_offset.iter().find_map(|form| DateTime::parse_from_str(&bare, form).ok());
        let day = || chrono::NaiveDate::parse_from_str(&bare, "%Y-%m-%d").ok();
        // What is larger is milliseconds, and would be an answer on another age.
        let seconds = || bare.parse::<i64>().ok().filter(|it| it.abs() < 100_000_000_000);
        in_utc
            .map(|time| time.and_utc().timestamp())
            .or_else(|| elsewhere().map(|time| time.timestamp()))
            .or_else(|| day().map(|day| day.and_time(NaiveTime::MIN).and_utc().timestamp()))
            .or_else(seconds)
            .map(|seconds| Self(UnixSeconds(seconds)))
            .ok_or_else(|| InvalidMoment(text.chars().take(60).collect()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Moment>().map(|it| it.seconds().0);
        let moment = Ok(1_795_442_520);
        assert_eq!(read("2026-11-23 14:02"), moment);
        assert_eq!(read("2026-11-23T14:02Z"), moment);
        assert_eq!(read("2026-11-23 14:02:00 UTC"), moment);
        assert_eq!(read("2026-11-23T15:02:00+01:00"), moment);
        assert_eq!(read("2026-11-23 15:02+01:00"), moment);
        assert_eq!(read("1795442520"), moment);
        assert_eq!(read("2026-11-23"), Ok(1_795_442_520 - 14 * 3600 - 120));
        for wrong in ["", "yesterday", "14:02", "2026-13-01 00:00"] {
            let said = read(wrong).unwrap_err().to_string();
            assert!(said.contains("write 2026-11-23 14:02"), "{said}");
        }
        assert_eq!("1795442520".parse::<Moment>().unwrap().to_string(), "2026-11-23 14:02:00 UTC");
    }
}
