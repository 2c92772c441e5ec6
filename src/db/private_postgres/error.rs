//! Why there is no private server, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use super::programs::OLDEST;

/// Why the private server could not be started, joined or stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No server programs, neither in the folder named nor anywhere; `made_by` is the version that the data needs.
    NoPrograms { bin_dir: Option<PathBuf>, made_by: Option<u32> },
    /// None of those found is new enough.
    TooOld { newest: u32 },
    /// None of those found is of the version that made the data.
    WrongVersion { path: PathBuf, made_by: u32, found: Vec<u32> },
    /// A program is there but does not run, under the account named or our own.
    Program { program: PathBuf, why: String, account: Option<String> },
    /// The data folder cannot be made, read or written.
    Folder { path: PathBuf, why: String },
    /// The account that the server runs under cannot pass a folder on the way to the data.
    Unreachable { path: PathBuf, barrier: PathBuf, account: String },
    /// The socket would have too long a path; `limit` is what remains for the data folder, in bytes.
    PathTooLong { path: PathBuf, limit: usize },
    /// We are root, and there is nobody else to run the server as.
    NoAccount,
    /// A program ended with an error; `said` is the end of what it wrote to the log.
    Failed { program: PathBuf, log: PathBuf, said: String },
    /// The server runs but does not take connections yet.
    NotReady { log: PathBuf, seconds: u64 },
    /// The server did not stop.
    NotStopped { path: PathBuf },
}

