//! Settings: each is a flag and an environment variable, and this is where it is documented.

mod operator;
mod read;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::picture::Fonts;
pub use operator::{Operator, Site};

/// Public commitments, progress reports and key metrics as open data.
#[derive(Parser)]
#[command(name = "open-commitments", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: Serve,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve the interface over HTTP; the same as giving no command.
    Serve(Serve),
    /// Publish publications, each as one revision or not at all.
    Publish(Publish),
    /// Make a publication of an announcement in prose, to review and publish.
    Import(Import),
    /// Change members of one record, as a correction.
    Correct(Correct),
    /// Withdraw one record: gone from the next revision on, still readable at older ones.
    Withdraw(Change),
    /// Take one record's content out of all history; this cannot be undone.
    Redact(Change),
    /// Keys that publish over HTTP.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Copy another ledger, or take in a bundle of revisions: the same revisions, checked by their digests.
    Mirror(Mirror),
    /// Write revisions to a file, for a copy that no network reaches, or as a backup that proves itself.
    Bundle(Bundle),
    /// Write all of the database to a file, keys included, with PostgreSQL's pg_dump.
    Backup(Backup),
    /// Bring a backup back, and from a mirror what was published after it.
    Restore(Restore),
    /// Recompute the whole chain of digests from what is stored.
    Verify(Verify),
    /// Bring the database's schema up to date.
    Migrate(Migrate),
    /// Fill an empty ledger with made-up records, for measuring.
    Synthesize(Synthesize),
    /// Write the OpenAPI document; refuses one that would break clients.
    Openapi(Openapi),
}

#[derive(Args, Clone)]
pub struct DatabaseSettings {
    /// Database to use; without it, a private PostgreSQL is started in the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Folder of the private PostgreSQL [default: the user's data folder; /var/lib/open-commitments as root].
    #[arg(long, env = "DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Folder of PostgreSQL's server programs, where they are not found by themselves.
    #[arg(long, env = "PG_BIN_DIR")]
    pub pg_bin_dir: Option<PathBuf>,
    /// IANA time zone of a new ledger, in which a bare date ends; fixed once the ledger is there.
    #[arg(long, env = "TIME_ZONE", default_value = "Asia/Shanghai")]
    pub time_zone: String,
}

