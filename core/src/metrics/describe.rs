//! What each metric is: its name, kind, labels and meaning, in the order in which they were declared.

use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
};

/// What a metric measures with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, from the start of the process on.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How many were at most so long, in seconds.
    Histogram,
}

impl Kind {
    /// The word that Prometheus has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// What it measures with.
    pub kind: Kind,
    /// What tells its series apart.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// Declares metrics and keeps what was said of each.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) registry: Registry,
    pub(super) descriptions: Vec<Description>,
}

/// A name and what it says.
pub(super) type Said = (&'static str, &'static str);
/// What tells the series of a metric apart.
pub(super) type Labels = &'static [&'static str];

const VALID: &str = "the names in the list are valid, and each is there once";

impl Declared {
    pub(super) fn counter(&mut self, said: Said) -> IntCounter {
        self.add(said, Kind::Counter, &[], IntCounter::with_opts(opts(said)))
    }

    pub(super) fn counters(&mut self, said: Said, labels: Labels) -> IntCounterVec {
        self.add(said, Kind::Counter, labels, IntCounterVec::new(opts(said), labels))
    }

    pub(super) fn gauge(&mut self, said: Said) -> Gauge {
        self.add(said, Kind::Gauge, &[], Gauge::with_opts(opts(said)))
    }

    pub(super) fn gauges(&mut self, said: Said, labels: Labels) -> GaugeVec {
        self.add(said, Kind::Gauge, labels, GaugeVec::new(opts(said), labels))
    }

    pub(super) fn histogram(&mut self, said: Said, buckets: &[f64]) -> Histogram {
        let opts = HistogramOpts::new(said.0, said.1).buckets(buckets.to_vec());
        self.add(said, Kind::Histogram, &[], Histogram::with_opts(opts))
    }

    pub(super) fn histograms(&mut self, said: Said, labels: Labels, buckets: &[f64]) -> HistogramVec {
        let opts = HistogramOpts::new(said.0, said.1).buckets(buckets.to_vec());
        self.add(said, Kind::Histogram, labels, HistogramVec::new(opts, labels))
    }

    fn add<C: Collector + Clone + 'static>(
        &mut self,
        (name, help): Said,
        kind: Kind,
        labels: Labels,
        made: prometheus::Result<C>,
    ) -> C {
        let made = made.expect(VALID);
        self.registry.register(Box::new(made.clone())).expect(VALID);
        self.descriptions.push(Description { name, kind, labels, help });
        made
    }
}

fn opts((name, help): Said) -> Opts {
    Opts::new(name, help)
}
