//! What Prometheus is told.

use std::time::Duration;

use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// Bounds of the duration histogram, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    connections: IntGauge,
    idle_connections: IntGauge,
    head: IntGauge,
}

impl Metrics {
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let metrics = Metrics {
            registry: Registry::new(),
            requests: IntCounterVec::new(
                Opts::new("http_requests_total", "Requests answered."),
                &["method", "route", "status"],
            )?,
            durations: HistogramVec::new(
                HistogramOpts::new("http_request_duration_seconds", "Time from request to response head.")
                    .buckets(BUCKETS.to_vec()),
                &["route"],
            )?,
            connections: IntGauge::new("database_connections", "Connections of the pool.")?,
            idle_connections: IntGauge::new("database_connections_idle", "Connections of the pool that nobody uses.")?,
            head: IntGauge::new("ledger_head_revision", "Newest revision, as last seen.")?,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.durations.clone()))?;
        metrics.registry.register(Box::new(metrics.connections.clone()))?;
        metrics.registry.register(Box::new(metrics.idle_connections.clone()))?;
        metrics.registry.register(Box::new(metrics.head.clone()))?;
        Ok(metrics)
    }

    /// Counts a request. `route` is the pattern that matched, so that labels stay few.
    pub fn observe(&self, method: &str, route: &str, status: u16, duration: Duration) {
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.durations.with_label_values(&[route]).observe(duration.as_secs_f64());
    }

    /// Prometheus' text format.
    pub fn text(&self, (connections, idle): (usize, usize), head: Option<i64>) -> Result<Vec<u8>, prometheus::Error> {
        self.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
        self.idle_connections.set(i64::try_from(idle).unwrap_or(i64::MAX));
        if let Some(head) = head {
            self.head.set(head);
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
