//! What Prometheus is told.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use crate::db::replicas::Seen as Server;

/// Bounds of the duration histogram, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// What the database said when it was asked.
pub struct Seen {
    pub head: i64,
    /// Of a copy: the other ledger's head, the revisions it lacks, whether the histories differ.
    pub mirror: Option<(i64, i64, bool)>,
    pub reached_at: Option<DateTime<Utc>>,
}

/// What the process knows of itself.
pub struct Load {
    pub connections: usize,
    pub idle_connections: usize,
    pub followers: usize,
    pub export_bytes: u64,
    pub servers: Vec<Server>,
}

/// What is told of each server.
struct ServerMetrics {
    up: IntGaugeVec,
    head: IntGaugeVec,
    lag: IntGaugeVec,
}

impl ServerMetrics {
    fn register(registry: &Registry) -> Result<ServerMetrics, prometheus::Error> {
        let gauge = |name: &str, about: &str| {
            let gauge = IntGaugeVec::new(Opts::new(name, about), &["server"])?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<IntGaugeVec, prometheus::Error>(gauge)
        };
        Ok(ServerMetrics {
            up: gauge("database_server_up", "1 if this server of the database answers; primary is DATABASE_URL's.")?,
            head: gauge("database_server_head_revision", "Newest revision of this server, as last seen.")?,
            lag: gauge("database_server_lag_revisions", "Revisions that this server lacks.")?,
        })
    }

    fn set(&self, servers: &[Server]) {
        for Server { name, head, lag } in servers {
            self.up.with_label_values(&[name]).set(head.is_some().into());
            self.lag.with_label_values(&[name]).set(*lag);
            if let Some(head) = head {
                self.head.with_label_values(&[name]).set(*head);
            }
        }
    }
}

/// What is told of a copy.
struct MirrorMetrics {
    upstream_head: IntGauge,
    lag: IntGauge,
    silence: IntGauge,
    diverged: IntGauge,
}

impl MirrorMetrics {
    fn register(registry: &Registry) -> Result<MirrorMetrics, prometheus::Error> {
        let gauge = |name: &str, about: &str| {
            let gauge = IntGauge::new(name, about)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<IntGauge, prometheus::Error>(gauge)
        };
        Ok(MirrorMetrics {
            upstream_head: gauge(
                "mirror_upstream_head_revision",
                "Newest revision of the ledger this one is a copy of; 0 if it is none.",
            )?,
            lag: gauge("mirror_lag_revisions", "Revisions that the copy lacks.")?,
            silence: gauge("mirror_silence_seconds", "Seconds since the ledger it is a copy of answered.")?,
            diverged: gauge("mirror_diverged", "1 if the histories were found to differ.")?,
        })
    }
}

pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    connections: IntGauge,
    idle_connections: IntGauge,
    followers: IntGauge,
    export_bytes: IntGauge,
    head: IntGauge,
    mirror: MirrorMetrics,
    servers: ServerMetrics,
}

/// Counters of a route, found once.
pub struct Route {
    /// GET, then HEAD; answered, then unchanged.
    requests: [IntCounter; 4],
    durations: Histogram,
}

impl Route {
    pub fn observe(&self, method: &Method, status: StatusCode, duration: Duration) {
        let place = usize::from(method == Method::HEAD) * 2 + usize::from(status == StatusCode::NOT_MODIFIED);
        if let Some(counter) = self.requests.get(place) {
            counter.inc();
        }
        self.durations.observe(duration.as_secs_f64());
    }
}

impl Metrics {
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Metrics {
            mirror: MirrorMetrics::register(&registry)?,
            servers: ServerMetrics::register(&registry)?,
            registry,
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
            followers: IntGauge::new("followers_waiting", "Requests that wait for new revisions, streams included.")?,
            export_bytes: IntGauge::new("export_spool_bytes", "Bytes of export files that are kept or being read.")?,
            head: IntGauge::new("ledger_head_revision", "Newest revision, as last seen.")?,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.durations.clone()))?;
        metrics.registry.register(Box::new(metrics.connections.clone()))?;
        metrics.registry.register(Box::new(metrics.idle_connections.clone()))?;
        metrics.registry.register(Box::new(metrics.followers.clone()))?;
        metrics.registry.register(Box::new(metrics.export_bytes.clone()))?;
        metrics.registry.register(Box::new(metrics.head.clone()))?;
        Ok(metrics)
    }

    /// Counts a request. `route` is the pattern that matched, so that labels stay few.
    pub fn observe(&self, method: &str, route: &str, status: u16, duration: Duration) {
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.durations.with_label_values(&[route]).observe(duration.as_secs_f64());
    }

    /// Counters of a route that answers from what is kept.
    pub fn route(&self, route: &str) -> Route {
        let requests = |method, status| self.requests.with_label_values(&[method, route, status]);
        Route {
            requests: [("GET", "200"), ("GET", "304"), ("HEAD", "200"), ("HEAD", "304")]
                .map(|(method, status)| requests(method, status)),
            durations: self.durations.with_label_values(&[route]),
        }
    }

    /// Prometheus' text format.
    pub fn text(&self, load: Load, seen: Option<Seen>, now: DateTime<Utc>) -> Result<Vec<u8>, prometheus::Error> {
        let gauge = |gauge: &IntGauge, value: usize| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        gauge(&self.connections, load.connections);
        gauge(&self.idle_connections, load.idle_connections);
        gauge(&self.followers, load.followers);
        self.export_bytes.set(i64::try_from(load.export_bytes).unwrap_or(i64::MAX));
        self.servers.set(&load.servers);
        if let Some(Seen { head, mirror, reached_at }) = seen {
            self.head.set(head);
            let (upstream_head, lag, diverged) = mirror.unwrap_or_default();
            self.mirror.upstream_head.set(upstream_head);
            self.mirror.lag.set(lag);
            self.mirror.silence.set(reached_at.map_or(0, |time| (now - time).num_seconds().max(0)));
            self.mirror.diverged.set(diverged.into());
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
