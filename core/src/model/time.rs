//! Moments. GitHub's history and git count whole seconds, Towpath's own clock counts milliseconds: two types, so that
//! neither is ever taken for the other. Both come from outside, with any value: arithmetic stops at the ends of what
//! they hold. A length of time is a [`Duration`].

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

macro_rules! moment {
    ($(#[$doc:meta])* $name:ident: $count:ident, $length:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Before every other moment.
            pub const MIN: Self = Self(i64::MIN);
            /// After every other moment.
            pub const MAX: Self = Self(i64::MAX);

            /// How long after `earlier` this is; nothing where it is before.
            #[must_use]
            pub fn since(self, earlier: Self) -> Duration {
                Duration::$length(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
            }

            /// How far apart the two are, whichever comes first.
            #[must_use]
            pub fn distance(self, other: Self) -> Duration {
                Duration::$length(self.0.abs_diff(other.0))
            }

            /// The time of a file; `None` before the epoch.
            pub fn of_file(time: SystemTime) -> Option<Self> {
                Some(Self::default() + time.duration_since(UNIX_EPOCH).ok()?)
            }
        }

        impl Add<Duration> for $name {
            type Output = Self;

            fn add(self, length: Duration) -> Self {
                Self(self.0.saturating_add(i64::try_from(length.$count()).unwrap_or(i64::MAX)))
            }
        }

        impl AddAssign<Duration> for $name {
            fn add_assign(&mut self, length: Duration) {
                *self = *self + length;
            }
        }

        impl Sub<Duration> for $name {
            type Output = Self;

            fn sub(self, length: Duration) -> Self {
                Self(self.0.saturating_sub(i64::try_from(length.$count()).unwrap_or(i64::MAX)))
            }
        }
    };
}

moment! {
    /// A moment in milliseconds since the Unix epoch.
    UnixMillis: as_millis, from_millis
}

moment! {
    /// A moment in seconds since the Unix epoch.
    UnixSeconds: as_secs, from_secs
}

impl UnixMillis {
    /// The second in which it lies.
    pub const fn to_seconds(self) -> UnixSeconds {
        UnixSeconds(self.0.div_euclid(1_000))
    }

    /// The same as a date; `None` where it is further away than dates go.
    pub const fn to_date(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }

    /// The next moment there is.
    #[must_use]
    pub const fn just_after(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// How far a clock that says this is ahead of one that says `other`: less than nothing where it is behind.
    pub fn ahead_of(self, other: Self) -> TimeDelta {
        TimeDelta::try_milliseconds(self.0.saturating_sub(other.0)).unwrap_or(TimeDelta::MIN)
    }
}

impl UnixSeconds {
    /// The beginning of the second.
    pub const fn to_millis(self) -> UnixMillis {
        UnixMillis(self.0.saturating_mul(1_000))
    }

    /// The same as a date; `None` where it is further away than dates go.
    pub const fn to_date(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.0, 0)
    }
}

/// As a date in UTC, as exact as a person needs.
impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_seconds().fmt(f)
    }
}

/// As a date in UTC.
impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_date() {
            Some(date) => date.format("%Y-%m-%d %H:%M:%S UTC").fmt(f),
            None => write!(f, "second {}", self.0),
        }
    }
}

impl From<DateTime<Utc>> for UnixMillis {
    fn from(date: DateTime<Utc>) -> Self {
        Self(date.timestamp_millis())
    }
}

impl From<DateTime<Utc>> for UnixSeconds {
    fn from(date: DateTime<Utc>) -> Self {
        Self(date.timestamp())
    }
}

/// Stores a length of time as whole milliseconds. What an earlier version counted backwards, when the clock was set
/// back, is nothing.
pub(super) mod as_millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(in super::super) fn serialize<S: Serializer>(
        length: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let millis = i64::deserialize(deserializer)?;
        Ok(Duration::from_millis(millis.try_into().unwrap_or(0)))
    }
}

