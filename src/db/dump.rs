//! Dumps of the whole database by PostgreSQL's own programs, and bringing them back.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio_postgres::config::{Config, Host};

use super::private_postgres::{client_programs, undisturbed};
use crate::model::message::Message;
use crate::say;

/// `pg_dump` and `pg_restore` for one database.
pub struct Programs {
    folder: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Programs {
    /// Those that fit a server of this major version: its own, or the next newer ones. The database is named in their
    /// environment, where other users do not see the password.
    pub fn find(url: &str, server: u32, bin_dir: Option<&Path>) -> Result<Programs, Message> {
        let config: Config = url.parse().map_err(|error: tokio_postgres::Error| say!("{error}", "{error}"))?;
        let environment = environment(&config);
        match client_programs(["pg_dump", "pg_restore"], server, bin_dir) {
            Some(folder) => Ok(Programs { folder, environment }),
            None => Err(say!(
                "pg_dump and pg_restore of PostgreSQL {server} or newer were not found. Install them (Debian and Ubuntu: apt-get install postgresql-client-{server}), or name their folder in PG_BIN_DIR.",
                "未找到 PostgreSQL {server} 或更高版本的 pg_dump 与 pg_restore。请安装（Debian 和 Ubuntu：apt-get install postgresql-client-{server}），或用 PG_BIN_DIR 指明其目录。"
            )),
        }
    }

    /// Writes all there is, as of an exported snapshot, to a new file that only its owner may read.
    pub fn dump(&self, snapshot: &str, path: &Path) -> Result<(), Message> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.map_err(|error| unwritable(path, &error))?;
        let output = file.try_clone().map_err(|error| unwritable(path, &error))?;
        let mut command = self.command("pg_dump");
        command.args(["--format=custom", "--no-owner", "--no-privileges", "--snapshot", snapshot]);
        self.run(command.stdin(Stdio::null()).stdout(output))?;
        file.sync_all().map_err(|error| unwritable(path, &error))
    }

    /// Brings a dump back into an empty database, all of it or nothing.
    pub fn restore(&self, path: &Path) -> Result<(), Message> {
        let name = path.display();
        let file =
            File::open(path).map_err(|error| say!("{name} cannot be read: {error}.", "无法读取 {name}：{error}。"))?;
        let mut command = self.command("pg_restore");
        command.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]);
        let database = self.environment.iter().find(|(name, _)| *name == "PGDATABASE");
        command.arg("--dbname").arg(database.map(|(_, name)| name.as_str()).unwrap_or_default());
        self.run(command.stdin(file).stdout(Stdio::null()))
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join(name));
        undisturbed(&mut command).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, command: &mut Command) -> Result<(), Message> {
        let name = Path::new(command.get_program()).display().to_string();
        let failed = |why: &str| say!("{name} failed: {why}", "{name} 运行失败：{why}");
        let child = command.stderr(Stdio::piped()).spawn().map_err(|error| failed(&error.to_string()))?;
        let output = child.wait_with_output().map_err(|error| failed(&error.to_string()))?;
        if output.status.success() { Ok(()) } else { Err(failed(String::from_utf8_lossy(&output.stderr).trim())) }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Message {
    let path = path.display();
    say!("{path} cannot be written: {error}.", "无法写入 {path}：{error}。")
}

/// How libpq is told which database.
fn environment(config: &Config) -> Vec<(&'static str, String)> {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    };
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    let user = config.get_user().unwrap_or_default();
    let settings = [
        ("PGHOST", hosts.join(",")),
        ("PGPORT", ports.join(",")),
        ("PGUSER", user.to_owned()),
        ("PGPASSWORD", String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned()),
        // As PostgreSQL has it where none is named.
        ("PGDATABASE", config.get_dbname().unwrap_or(user).to_owned()),
    ];
    settings.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
