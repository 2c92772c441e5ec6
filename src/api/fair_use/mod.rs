//! Fair use: how many requests a client may make in a minute. Everybody has a limit by their address, and a higher one
//! with a key (`keys`); `buckets` count, and the service in front of all (`gate`) asks them and says what is left
//! (draft-ietf-httpapi-ratelimit-headers-10).

mod buckets;
pub mod gate;
mod keys;

use std::net::IpAddr;
use std::time::Instant;

use actix_web::http::header::{HeaderName, HeaderValue};

pub use buckets::{Buckets, Client, Level};

pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Requests a minute; 0 is without limit.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub anybody: u64,
    pub with_key: u64,
    /// Whether who asks over loopback has a limit too: a proxy may be there that nobody named, with all others behind it.
    pub loopback: bool,
}

impl Rules {
    pub const NONE: Rules = Rules { anybody: 0, with_key: 0, loopback: false };
}

/// A limit that has a name.
struct Policy {
    name: &'static str,
    limit: u64,
    field: HeaderValue,
}

impl Policy {
    fn new(name: &'static str, limit: u64) -> Policy {
        let field = HeaderValue::from_str(&format!("\"{name}\";q={limit};w=60"));
        Policy { name, limit, field: field.unwrap_or_else(|_| HeaderValue::from_static("")) }
    }
}

/// What a client has left, for the headers of its answer.
pub struct Standing<'a> {
    policy: &'a Policy,
    pub level: Level,
}

impl Standing<'_> {
    /// The values of RateLimit and RateLimit-Policy.
    pub fn fields(&self) -> (HeaderValue, HeaderValue) {
        let Level { remaining, seconds } = self.level;
        let current = HeaderValue::from_str(&format!("\"{}\";r={remaining};t={seconds}", self.policy.name));
        (current.unwrap_or_else(|_| HeaderValue::from_static("")), self.policy.field.clone())
    }

    /// The name of the limit.
    pub fn policy(&self) -> &'static str {
        self.policy.name
    }
}

pub struct FairUse {
    anybody: Policy,
    with_key: Policy,
    loopback: bool,
    buckets: Buckets,
    keys: keys::Keys,
    started: Instant,
}

impl FairUse {
    pub fn new(rules: Rules) -> FairUse {
        FairUse {
            anybody: Policy::new("anybody", rules.anybody),
            with_key: Policy::new("key", rules.with_key),
            loopback: rules.loopback,
            buckets: Buckets::default(),
            keys: keys::Keys::default(),
            started: Instant::now(),
        }
    }

    /// Whom an address belongs to, if it has a limit.
    pub fn client(&self, address: IpAddr) -> Option<Client> {
        if self.anybody.limit == 0 || (address.is_loopback() && !self.loopback) {
            return None;
        }
        Some(match address {
            IpAddr::V4(address) => Client::V4(address.to_bits()),
            IpAddr::V6(address) => Client::V6(u64::try_from(address.to_bits() >> 64).unwrap_or_default()),
        })
    }

    /// Takes `cost` requests from what a client has. An error is a refusal: nothing was taken.
    pub fn admit(&self, client: Client, cost: u64) -> Result<Standing<'_>, Standing<'_>> {
        let policy = if matches!(client, Client::Key(_)) { &self.with_key } else { &self.anybody };
        let now = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        match self.buckets.take(client, cost, policy.limit, now) {
            Ok(level) => Ok(Standing { policy, level }),
            Err(level) => Err(Standing { policy, level }),
        }
    }

    /// Clients remembered.
    pub fn clients(&self) -> usize {
        self.buckets.len()
    }
}
