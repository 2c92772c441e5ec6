//! The other ledger, over HTTP. Plain GET and bodies alone.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::tls::{RootCerts, TlsConfig};

use super::Fault;
use super::wire::{Index, Page};
use crate::say;

/// Changes on a page.
const LIMIT: usize = 1000;
/// Bytes of the longest answer: a page has 4 MiB and one record more, and some for what is around them.
const MAX_ANSWER: u64 = 32 * 1024 * 1024;
/// Time for an answer that does not wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// Another instance.
#[derive(Clone)]
pub struct Upstream {
    /// Without a slash at its end.
    pub url: Arc<str>,
    agent: ureq::Agent,
}

/// What an instance says if it does not answer what was asked: problem details (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    #[serde(skip)]
    status: u16,
    #[serde(rename = "type")]
    _kind: String,
    #[serde(default)]
    detail: String,
}

/// What came of a request.
pub enum Fed {
    Page(Page),
    /// The other ledger does not have the history that was named.
    Diverged,
}

impl Upstream {
    pub fn new(url: &str) -> Upstream {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .user_agent(concat!("open-commitments/", env!("CARGO_PKG_VERSION")))
            .build();
        Upstream { url: url.trim_end_matches('/').into(), agent: config.into() }
    }

    pub async fn index(&self) -> Result<Index, Fault> {
        match self.get("/v1", PATIENCE).await? {
            Ok(index) => Ok(index),
            Err(problem) => Err(self.failed("/v1", &problem)),
        }
    }

    /// Digest of a revision there, none if there is no such revision.
    pub async fn digest(&self, revision: i64) -> Result<Option<String>, Fault> {
        #[derive(Deserialize)]
        struct Revision {
            digest: String,
        }
        let path = format!("/v1/revisions/{revision}");
        match self.get::<Revision>(&path, PATIENCE).await? {
            Ok(revision) => Ok(Some(revision.digest)),
            Err(problem) if problem.status == 404 => Ok(None),
            Err(problem) => Err(self.failed(&path, &problem)),
        }
    }

    /// A page after all of a revision with this digest, waiting for something new as long as `wait`.
    pub async fn after(&self, revision: i64, digest: &str, wait: Duration) -> Result<Fed, Fault> {
        self.feed(&format!("/v1/changes?after={revision}-{digest}&limit={LIMIT}&wait={}", wait.as_secs()), wait).await
    }

    /// The page that a cursor names.
    pub async fn next(&self, cursor: &str) -> Result<Fed, Fault> {
        self.feed(&format!("/v1/changes?limit={LIMIT}&cursor={cursor}"), Duration::ZERO).await
    }

    async fn feed(&self, path: &str, wait: Duration) -> Result<Fed, Fault> {
        match self.get(path, wait + PATIENCE).await? {
            Ok(page) => Ok(Fed::Page(page)),
            Err(problem) if problem.status == 410 => Ok(Fed::Diverged),
            Err(problem) => Err(self.failed(path, &problem)),
        }
    }

    async fn get<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &str,
        patience: Duration,
    ) -> Result<Result<T, Problem>, Fault> {
        let (agent, address) = (self.agent.clone(), format!("{}{path}", self.url));
        let passing = |error: String| {
            let url = &self.url;
            Fault::Passing(say!("{url} does not answer: {error}.", "{url} 没有应答：{error}。"))
        };
        let asked = tokio::task::spawn_blocking(move || {
            let request = agent.get(&address).config().timeout_global(Some(patience)).build();
            let mut response =
                request.header("Accept", "application/json").call().map_err(|error| error.to_string())?;
            let text = response.body_mut().with_config().limit(MAX_ANSWER).read_to_string();
            Ok::<_, String>((response.status().as_u16(), text.map_err(|error| error.to_string())?))
        });
        let (status, text) = asked.await.map_err(|error| passing(error.to_string()))?.map_err(passing)?;
        // What a gateway answers in the place of the service is neither; it may be gone the next time.
        if status != 200 {
            let problem = serde_json::from_str::<Problem>(&text);
            return problem
                .map(|problem| Err(Problem { status, ..problem }))
                .map_err(|_| passing(format!("{path}: {status}")));
        }
        serde_json::from_str(&text).map(Ok).map_err(|error| passing(format!("{path}: {error}")))
    }

    fn failed(&self, path: &str, problem: &Problem) -> Fault {
        let (url, Problem { status, detail, .. }) = (&self.url, problem);
        let message = say!("{url}{path} answers {status}. {detail}", "{url}{path} 应答 {status}。{detail}");
        match status {
            // Asked wrongly, or of something that it does not have: asking again does not help.
            400 | 401 | 403 | 404 | 405 | 406 => Fault::Lasting(message),
            _ => Fault::Passing(message),
        }
    }
}
