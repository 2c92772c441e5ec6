//! Connecting to a server, or to the first of several hosts that is the one.

use std::time::{Duration, Instant};

use diesel::result::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio::time::timeout;
use tokio_postgres::config::{Host, LoadBalanceHosts};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

use super::{Error, outage};

/// How long connecting may take, to all hosts together.
pub const CONNECT: Duration = Duration::from_secs(5);
/// How soon a server is known to be gone that went without a word.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a program that starts waits for a server that is coming up.
const COMING_UP: Duration = Duration::from_secs(30);

/// A connection and what drives it.
pub type Session = (Client, Connection<Socket, NoTlsStream>);

/// Why there is no connection.
pub struct Refused {
    why: String,
    /// A server of this machine, or one that says so, is just coming up or going down.
    is_coming_up: bool,
}

impl From<tokio_postgres::Error> for Refused {
    fn from(error: tokio_postgres::Error) -> Refused {
        Refused { why: explain(&error), is_coming_up: outage::is_coming_up(&error, false) }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Error {
        Error::Unavailable(refused.why)
    }
}

impl From<Refused> for ConnectionError {
    fn from(refused: Refused) -> ConnectionError {
        ConnectionError::BadConnection(refused.why)
    }
}

/// A connection whose statements end after `statement_timeout`.
pub async fn connect(url: &str, statement_timeout: Duration) -> ConnectionResult<AsyncPgConnection> {
    prepared(open(&settings(url, statement_timeout, "").map_err(Refused::from)?).await?).await
}

/// The same without a limit, from a server that may just be coming up, or recovering. One that is not there at all is an
/// error at once.
pub async fn connect_when_up(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let since = Instant::now();
    let config = settings(url, Duration::ZERO, "").map_err(Refused::from)?;
    loop {
        match open(&config).await {
            Ok(session) => return prepared(session).await,
            Err(refused) if since.elapsed() < COMING_UP && refused.is_coming_up => {
                tokio::time::sleep(COMING_UP / 1000).await;
            }
            Err(refused) => return Err(refused.into()),
        }
    }
}

async fn prepared((client, connection): Session) -> ConnectionResult<AsyncPgConnection> {
    let mut connection = AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
    // Errors are told apart by their words. A server may not allow it; then some are taken for defects.
    let _ = connection.batch_execute("SET lc_messages TO 'C'").await;
    Ok(connection)
}

/// What all connections have in common, with more options as `-c name=value`.
pub fn settings(url: &str, statement_timeout: Duration, more: &str) -> Result<Config, tokio_postgres::Error> {
    let mut config: Config = url.parse()?;
    let options = config.get_options().unwrap_or_default();
    let timeout = statement_timeout.as_millis();
    let options = format!("{options} -c statement_timeout={timeout} -c timezone=UTC -c jit=off {more}");
    config.options(options).application_name("open-commitments");
    let hosts = config.get_hosts().len();
    with_patience(&mut config, hosts);
    Ok(config)
}

/// A connection to the first host that gives one. Each has its share of the time: one that is frozen, or whose machine lost its
/// power, may take a connection and never say a word on it.
pub async fn open(config: &Config) -> Result<Session, Refused> {
    let mut hosts = each_host(config);
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        fastrand::shuffle(&mut hosts);
    }
    let share = share(hosts.len());
    let mut last = Refused { why: "the address names no host".to_owned(), is_coming_up: false };
    for host in hosts {
        let is_local = host.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(_)));
        last = match timeout(share, host.connect(NoTls)).await {
            Ok(Ok(session)) => return Ok(session),
            Ok(Err(error)) => Refused { why: explain(&error), is_coming_up: outage::is_coming_up(&error, is_local) },
            Err(_) => Refused { why: "no answer in time".to_owned(), is_coming_up: false },
        };
    }
    Err(last)
}

/// The settings for each host alone.
fn each_host(config: &Config) -> Vec<Config> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let are_pairs = addresses.is_empty() || addresses.len() == hosts.len();
    if hosts.len() < 2 || !are_pairs || ports.len() > 1 && ports.len() != hosts.len() {
        // Nothing to part, or an error that connecting tells of.
        return vec![config.clone()];
    }
    let alone = |(place, host): (usize, &Host)| {
        let mut one = rest_of(config);
        match host {
            Host::Tcp(name) => one.host(name),
            Host::Unix(folder) => one.host_path(folder),
        };
        if let Some(address) = addresses.get(place) {
            one.hostaddr(*address);
        }
        if let Some(port) = ports.get(place).or(ports.first()) {
            one.port(*port);
        }
        one
    };
    hosts.iter().enumerate().map(alone).collect()
}

/// The settings without hosts: a configuration gives none of them back once it has them.
fn rest_of(config: &Config) -> Config {
    let mut rest = Config::new();
    rest.application_name(config.get_application_name().unwrap_or_default());
    rest.options(config.get_options().unwrap_or_default());
    if let Some(user) = config.get_user() {
        rest.user(user);
    }
    if let Some(name) = config.get_dbname() {
        rest.dbname(name);
    }
    if let Some(password) = config.get_password() {
        rest.password(password);
    }
    rest.ssl_mode(config.get_ssl_mode()).ssl_negotiation(config.get_ssl_negotiation());
    rest.channel_binding(config.get_channel_binding()).load_balance_hosts(config.get_load_balance_hosts());
    rest.target_session_attrs(config.get_target_session_attrs());
    with_patience(&mut rest, config.get_hosts().len());
    rest
}

/// How long a server may be silent: one address of a host may not answer where the next one does.
fn with_patience(config: &mut Config, hosts: usize) {
    config.connect_timeout(share(hosts) / 2);
    config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 6).keepalives_retries(3).tcp_user_timeout(SILENCE);
}

/// The time that each of so many hosts has for connecting.
fn share(hosts: usize) -> Duration {
    CONNECT / u32::try_from(hosts).unwrap_or(u32::MAX).max(1)
}

/// The error with its causes: tokio-postgres names them apart.
pub fn explain(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