impl Error {
    /// What happened and what to do, in English.
    pub fn en(&self) -> String {
        match self {
            Error::NoPrograms { bin_dir: Some(bin_dir), .. } => format!(
                "PG_BIN_DIR is {}, but postgres, initdb and pg_ctl are not all there: \
                 set it to the folder that holds them, or unset it.",
                bin_dir.display()
            ),
            Error::NoPrograms { made_by: Some(made_by), .. } => format!(
                "No PostgreSQL server programs were found: install PostgreSQL {made_by}, which made the data, \
                 or name their folder in PG_BIN_DIR."
            ),
            Error::NoPrograms { .. } => "No PostgreSQL server programs were found: install them \
                 (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17; \
                 Red Hat: dnf install postgresql-server), name their folder in PG_BIN_DIR, \
                 or name a running server in DATABASE_URL."
                .to_owned(),
            Error::TooOld { newest } => format!(
                "The newest PostgreSQL found here is {newest}: install version {OLDEST} or later, \
                 name its folder in PG_BIN_DIR, or name a running server in DATABASE_URL."
            ),
            Error::WrongVersion { path, made_by, found } => format!(
                "The data in {} was made by PostgreSQL {made_by}, and only {} was found: \
                 install version {made_by} beside it, or name its folder in PG_BIN_DIR; to upgrade, run \
                 open-commitments backup with version {made_by}, and restore with the other into a new DATA_DIR.",
                path.display(),
                list(found)
            ),
            Error::Program { program, why, account: Some(account) } => format!(
                "{} cannot be run as the user {account} ({why}): run this program as an ordinary user, \
                 or name a running server in DATABASE_URL.",
                program.display()
            ),
            Error::Program { program, why, account: None } => format!(
                "{} cannot be run ({why}): name another PostgreSQL's folder in PG_BIN_DIR, \
                 or a running server in DATABASE_URL.",
                program.display()
            ),
            Error::Folder { path, why } => format!(
                "The data folder {} cannot be used ({why}): name one that this user may write to in DATA_DIR.",
                path.display()
            ),
            Error::Unreachable { path, barrier, account } => format!(
                "PostgreSQL runs as the user {account}, who cannot reach the data folder {} because {} is closed: \
                 name another folder in DATA_DIR, or let that user pass the closed one.",
                path.display(),
                barrier.display()
            ),
            Error::PathTooLong { path, limit } => format!(
                "The data folder's path {} is too long for a socket: name one of at most {limit} bytes in DATA_DIR.",
                path.display()
            ),
            Error::NoAccount => {
                "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: \
                 add one, run this program as an ordinary user, or name a running server in DATABASE_URL."
                    .to_owned()
            }
            Error::Failed { program, log, said } => {
                format!("{} failed; the end of {} says why:\n{said}", program.display(), log.display())
            }
            Error::NotReady { log, seconds } => format!(
                "PostgreSQL is not ready after {seconds} seconds and goes on by itself: \
                 see {}, and start again when it is.",
                log.display()
            ),
            Error::NotStopped { path } => format!(
                "The PostgreSQL in {} did not stop and may still run; the next start will join it.",
                path.display()
            ),
        }
    }

    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Error::NoPrograms { bin_dir: Some(bin_dir), .. } => format!(
                "PG_BIN_DIR 为 {}，但其中没有齐全的 postgres、initdb 和 pg_ctl：\
                 请将其设为这些程序所在的目录，或取消该设置。",
                bin_dir.display()
            ),
            Error::NoPrograms { made_by: Some(made_by), .. } => format!(
                "未找到 PostgreSQL 服务器程序：请安装创建这些数据的 PostgreSQL {made_by}，\
                 或用 PG_BIN_DIR 指明其目录。"
            ),
            Error::NoPrograms { .. } => "未找到 PostgreSQL 服务器程序：请安装\
                 （Debian 和 Ubuntu：apt-get install postgresql；macOS：brew install postgresql@17；\
                 Red Hat：dnf install postgresql-server），或用 PG_BIN_DIR 指明其目录，\
                 或用 DATABASE_URL 指明正在运行的服务器。"
                .to_owned(),
            Error::TooOld { newest } => format!(
                "此处最新的 PostgreSQL 为 {newest}：请安装 {OLDEST} 或更高版本，\
                 或用 PG_BIN_DIR 指明其目录，或用 DATABASE_URL 指明正在运行的服务器。"
            ),
            Error::WrongVersion { path, made_by, found } => format!(
                "{} 中的数据由 PostgreSQL {made_by} 创建，而此处只找到 {}：\
                 请另装 {made_by} 版，或用 PG_BIN_DIR 指明其目录；\
                 若要升级，请用 {made_by} 版运行 open-commitments backup，再用新版 restore 到新的 DATA_DIR。",
                path.display(),
                list(found)
            ),
            Error::Program { program, why, account: Some(account) } => format!(
                "无法以用户 {account} 运行 {}（{why}）：\
                 请以普通用户运行本程序，或用 DATABASE_URL 指明正在运行的服务器。",
                program.display()
            ),
            Error::Program { program, why, account: None } => format!(
                "无法运行 {}（{why}）：请用 PG_BIN_DIR 指明另一套 PostgreSQL 的目录，\
                 或用 DATABASE_URL 指明正在运行的服务器。",
                program.display()
            ),
            Error::Folder { path, why } => {
                format!("数据目录 {} 无法使用（{why}）：请用 DATA_DIR 指定当前用户可写的目录。", path.display())
            }
            Error::Unreachable { path, barrier, account } => format!(
                "PostgreSQL 以用户 {account} 运行，而该用户不能进入 {}，因此无法到达数据目录 {}：\
                 请用 DATA_DIR 另选目录，或允许该用户通过前一目录。",
                barrier.display(),
                path.display()
            ),
            Error::PathTooLong { path, limit } => format!(
                "数据目录的路径 {} 过长，无法放置套接字：请用 DATA_DIR 指定不超过 {limit} 字节的路径。",
                path.display()
            ),
            Error::NoAccount => "PostgreSQL 不能以 root 运行，而系统中没有可用的 postgres 或 nobody 用户：\
                 请添加其一，或以普通用户运行本程序，或用 DATABASE_URL 指明正在运行的服务器。"
                .to_owned(),
            Error::Failed { program, log, said } => {
                format!("{} 运行失败，原因见 {} 末尾：\n{said}", program.display(), log.display())
            }
            Error::NotReady { log, seconds } => format!(
                "PostgreSQL 在 {seconds} 秒后仍未就绪，并将自行继续：请查看 {}，待其就绪后重新启动。",
                log.display()
            ),
            Error::NotStopped { path } => {
                format!("{} 中的 PostgreSQL 未能停止，可能仍在运行；下次启动时将与其连接。", path.display())
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

impl std::error::Error for Error {}

/// Versions in a row.
fn list(versions: &[u32]) -> String {
    versions.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
