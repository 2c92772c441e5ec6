//! Servers of a test's own that replicate: a primary, streaming replicas of it, and what becomes of them.

use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use open_commitments::db::private_postgres::{client_programs, undisturbed};
use tokio_postgres::{Client, NoTls};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server; it goes with this value.
pub struct Server {
    /// Where its socket is.
    folder: PathBuf,
    data: PathBuf,
    account: Option<(u32, u32)>,
    child: Option<Child>,
}

/// User and group that the servers run under, where we are root: PostgreSQL refuses to be.
fn account() -> Option<(u32, u32)> {
    let id = |words: &[&str]| {
        let output = Command::new("id").args(words).stderr(Stdio::null()).output().expect("id");
        String::from_utf8(output.stdout).expect("a number").trim().parse::<u32>().ok()
    };
    let of = |name: &str| Some((id(&["-u", name])?, id(&["-g", name])?));
    if id(&["-u"]) == Some(0) { of("postgres").or_else(|| of("nobody")) } else { None }
}

/// A folder for servers, with a path that is short enough for sockets.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("oc").tempdir_in("/tmp").expect("a folder");
    if let Some((user, group)) = account() {
        chown(folder.path(), Some(user), Some(group)).expect("another owner");
    }
    folder
}

impl Server {
    /// A new server that runs, without any ledger.
    pub fn primary(parent: &Path, name: &str) -> Server {
        let server = Server::to_be(parent, name);
        let mut initdb = server.program("initdb");
        let words =
            ["--locale=C", "--encoding=UTF8", "--auth=trust", "--no-sync", "--no-instructions", "-U", "postgres"];
        run(initdb.args(words).arg("-D").arg(&server.data));
        server.started()
    }

    /// Its name in the folder that it was made in.
    pub fn name(&self) -> String {
        self.folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned()
    }

    /// A replica of this one, which follows it.
    pub fn replica(&self, parent: &Path, name: &str) -> Server {
        self.copying()(parent, name)
    }

    /// What makes replicas of this one, on whatever thread.
    pub fn copying(&self) -> impl Fn(&Path, &str) -> Server + Send + use<> {
        let host = self.folder.to_str().expect("a path").to_owned();
        move |parent, name| copy_of(&host, parent, name)
    }

    fn to_be(parent: &Path, name: &str) -> Server {
        let folder = parent.join(name);
        let server = Server { data: folder.with_extension("data"), folder, account: account(), child: None };
        for folder in [&server.folder, &server.data] {
            // What died may have left something.
            let _ = std::fs::remove_dir_all(folder);
            std::fs::DirBuilder::new().mode(0o700).create(folder).expect("a folder");
            if let Some((user, group)) = server.account {
                chown(folder, Some(user), Some(group)).expect("another owner");
            }
        }
        server
    }

    fn program(&self, name: &str) -> Command {
        let bin_dir = std::env::var_os("PG_BIN_DIR").map(PathBuf::from);
        let programs = client_programs(&["postgres", "pg_basebackup"], 14, bin_dir.as_deref());
        let mut command = Command::new(programs.expect("PostgreSQL's programs").join(name));
        undisturbed(&mut command).env("LC_ALL", "C").current_dir(&self.folder).stdin(Stdio::null());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    fn started(mut self) -> Server {
        self.start();
        self
    }

    /// Starts it, and waits until it answers.
    pub fn start(&mut self) {
        let mut command = self.program("postgres");
        let (folder, data) = (self.folder.to_str().expect("a path"), self.data.to_str().expect("a path"));
        // Processes are killed here, the machine is not.
        let settings = ["listen_addresses=", "fsync=off", "shared_buffers=32MB", "wal_retrieve_retry_interval=100ms"];
        command.args(["-D", data, "-k", folder]).args(settings.iter().flat_map(|setting| ["-c", *setting]));
        let log = std::fs::File::create(self.folder.with_extension("log")).expect("a file");
        command.stdout(log.try_clone().expect("the file")).stderr(log).process_group(0);
        self.child = Some(command.spawn().expect("postgres"));
        let since = Instant::now();
        while !self.answers() {
            let log = || std::fs::read_to_string(self.folder.with_extension("log")).unwrap_or_default();
            assert!(since.elapsed() < PATIENCE, "it does not come up: {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn answers(&self) -> bool {
        let mut ready = self.program("pg_isready");
        let folder = self.folder.to_str().expect("a path");
        ready.args(["-q", "-h", folder]).status().expect("pg_isready").success()
    }

    /// Ends it with a signal: INT as operators do, KILL as a machine does that goes down.
    pub fn end(&mut self, signal: &str) {
        let Some(mut child) = self.child.take() else { return };
        let _ = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        let _ = child.wait();
    }

    /// The socket that it listens at.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        address(&[self])
    }

    pub async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.expect("a connection");
        actix_web::rt::spawn(connection);
        client
    }

    pub async fn sql(&self, statement: &str) {
        // One by one, since some must not stand in a transaction.
        for statement in statement.split(';') {
            self.client().await.batch_execute(statement).await.expect("the statement");
        }
    }

    /// One text.
    pub async fn text(&self, query: &str) -> String {
        self.client().await.query_one(query, &[]).await.expect("a row").get(0)
    }
}

/// A replica of the server whose socket is in a folder.
fn copy_of(host: &str, parent: &Path, name: &str) -> Server {
    let replica = Server::to_be(parent, name);
    let mut copy = replica.program("pg_basebackup");
    copy.args(["--checkpoint=fast", "--no-sync", "-R", "-X", "stream", "-D"]).arg(&replica.data);
    run(copy.args(["-d", &format!("host={host} user=postgres application_name={name}")]));
    replica.started()
}

/// One address of several servers, of which the one that takes writes is meant.
pub fn address(servers: &[&Server]) -> String {
    let host = |server: &&Server| server.folder.to_str().expect("a path").replace('/', "%2F");
    let hosts: Vec<String> = servers.iter().map(host).collect();
    let which = if servers.len() > 1 { "?target_session_attrs=read-write" } else { "" };
    format!("postgresql://postgres@{}/postgres{which}", hosts.join(","))
}

fn run(command: &mut Command) {
    let output = command.output().expect("a program");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end("QUIT");
    }
}
