//! Under which account the server runs. PostgreSQL refuses to run as root, so root lends it another one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;

/// Whom root runs the server as, in this order.
const CANDIDATES: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// A user of the operating system.
#[derive(Clone, Debug)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// The account for the server: the one that owns the first of these folders that is not root's, so that what a user
    /// made stays that user's; else one from the password file.
    pub fn for_server(folders: &[&Path]) -> Result<Account, Error> {
        let owners = folders.iter().filter_map(|folder| fs::metadata(folder).ok());
        if let Some(owner) = owners.into_iter().find(|metadata| metadata.uid() != 0) {
            let known = users().into_iter().find(|user| user.account.uid == owner.uid());
            let name = known.map_or_else(|| owner.uid().to_string(), |user| user.account.name);
            return Ok(Account { name, uid: owner.uid(), gid: owner.gid() });
        }
        let users = users();
        let chosen = CANDIDATES.iter().find_map(|name| users.iter().find(|user| user.account.name == *name));
        chosen.map(|user| user.account.clone()).ok_or(Error::NoAccount)
    }
}

/// Whether this program may do what root may.
pub fn is_root() -> bool {
    effective_uid() == Some(0)
}

/// The home folder that the password file gives this program's user.
pub fn home() -> Option<PathBuf> {
    let uid = effective_uid()?;
    users().into_iter().find(|user| user.account.uid == uid).map(|user| user.home)
}

/// The standard library does not tell; Linux does in a file, and every Unix through `id`.
fn effective_uid() -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    if let Some(uid) = line.and_then(|ids| ids.split_whitespace().nth(1)?.parse().ok()) {
        return Some(uid);
    }
    let output = Command::new("id").arg("-u").output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

struct User {
    account: Account,
    home: PathBuf,
}

/// The password file's users.
fn users() -> Vec<User> {
    let file = fs::read("/etc/passwd").unwrap_or_default();
    String::from_utf8_lossy(&file).lines().filter_map(user).collect()
}

/// One line, `name:password:uid:gid:comment:home:shell`.
fn user(line: &str) -> Option<User> {
    // macOS counts nobody as -2, which is the same 32 bits.
    let id = |field: &str| field.parse::<i64>().ok().map(|id| id as u32);
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, ..] = fields[..] else { return None };
    Some(User { account: Account { name: name.to_owned(), uid: id(uid)?, gid: id(gid)? }, home: PathBuf::from(home) })
}