#[derive(Args, Clone)]
pub struct Synthesize {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Commitments to make.
    #[arg(long, default_value_t = 1_000)]
    pub commitments: u64,
    /// Figures to make.
    #[arg(long, default_value_t = 10_000)]
    pub observations: u64,
    /// Revisions to spread them over.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(2..))]
    pub revisions: u64,
    /// Number that all chance follows from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Args, Clone)]
pub struct Serve {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Publish these files first; harmless when they are already there.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub publish: Vec<PathBuf>,
    /// Keep this ledger a copy of that of the instance at this address.
    #[arg(long, env = "MIRROR_FROM", value_name = "URL")]
    pub mirror_from: Option<String>,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "BIND", default_value = "127.0.0.1:8080")]
    pub bind: String,
    /// Address that Prometheus alone is answered at, at /health/metrics; BIND answers it no more then.
    #[arg(long, env = "METRICS_BIND")]
    pub metrics_bind: Option<String>,
    /// Address under which the service is seen, with an optional path prefix [default: http:// and BIND].
    #[arg(long, env = "PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Threads that answer requests [default: one for each core].
    #[arg(long, env = "WORKERS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// Most connections to the database.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub database_connections: u16,
    /// Streaming replicas of the database to read from as well, separated by commas; writing is always DATABASE_URL's.
    #[arg(long, env = "DATABASE_READ_URLS", value_name = "URL", value_delimiter = ',', hide_env_values = true)]
    pub database_read_urls: Vec<String>,
    /// Networks of proxies that are believed when they say for whom they ask (X-Forwarded-For, Forwarded) and whether by HTTPS (X-Forwarded-Proto).
    #[arg(long, env = "TRUSTED_PROXIES", value_name = "CIDR", value_delimiter = ',')]
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Requests that one client may make in a minute, by its address, an IPv6 network of 64 bits being one; 0 is without limit.
    #[arg(long, env = "RATE_LIMIT", default_value_t = 6_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub rate_limit: u32,
    /// The same for each key.
    #[arg(long, env = "RATE_LIMIT_WITH_KEY", default_value_t = 60_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub rate_limit_with_key: u32,
    /// Seconds after which the gateways in front give up; requests that wait are answered before.
    #[arg(long, env = "GATEWAY_TIMEOUT", default_value_t = 60, value_parser = clap::value_parser!(u16).range(2..=3600))]
    pub gateway_timeout: u16,
    /// Most requests that may wait for new revisions at a time, streams included.
    #[arg(long, env = "MAX_FOLLOWERS", default_value_t = 10_000)]
    pub max_followers: u32,
    /// Folder for export files, which have no names there [default: the system's folder for temporary files].
    #[arg(long, env = "EXPORT_DIR")]
    pub export_dir: Option<PathBuf>,
    /// Bytes that export files may take, those used longest ago going first.
    #[arg(long, env = "EXPORT_SPOOL_BYTES", default_value_t = 4 << 30)]
    pub export_spool_bytes: u64,
    /// Bytes of memory for finished answers, which hold until a revision changes what they rest on, and survive an outage of
    /// the database; 0 keeps none.
    #[arg(long, env = "RESPONSE_CACHE_BYTES", default_value_t = 64 << 20)]
    pub response_cache_bytes: u64,
    /// Fonts of pictures: system takes the system's for characters that the shipped one lacks, shipped that one alone.
    #[arg(long, env = "FONTS", value_enum, default_value_t)]
    pub fonts: Fonts,
    /// Short name of the licence of the data, as SPDX has it where it does.
    #[arg(long, env = "LICENCE", default_value = "CC-BY-4.0")]
    pub licence: String,
    /// Address of the licence of the data.
    #[arg(long, env = "LICENCE_URL", default_value = "https://creativecommons.org/licenses/by/4.0/")]
    pub licence_url: String,
    #[command(flatten)]
    pub operator: Operator,
    #[command(flatten)]
    pub site: Site,
    /// Seconds after which a query is given up.
    #[arg(long, env = "STATEMENT_TIMEOUT", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub statement_timeout: u16,
}

/// An address of a replica; what is wrong is said without the address, which holds a password, as clap would have it.
pub fn read_url(url: &str) -> Result<String, String> {
    let parsed = url.trim().parse::<tokio_postgres::Config>().map_err(|error| error.to_string());
    let named = parsed.map(|config| !config.get_hosts().is_empty());
    let form = "write it as postgresql://user:password@host/database, divided by commas where there are several";
    match named {
        Ok(true) => Ok(url.trim().to_owned()),
        Ok(false) => Err(format!("An address in DATABASE_READ_URLS names no host: {form}.")),
        Err(error) => Err(format!("An address in DATABASE_READ_URLS cannot be read ({error}): {form}.")),
    }
}

#[derive(Args)]
pub struct Publish {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Publications to publish, in this order; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Show what would change, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The announcement: text (UTF-8 or GB 18030), HTML or .docx; - is standard input.
    pub file: PathBuf,
    /// Id of the list of commitments.
    #[arg(long)]
    pub programme: String,
    /// Id of the organization that promises and publishes.
    #[arg(long)]
    pub organization: String,
    /// Its name, where the announcement does not end with it.
    #[arg(long)]
    pub organization_name: Option<String>,
    /// Year of the commitments.
    #[arg(long, value_parser = clap::value_parser!(i32).range(1900..=2200))]
    pub year: i32,
    /// Period reported on, such as 2020-S1 [default: as the title says, else the year].
    #[arg(long)]
    pub period: Option<String>,
    /// Day of the report.
    #[arg(long)]
    pub reported_on: Option<String>,
    /// Address of the announcement.
    #[arg(long)]
    pub source_url: Option<String>,
    /// Rules of your own: which words name which metric, which wording is which status.
    #[arg(long)]
    pub rules: Option<PathBuf>,
    /// Lean on what the ledger has: known commitments and metrics are not made anew.
    #[arg(long)]
    pub ledger: bool,
    /// Put the whole text into the source, where it may be republished.
    #[arg(long)]
    pub include_text: bool,
    /// Where the publication goes [default: standard output].
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Where a page for reviewing it goes.
    #[arg(long, value_name = "FILE.html")]
    pub review: Option<PathBuf>,
}

