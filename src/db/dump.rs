//! Dumps of the whole database by PostgreSQL's own programs, and bringing them back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tokio_postgres::config::{Config, Host, TargetSessionAttrs};

use super::private_postgres::{client_programs, undisturbed};
use crate::model::message::Message;
use crate::say;

/// What newer programs set, and servers before 17 do not know.
const NEWER: &[u8] = b"SET transaction_timeout = 0;\n";

/// `pg_dump`, `pg_restore` and `psql` for one database.
pub struct Programs {
    folder: PathBuf,
    /// Major version.
    server: u32,
    environment: Vec<(&'static str, String)>,
}

impl Programs {
    /// Those that fit a server of this major version: its own, or the next newer ones. The database is named in their
    /// environment, where other users do not see the password.
    pub fn find(url: &str, server: u32, bin_dir: Option<&Path>) -> Result<Programs, Message> {
        let config: Config = url.parse().map_err(|error: tokio_postgres::Error| say!("{error}", "{error}"))?;
        let environment = environment(&config);
        match client_programs(&["pg_dump", "pg_restore", "psql"], server, bin_dir) {
            Some(folder) => Ok(Programs { folder, server, environment }),
            None => Err(say!(
                "pg_dump, pg_restore and psql of PostgreSQL {server} or newer were not found. Install them (Debian and Ubuntu: apt-get install postgresql-client-{server}), or name their folder in PG_BIN_DIR.",
                "未找到 PostgreSQL {server} 或更高版本的 pg_dump、pg_restore 与 psql。请安装（Debian 和 Ubuntu：apt-get install postgresql-client-{server}），或用 PG_BIN_DIR 指明其目录。"
            )),
        }
    }

    /// Writes all there is, as of an exported snapshot, to a new file that only its owner may read.
    pub fn dump(&self, snapshot: &str, path: &Path) -> Result<(), Message> {
        // What is left of an earlier one may be readable for others.
        let gone = fs::remove_file(path).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        });
        let file = gone.and_then(|()| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
        let file = file.map_err(|error| unwritable(path, &error))?;
        let output = file.try_clone().map_err(|error| unwritable(path, &error))?;
        let mut command = self.command("pg_dump");
        command.args(["--format=custom", "--no-owner", "--no-privileges", "--snapshot", snapshot]);
        let dumping = spawn(command.stdin(Stdio::null()).stdout(output))?;
        ended(&command, dumping)?;
        file.sync_all().map_err(|error| unwritable(path, &error))
    }

    /// Brings a dump back into an empty database, and runs `last` after it, all in one transaction or not at all.
    pub fn restore(&self, path: &Path, last: &str) -> Result<(), Message> {
        let name = path.display();
        let file =
            File::open(path).map_err(|error| say!("{name} cannot be read: {error}.", "无法读取 {name}：{error}。"))?;
        let mut reader = self.command("pg_restore");
        reader.args(["--file=-", "--exit-on-error", "--no-owner", "--no-privileges"]);
        let mut reading = spawn(reader.stdin(file).stdout(Stdio::piped()))?;
        let mut writer = self.command("psql");
        writer.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]);
        let mut writing = spawn(writer.stdin(Stdio::piped()).stdout(Stdio::null()))?;
        let (script, session) = (reading.stdout.take(), writing.stdin.take());
        let mut session = BufWriter::new(session.ok_or_else(|| failed(&writer, "no input"))?);
        let sent = self.send(script.ok_or_else(|| failed(&reader, "no output"))?, &mut session);
        let read = ended(&reader, reading);
        // The end of the input without this takes everything back.
        let finished = sent.and_then(|()| match read {
            Ok(()) => writeln!(session, "{last}COMMIT;").and_then(|()| session.flush()),
            Err(_) => Ok(()),
        });
        drop(session);
        // If it refused, that is why nothing more could be sent.
        ended(&writer, writing)?;
        read?;
        finished.map_err(|error| failed(&writer, &error.to_string()))
    }

    /// Begins a transaction with the statements of a dump.
    fn send(&self, script: impl Read, session: &mut impl Write) -> io::Result<()> {
        session.write_all(b"BEGIN;\n")?;
        let (mut script, mut line) = (BufReader::new(script), Vec::new());
        while script.read_until(b'\n', &mut line)? > 0 {
            if self.server >= 17 || line != NEWER {
                session.write_all(&line)?;
            }
            line.clear();
        }
        session.flush()
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join(name));
        undisturbed(&mut command).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn spawn(command: &mut Command) -> Result<Child, Message> {
    command.stderr(Stdio::piped()).spawn().map_err(|error| failed(command, &error.to_string()))
}

/// Waits for a program, and says what it said if it failed.
fn ended(command: &Command, child: Child) -> Result<(), Message> {
    let output = child.wait_with_output().map_err(|error| failed(command, &error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(failed(command, String::from_utf8_lossy(&output.stderr).trim())) }
}

fn failed(command: &Command, why: &str) -> Message {
    let name = Path::new(command.get_program()).display();
    say!("{name} failed: {why}", "{name} 运行失败：{why}")
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
    let addresses: Vec<String> = config.get_hostaddrs().iter().map(ToString::to_string).collect();
    let which = match config.get_target_session_attrs() {
        TargetSessionAttrs::ReadWrite => "read-write",
        TargetSessionAttrs::ReadOnly => "read-only",
        _ => "",
    };
    let user = config.get_user().unwrap_or_default();
    let settings = [
        ("PGHOST", hosts.join(",")),
        ("PGHOSTADDR", addresses.join(",")),
        ("PGPORT", ports.join(",")),
        ("PGTARGETSESSIONATTRS", which.to_owned()),
        ("PGUSER", user.to_owned()),
        ("PGPASSWORD", String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned()),
        // As PostgreSQL has it where none is named.
        ("PGDATABASE", config.get_dbname().unwrap_or(user).to_owned()),
    ];
    settings.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
