//! The data folder: whose it is, its locks and its log.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown};
use std::path::{Path, PathBuf};

use super::Error;
use super::account::{self, Account};

/// The socket's name and its port's, which no other server shares since the folder is ours.
const SOCKET: &str = ".s.PGSQL.5432";
/// How long the path of a socket may be, in bytes.
const LONGEST_SOCKET: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// The log starts anew when it is longer than this at a start.
const LONGEST_LOG: u64 = 8 << 20;
/// Lines of the log that an error shows.
const TAIL: usize = 8;

/// The data folder, and the account that the server in it runs under if that is not ours.
pub struct Folder {
    path: PathBuf,
    pub account: Option<Account>,
}

impl Folder {
    /// The folder at `path`, made if it is missing.
    pub fn open(path: &Path) -> Result<Folder, Error> {
        let failed = |error: io::Error| Error::Folder { path: path.to_owned(), why: error.to_string() };
        let root = account::is_root();
        let absolute = std::path::absolute(path).map_err(failed)?;
        make(&absolute, root).map_err(failed)?;
        // One spelling for every participant: a server is recognized by the path on its command line.
        let path = absolute.canonicalize().map_err(failed)?;
        if !has_room_for_socket(&path) {
            return Err(Error::PathTooLong {
                limit: LONGEST_SOCKET - socket_of(Path::new("")).as_os_str().len() - 1,
                path,
            });
        }
        let account = if root { Some(Account::for_server(&[&cluster_of(&path), &path])?) } else { None };
        Ok(Folder { path, account })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// PostgreSQL's own data folder, which holds the socket too.
    pub fn cluster(&self) -> PathBuf {
        cluster_of(&self.path)
    }

    pub fn socket(&self) -> PathBuf {
        socket_of(&self.path)
    }

    /// What keeps other servers off the socket.
    pub fn socket_lock(&self) -> PathBuf {
        self.cluster().join(format!("{SOCKET}.lock"))
    }

    pub fn log_path(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// Waits until nobody else starts or stops the server; the turn lasts as long as the file is kept.
    pub fn turn(&self) -> Result<File, Error> {
        self.locked("start.lock", File::lock)
    }

    /// Takes part. Nobody holds this lock alone outside of a turn, so this does not wait within one.
    pub fn participate(&self) -> Result<File, Error> {
        self.locked("participants.lock", File::lock_shared)
    }

    fn locked(&self, name: &str, lock: fn(&File) -> io::Result<()>) -> Result<File, Error> {
        let file = self.file(&self.path.join(name)).map_err(|error| self.failed(error))?;
        loop {
            match lock(&file) {
                Ok(()) => return Ok(file),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// The log, to be written at its end, and where that end is.
    pub fn log(&self) -> Result<(File, u64), Error> {
        let open = || {
            let path = self.log_path();
            let mut file = self.file(&path)?;
            // Root must not be made to write to a file of somebody else by a link in a user's folder.
            if self.account.as_ref().is_some_and(|account| file.metadata().is_ok_and(|file| file.uid() != account.uid))
            {
                fs::remove_file(&path)?;
                file = self.file(&path)?;
            }
            if file.metadata()?.len() > LONGEST_LOG {
                file.set_len(0)?;
            }
            let end = file.metadata()?.len();
            Ok((file, end))
        };
        open().map_err(|error| self.failed(error))
    }

    /// The last lines of the log among those behind `start`.
    pub fn log_since(&self, start: u64) -> String {
        let read = || {
            let mut file = File::open(self.log_path())?;
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(start))?;
            file.read_to_end(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        let bytes = read().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }

    /// A file to append to, made if it is missing; the server's account owns it, so that whoever is that user can use
    /// it as well as root.
    fn file(&self, path: &Path) -> io::Result<File> {
        match self.new_file(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                OpenOptions::new().read(true).append(true).open(path)
            }
            made => made,
        }
    }

    /// A file that was not there before, for the server's account alone.
    pub fn new_file(&self, path: &Path) -> io::Result<File> {
        let file = OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(path)?;
        if let Some(Account { uid, gid, .. }) = self.account {
            fchown(&file, Some(uid), Some(gid))?;
        }
        Ok(file)
    }

    /// A folder that was not there before, for the server's account alone.
    pub fn new_folder(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)?;
        match self.account {
            Some(Account { uid, gid, .. }) => lchown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// The outermost folder on the way here that the server's account may not pass.
    pub fn barrier(&self) -> Option<PathBuf> {
        let account = self.account.as_ref()?;
        let closed = |folder: &&Path| {
            fs::metadata(folder).is_ok_and(|folder| {
                let pass = match folder {
                    _ if folder.uid() == account.uid => 0o100,
                    _ if folder.gid() == account.gid => 0o010,
                    _ => 0o001,
                };
                folder.mode() & pass == 0
            })
        };
        self.path.ancestors().filter(closed).last().map(Path::to_owned)
    }

    pub fn failed(&self, error: io::Error) -> Error {
        Error::Folder { path: self.path.clone(), why: error.to_string() }
    }
}

/// Whether the path of the socket in a data folder stays short enough.
pub fn has_room_for_socket(folder: &Path) -> bool {
    socket_of(folder).as_os_str().len() <= LONGEST_SOCKET
}

fn cluster_of(folder: &Path) -> PathBuf {
    folder.join("postgres")
}

fn socket_of(folder: &Path) -> PathBuf {
    cluster_of(folder).join(SOCKET)
}

/// Makes the folder. Root's stays root's, but lets the server's account pass to what is its own in it.
fn make(path: &Path, root: bool) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = fs::metadata(path)?;
    if root && metadata.uid() == 0 && metadata.mode() & 0o001 == 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(metadata.mode() | 0o011))?;
    }
    Ok(())
}