#[derive(Args)]
pub struct Change {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Kind of the record, such as observation.
    #[arg(value_name = "KIND")]
    pub record: String,
    /// Id of the record.
    pub id: String,
    /// Why, for everybody to read. Of a redaction, do not repeat what is redacted.
    #[arg(long)]
    pub message: String,
    /// Language of the message, BCP 47 [default: zh-Hans if it is Chinese, else en].
    #[arg(long)]
    pub language: Option<String>,
    /// Show what would change, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Correct {
    #[command(flatten)]
    pub change: Change,
    /// Members to set, as member=value; null takes one out.
    #[arg(required = true, value_name = "MEMBER=VALUE")]
    pub set: Vec<String>,
    /// Kind of correction: source_revision, source_correction, transcription_correction or methodology.
    #[arg(long)]
    pub kind: String,
    /// changed_in of the record as you saw it; refuses if it was changed since.
    #[arg(long)]
    pub if_revision: Option<i64>,
}

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make a key; it is printed once and not kept.
    Create(CreateKey),
    /// List every key, without its secret.
    List(DatabaseSettings),
    /// End a key.
    Revoke {
        #[command(flatten)]
        database: DatabaseSettings,
        /// The key's id, as listed, or the whole key.
        id: String,
    },
}

#[derive(Args)]
pub struct CreateKey {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Organization in whose name it publishes.
    #[arg(long)]
    pub organization: String,
    /// Whose key it is, in words [default: the organization].
    #[arg(long)]
    pub name: Option<String>,
    /// What it may do: publish (create records), correct (change and reinstate), withdraw, redact, admin (create organizations).
    #[arg(long, value_delimiter = ',', default_value = "publish,correct", value_parser = crate::cli::keys::scope)]
    pub scopes: Vec<crate::model::codes::Scope>,
    /// Also publish for the organizations under it.
    #[arg(long)]
    pub below: bool,
    /// Day or time at which it ends by itself.
    #[arg(long)]
    pub expires: Option<String>,
}

#[derive(Args)]
pub struct Mirror {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Address of the other instance, or a bundle.
    #[arg(long, value_name = "URL|FILE", required_unless_present = "promote")]
    pub from: Option<String>,
    /// Go on for ever: what is published there arrives here.
    #[arg(long)]
    pub follow: bool,
    /// Make the copy a ledger of its own, which can be published to. What follows for it stops, and does not begin again.
    #[arg(long, conflicts_with_all = ["from", "follow"])]
    pub promote: bool,
}

#[derive(Args)]
pub struct Bundle {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Begin after this revision, the last one that the copy has.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    pub after: i64,
    /// Where the bundle goes; compressed if its name ends in .gz.
    #[arg(short, long)]
    pub output: PathBuf,
}

#[derive(Args)]
pub struct Backup {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Where the backup goes. It holds hashes of keys: only its owner may read it.
    #[arg(short, long)]
    pub output: PathBuf,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").args(["file", "mirror", "without_mirror"]).required(true).multiple(true))]
pub struct Restore {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The backup, for an empty database; left out if the database was restored by other means.
    pub file: Option<PathBuf>,
    /// Take in what was published after the backup from this mirror, or bundle; then publishing goes on.
    #[arg(long, value_name = "URL|FILE")]
    pub mirror: Vec<String>,
    /// There is no mirror: WHAT WAS PUBLISHED AFTER THE BACKUP IS LOST, and publishing goes on.
    #[arg(long, conflicts_with = "mirror")]
    pub without_mirror: bool,
}

#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Compare with the ledger of this instance as well, and name the first revision that differs.
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
}

#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Take every migration back; THE LEDGER IS LOST.
    #[arg(long)]
    pub down: bool,
}

#[derive(Args)]
pub struct Openapi {
    /// Folder to write openapi.json and openapi.yaml to.
    #[arg(long, default_value = "openapi")]
    pub folder: PathBuf,
    /// Write nothing; fail if the documents there are not the ones of this release.
    #[arg(long)]
    pub check: bool,
}
