//! The server programs that the machine has.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;
use super::account::Account;
use super::folder::Folder;

/// The oldest PostgreSQL that will do.
pub const OLDEST: u32 = 14;

/// What has to be there, in one folder.
const NAMES: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// Where packages put them: a parent, what precedes the major version in the name of its children, and what follows.
const VERSIONED: [(&str, &str, &str); 8] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
    ("/usr/lib", "postgresql", "bin"),
    ("/usr/libexec", "postgresql", "."),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// Where they are without a version in the path.
const UNVERSIONED: [&str; 5] = [
    "/opt/homebrew/opt/postgresql/bin",
    "/usr/local/opt/postgresql/bin",
    "/usr/local/pgsql/bin",
    "/usr/local/bin",
    "/usr/bin",
];

/// The programs of one PostgreSQL.
pub struct Programs {
    folder: PathBuf,
    pub major: u32,
}

impl Programs {
    /// Those in `bin_dir` if it is given, else the first that are found and will do: they are of the version that made
    /// the cluster, if there is one, and not too old.
    pub fn find(bin_dir: Option<&Path>, folder: &Folder) -> Result<Programs, Error> {
        let made_by = fs::read_to_string(folder.cluster().join("PG_VERSION")).ok();
        let made_by = made_by.and_then(|version| version.trim().parse::<u32>().ok());
        let mut others = Vec::new();
        let mut broken = None;
        for place in places(bin_dir) {
            match major(&place, folder.account.as_ref()) {
                Ok(major) if major >= OLDEST && made_by.is_none_or(|made_by| made_by == major) => {
                    return Ok(Programs { folder: place, major });
                }
                Ok(major) => others.push(major),
                Err(error) => broken = broken.or(Some(error)),
            }
        }
        others.sort_unstable();
        others.dedup();
        match (made_by, others.last(), broken) {
            (Some(made_by), Some(_), _) => {
                Err(Error::WrongVersion { path: folder.path().to_owned(), made_by, found: others })
            }
            (None, Some(&newest), _) => Err(Error::TooOld { newest }),
            (_, None, Some(error)) => Err(error),
            (made_by, None, None) => Err(Error::NoPrograms { bin_dir: bin_dir.map(Path::to_owned), made_by }),
        }
    }

    /// One of them, to be run for the data folder.
    pub fn command(&self, name: &str, folder: &Folder) -> Command {
        command(&self.folder.join(name), folder.path(), folder.account.as_ref())
    }
}

/// A program to be run in a folder and under an account, undisturbed by settings meant for other servers.
fn command(program: &Path, folder: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    undisturbed(&mut command);
    // The same cluster everywhere, and messages in the language that errors look for.
    command.env("LC_ALL", "C").env("TZ", "UTC").current_dir(folder).stdin(Stdio::null());
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Takes away settings that are meant for other servers.
pub fn undisturbed(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        command.env_remove(name);
    }
    command
}

/// The folder of client programs of this major version, or of the next newer one there is.
pub fn client_programs(names: &[&str], server: u32, bin_dir: Option<&Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Wrappers in the path choose a version by themselves, so they come last.
    let everywhere = || configured().into_iter().chain(usual()).chain(std::env::split_paths(&path));
    let everywhere = || everywhere().filter(|folder| folder.is_absolute()).collect();
    let folders: Vec<PathBuf> = bin_dir.map_or_else(everywhere, |folder| vec![folder.to_owned()]);
    let fits = |folder: PathBuf| {
        let all = names.iter().all(|name| folder.join(name).is_file());
        let output = Command::new(folder.join(names.first()?)).arg("-V").stdin(Stdio::null()).output();
        let major = output.ok().filter(|_| all).and_then(|output| version(&String::from_utf8_lossy(&output.stdout)))?;
        (major >= server).then_some((major, folder))
    };
    folders.into_iter().filter_map(fits).min_by_key(|(major, _)| *major).map(|(_, folder)| folder)
}

/// The major version that a program names itself: "postgres (PostgreSQL) 17.2 (Debian 17.2-1)", and "18beta1" as well.
fn version(said: &str) -> Option<u32> {
    let word = said.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    word.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The major version of the programs in a folder, as the account sees it that has to run them.
fn major(folder: &Path, account: Option<&Account>) -> Result<u32, Error> {
    let program = folder.join(NAMES[0]);
    let failed =
        |why: String| Error::Program { program: program.clone(), why, account: account.map(|it| it.name.clone()) };
    let output = command(&program, Path::new("/"), account).arg("-V").output();
    let output = output.map_err(|error: io::Error| failed(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let refused = || failed(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    version(&said).ok_or_else(refused)
}

/// The folders that hold all programs, the likeliest first; looked up one after another, as most starts need but one.
fn places(bin_dir: Option<&Path>) -> Box<dyn Iterator<Item = PathBuf> + '_> {
    if let Some(bin_dir) = bin_dir {
        return Box::new(std::iter::once(bin_dir).filter_map(complete));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let later = std::iter::once_with(|| configured().into_iter().chain(usual())).flatten();
    let mut seen = Vec::new();
    Box::new(path.into_iter().chain(later).filter_map(|folder| complete(&folder)).filter(move |folder| {
        let new = !seen.contains(folder);
        seen.push(folder.clone());
        new
    }))
}

/// The folder itself, or the one its links lead to, if all programs are there.
fn complete(folder: &Path) -> Option<PathBuf> {
    let all_in = |folder: &Path| NAMES.iter().all(|name| folder.join(name).is_file());
    let real = folder.join(NAMES[0]).canonicalize().ok()?;
    let real = real.parent().filter(|real| all_in(real));
    real.or_else(|| Some(folder).filter(|folder| all_in(folder))).map(Path::to_owned)
}

/// What `pg_config` says.
fn configured() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    folder.is_absolute().then_some(folder)
}

/// The usual places, the newest version first.
fn usual() -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, before, after) in VERSIONED {
        for child in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = child.file_name();
            let version = name.to_str().and_then(|name| name.strip_prefix(before)?.parse().ok());
            found.extend(version.map(|version| (version, child.path().join(after))));
        }
    }
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, folder)| folder).chain(UNVERSIONED.map(PathBuf::from)).collect()
}
