//! A PostgreSQL server of the program's own, for when no `DATABASE_URL` names one.
//!
//! It lives in one data folder and is reached over a Unix socket in it, by nobody but the account it runs under (and root).
//! Programs that are given the same folder share one server: the first starts it, the last stops it. File locks tell
//! who is first and last, and since they end with their process, nothing has to be tidied up after a `kill -9`: the
//! next program adopts a server that still runs, and PostgreSQL recovers from one that does not.
//!
//! ```text
//! DATA_DIR/start.lock          whoever starts or stops the server
//! DATA_DIR/participants.lock   everyone who uses it
//! DATA_DIR/postgres.log        what initdb and the server say
//! DATA_DIR/postgres/           the cluster, and the socket
//! DATA_DIR/postgres.new.*      a cluster being made
//! ```

mod account;
mod cluster;
mod error;
mod folder;
mod programs;
mod watch;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};

use cluster::Cluster;
pub use error::Error;
use folder::Folder;
use programs::Programs;
pub use programs::{client_programs, undisturbed};
use watch::Watch;

/// The database that a new cluster is made with.
const DATABASE: &str = "open_commitments";
/// The database user who may do everything, whatever the operating system calls the account.
const USER: &str = "postgres";

/// Where the server lives and what it is made of.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The data folder; made if it is missing. [`default_data_dir`] proposes one.
    pub data_dir: PathBuf,
    /// The folder of `postgres`, `initdb` and `pg_ctl` (`PG_BIN_DIR`); looked for if there is none.
    pub bin_dir: Option<PathBuf>,
    /// Server settings such as `("fsync", "off")`. A server that already runs keeps those it was started with.
    pub options: Vec<(String, String)>,
}

/// One program's part in the server. Dropping it stops the server if no other program has one.
pub struct PrivatePostgres {
    cluster: Arc<Cluster>,
    /// Locked, shared with the other participants, for as long as this lives.
    participants: File,
    /// The server, if it was started here.
    server: Arc<Mutex<Option<Child>>>,
    watch: Option<Watch>,
}

impl PrivatePostgres {
    /// Joins the server that runs in the folder, or starts it. Returns when it takes connections.
    ///
    /// Blocks, for a second or two when the cluster has to be made.
    pub fn start(settings: &Settings) -> Result<PrivatePostgres, Error> {
        let folder = Folder::open(&settings.data_dir)?;
        let _turn = folder.turn()?;
        let participants = folder.participate()?;
        let programs = Programs::find(settings.bin_dir.as_deref(), &folder)?;
        let cluster = Cluster { folder, programs, options: settings.options.clone() };
        let server = cluster.ensure_running()?;
        let (cluster, server) = (Arc::new(cluster), Arc::new(Mutex::new(server)));
        Ok(PrivatePostgres { cluster, participants, server, watch: None })
    }

    /// Has the server started again whenever it is gone, for as long as this lives.
    pub fn keep_running(&mut self) {
        self.watch = Some(Watch::begin(self.cluster.clone(), self.server.clone()));
    }

    /// Where `tokio-postgres` and `libpq` find the program's database.
    pub fn url(&self) -> String {
        self.database_url(DATABASE)
    }

    /// The same for another database of this server.
    pub fn database_url(&self, name: &str) -> String {
        let host = percent_encoded(self.cluster.folder.cluster().as_os_str().as_encoded_bytes());
        format!("postgresql://{USER}@{host}/{}", percent_encoded(name.as_bytes()))
    }

    /// Stops the server if nobody else takes part.
    fn leave(&mut self) -> Result<(), Error> {
        drop(self.watch.take());
        let folder = &self.cluster.folder;
        // Whoever wants to join waits for this turn to end, so the answer stays true until the server is gone.
        let _turn = folder.turn()?;
        let failed = |error| folder.failed(error);
        self.participants.unlock().map_err(failed)?;
        match self.participants.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        self.cluster.stop()?;
        // A server that is gone stays in the process table until its parent has asked how it ended.
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut server) = server {
            server.wait().map_err(failed)?;
        }
        Ok(())
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            log::warn!("{error}");
        }
    }
}

/// The folder of a program that is not told one: the system's for root, else one of the user's.
pub fn default_data_dir() -> PathBuf {
    const NAME: &str = "open-commitments";
    let system = Path::new("/var/lib").join(NAME);
    if account::is_root() {
        return system;
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute()).or_else(account::home);
    let named = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let usual = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
    let proposals: Vec<PathBuf> = [
        named.map(|folder| folder.join(NAME)),
        home.as_ref().map(|home| home.join(usual).join(NAME)),
        home.as_ref().map(|home| home.join(format!(".{NAME}"))),
    ]
    .into_iter()
    .flatten()
    .collect();
    // Sockets have short paths, so a home that lies deep has to do with less.
    let fits = proposals.iter().find(|folder| folder::has_room_for_socket(folder));
    fits.or(proposals.first()).cloned().unwrap_or(system)
}

/// Everything but letters, digits and `-._~` as `%XX`.
fn percent_encoded(bytes: &[u8]) -> String {
    let encode = |&byte: &u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    bytes.iter().map(encode).collect()
}