/// A length of time as people say it.
pub fn length(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => "less than a second".to_owned(),
        1..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_stored_as_the_bare_number() {
        assert_eq!(serde_json::to_string(&UnixMillis(-7)).unwrap(), "-7");
        assert_eq!(serde_json::from_str::<UnixSeconds>("1700000000").unwrap(), UnixSeconds(1_700_000_000));
    }

    #[test]
    fn a_length_is_stored_in_milliseconds() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Stored(#[serde(with = "as_millis")] Duration);
        assert_eq!(serde_json::to_string(&Stored(Duration::from_secs(2))).unwrap(), "2000");
        assert_eq!(serde_json::from_str::<Stored>("1500").unwrap(), Stored(Duration::from_millis(1_500)));
        assert_eq!(serde_json::from_str::<Stored>("-5").unwrap(), Stored(Duration::ZERO));
    }

    #[test]
    fn arithmetic_ends_where_moments_do() {
        let second = Duration::from_secs(1);
        assert_eq!([UnixMillis(5) + second, UnixMillis(5) - second], [UnixMillis(1_005), UnixMillis(-995)]);
        assert_eq!([UnixSeconds(5) + second, UnixSeconds(5) - second], [UnixSeconds(6), UnixSeconds(4)]);
        assert_eq!(UnixMillis::MAX + second, UnixMillis::MAX);
        assert_eq!(UnixSeconds::MIN - Duration::MAX, UnixSeconds::MIN);
        assert_eq!(UnixMillis(1_500).since(UnixMillis(1_000)), Duration::from_millis(500));
        assert_eq!(UnixMillis(1_000).since(UnixMillis(1_500)), Duration::ZERO);
        assert_eq!(UnixSeconds::MIN.since(UnixSeconds::MAX), Duration::ZERO);
        assert_eq!(UnixSeconds::MIN.distance(UnixSeconds::MAX), Duration::from_secs(u64::MAX));
        assert_eq!(UnixSeconds(3).distance(UnixSeconds(5)), UnixSeconds(5).distance(UnixSeconds(3)));
        assert_eq!(UnixMillis(3).ahead_of(UnixMillis(5)), TimeDelta::milliseconds(-2));
        assert_eq!(UnixMillis::MIN.ahead_of(UnixMillis::MAX), TimeDelta::MIN);
        assert_eq!(
            UnixSeconds::MAX.since(UnixSeconds::MIN),
            Duration::from_secs(u64::try_from(i64::MAX).unwrap())
        );
    }

    #[test]
    fn seconds_and_milliseconds_meet_only_by_conversion() {
        assert_eq!(UnixMillis(1_999).to_seconds(), UnixSeconds(1));
        assert_eq!(UnixMillis(-1).to_seconds(), UnixSeconds(-1));
        assert_eq!(UnixSeconds(2).to_millis(), UnixMillis(2_000));
        assert_eq!(UnixSeconds::MAX.to_millis(), UnixMillis::MAX);
    }

    #[test]
    fn dates_come_back_as_they_went() {
        let date = UnixMillis(1_700_000_000_123).to_date().unwrap();
        assert_eq!(UnixMillis::from(date), UnixMillis(1_700_000_000_123));
        assert_eq!(UnixSeconds::from(date), UnixSeconds(1_700_000_000));
        assert_eq!([UnixMillis::MAX.to_date(), UnixSeconds::MIN.to_date()], [None, None]);
    }

    #[test]
    fn people_see_a_date() {
        assert_eq!(UnixMillis(1_700_000_000_999).to_string(), "2023-11-14 22:13:20 UTC");
        assert_eq!(UnixSeconds::MAX.to_string(), "second 9223372036854775807");
    }

    #[test]
    fn a_file_from_before_the_epoch_has_no_time() {
        assert_eq!(UnixMillis::of_file(UNIX_EPOCH + Duration::from_millis(1_500)), Some(UnixMillis(1_500)));
        assert_eq!(UnixSeconds::of_file(UNIX_EPOCH - Duration::from_secs(1)), None);
    }
}
