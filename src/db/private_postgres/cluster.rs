//! Making, starting and stopping the server. Everything here happens in one's turn (see [`Folder::turn`]).

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, id};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::folder::Folder;
use super::programs::Programs;
use super::{DATABASE, Error, USER};

/// How long the server may take to come up, recovery included, or to go.
const LIMIT: Duration = Duration::from_secs(60);
/// How often we look whether it has.
const PAUSE: Duration = Duration::from_millis(10);
/// How the names of clusters begin that are still being made.
const UNFINISHED: &str = "postgres.new.";

/// The cluster in a data folder, and what runs it.
pub struct Cluster {
    pub folder: Folder,
    pub programs: Programs,
    pub options: Vec<(String, String)>,
}

/// What there is of a server.
#[derive(PartialEq)]
enum State {
    Absent,
    /// It comes up or goes down.
    Busy,
    Ready,
}

impl Cluster {
    /// Makes sure that a server takes connections; returns it if it is a child of this program.
    pub fn ensure_running(&self) -> Result<Option<Child>, Error> {
        self.ensure_running_since(Instant::now())
    }

    fn ensure_running_since(&self, since: Instant) -> Result<Option<Child>, Error> {
        loop {
            match self.state() {
                State::Ready => {
                    log::debug!("joined the PostgreSQL in {}", self.folder.path().display());
                    return Ok(None);
                }
                State::Absent => break,
                // Left so by a program that was killed, or that did not want to wait any longer.
                State::Busy if since.elapsed() < LIMIT => sleep(PAUSE),
                State::Busy => return Err(self.not_ready()),
            }
        }
        self.sweep();
        if !self.folder.cluster().join("PG_VERSION").exists() {
            self.create()?;
        }
        // One that a killed program had just begun to start may come first; then that is the one to join.
        let Some(server) = self.launch(since)? else { return self.ensure_running_since(since) };
        let (major, folder) = (self.programs.major, self.folder.path().display());
        log::info!("started PostgreSQL {major} in {folder} in {} ms", since.elapsed().as_millis());
        Ok(Some(server))
    }

    /// Stops the server and returns when it is gone.
    pub fn stop(&self) -> Result<(), Error> {
        let Some(pid) = self.server_id() else { return Ok(()) };
        if !self.is_server(pid) {
            // It runs in a container beside ours if it answers, where its process has another number.
            return if self.answers() { Err(self.not_stopped()) } else { Ok(()) };
        }
        let (log, start) = self.folder.log()?;
        let mut command = self.programs.command("pg_ctl", &self.folder);
        command.args(["stop", "--silent", "--mode=fast", "--no-wait", "-D"]).arg(self.folder.cluster());
        self.run(&mut command, log, start)?;
        let since = Instant::now();
        // The file goes last, unless the server is killed, which leaves it.
        while self.server_id() == Some(pid) && self.is_server(pid) {
            if since.elapsed() > LIMIT {
                return Err(self.not_stopped());
            }
            sleep(PAUSE);
        }
        log::debug!("stopped the PostgreSQL in {}", self.folder.path().display());
        Ok(())
    }

    /// Makes the cluster and its database under another name, so that it is there as a whole or not at all.
    fn create(&self) -> Result<(), Error> {
        let failed = |error| self.folder.failed(error);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        // Never a name used before: the initdb of a program that was killed may still be at work under it.
        let unfinished = self.folder.path().join(format!("{UNFINISHED}{}.{now}", id()));
        self.folder.new_folder(&unfinished).map_err(failed)?;
        let made = self.fill(&unfinished).and_then(|()| {
            fs::rename(&unfinished, self.folder.cluster()).map_err(failed)?;
            File::open(self.folder.path()).and_then(|folder| folder.sync_all()).map_err(failed)
        });
        if made.is_err() {
            self.sweep();
        }
        made
    }

    fn fill(&self, folder: &Path) -> Result<(), Error> {
        let (log, start) = self.folder.log()?;
        let mut initdb = self.programs.command("initdb", &self.folder);
        initdb
            .args(["--locale=C", "--encoding=UTF8", "--auth=trust", "--no-instructions", "-U", USER, "-D"])
            .arg(folder);
        if self.options.iter().any(|(name, value)| name == "fsync" && value == "off") {
            initdb.arg("--no-sync");
        }
        self.run(&mut initdb, log, start)?;
        let (log, start) = self.folder.log()?;
        let mut single = self.programs.command("postgres", &self.folder);
        single.arg("--single").arg("-D").arg(folder).args(["-c", "exit_on_error=on"]);
        single.args(self.options.iter().map(|(name, value)| format!("-c{name}={value}"))).arg("postgres");
        self.run_on(&mut single, log, start, &format!("CREATE DATABASE {DATABASE}\n"))
    }

    /// Removes clusters that nobody finished. A folder that resists is left for the next start.
    fn sweep(&self) {
        let children = fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        for child in children.filter(|child| child.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes())) {
            if let Err(error) = fs::remove_dir_all(child.path()) {
                log::warn!("cannot remove {}: {error}", child.path().display());
            }
        }
    }

    /// Starts the server and waits until it takes connections; none if another one came first.
    fn launch(&self, begun: Instant) -> Result<Option<Child>, Error> {
        let since = Instant::now();
        loop {
            self.disown().map_err(|error| self.folder.failed(error))?;
            let (log, start) = self.folder.log()?;
            let mut command = self.server(log)?;
            let mut server = command.spawn().map_err(|error| self.cannot_run(&command, &error))?;
            while server.try_wait().map_err(|error| self.cannot_run(&command, &error))?.is_none() {
                if self.is_ready() {
                    return Ok(Some(server));
                }
                if since.elapsed() > LIMIT {
                    // It goes on: a recovery that takes long would take as long the next time.
                    return Err(self.not_ready());
                }
                sleep(PAUSE);
            }
            // The processes of a server that was killed take a moment to notice.
            let said = self.folder.log_since(start);
            if said.contains("postmaster.pid\" already exists") && begun.elapsed() <= LIMIT {
                sleep(PAUSE);
                return Ok(None);
            }
            if !said.contains("shared memory block") || since.elapsed() > LIMIT {
                return Err(self.failed(&command, said));
            }
            sleep(PAUSE * 10);
        }
    }

    /// The server's command: out of reach of the network, of other users and of the terminal's Ctrl-C.
    fn server(&self, log: File) -> Result<Command, Error> {
        let errors = log.try_clone().map_err(|error| self.folder.failed(error))?;
        let cluster = self.folder.cluster();
        // The setting is a list whose items may be quoted, and whose quotes are doubled.
        let sockets = cluster.to_string_lossy().replace('"', "\"\"");
        let mut command = self.programs.command("postgres", &self.folder);
        command.arg("-D").arg(&cluster).args(["-c", "port=5432", "-c", "listen_addresses="]);
        command.args(["-c", "unix_socket_permissions=0700", "-c", &format!("unix_socket_directories=\"{sockets}\"")]);
        command.args(self.options.iter().map(|(name, value)| format!("-c{name}={value}")));
        command.stdout(log).stderr(errors).process_group(0);
        Ok(command)
    }

    /// Lets PostgreSQL take over from a server that is gone but left its lock files, which name a process that by now
    /// may be anybody's. PostgreSQL would take any process of the same user for that server; but not its own parent,
    /// and then it still makes sure that no orphan uses the shared memory that the file names as well.
    fn disown(&self) -> io::Result<()> {
        let cluster = self.folder.cluster();
        let socket_lock = self.folder.socket_lock();
        let (file, new) = (cluster.join("postmaster.pid"), cluster.join("postmaster.pid.new"));
        for leftover in [&socket_lock, &new] {
            remove_if_there(leftover)?;
        }
        let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
        match text.split_once('\n') {
            Some((pid, rest)) if pid.trim().parse::<u32>().is_ok() => {
                self.folder.new_file(&new)?.write_all(format!("{}\n{rest}", id()).as_bytes())?;
                fs::rename(&new, &file)
            }
            // Cut short by a power failure: PostgreSQL would ask for a hand.
            _ => remove_if_there(&file),
        }
    }

    /// Whether nothing of a server runs.
    pub fn is_gone(&self) -> bool {
        self.state() == State::Absent
    }

    fn state(&self) -> State {
        match self.server_id() {
            None => State::Absent,
            Some(_) if self.is_ready() => State::Ready,
            Some(pid) if self.is_server(pid) || self.answers() => State::Busy,
            Some(_) => State::Absent,
        }
    }

    /// The lines of `postmaster.pid`: the server's process first, its state eighth.
    fn server_file(&self) -> Option<Vec<String>> {
        let text = fs::read_to_string(self.folder.cluster().join("postmaster.pid")).ok()?;
        Some(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    fn server_id(&self) -> Option<u32> {
        self.server_file()?.first()?.parse().ok()
    }

    /// The file may be that of a server long gone, so somebody has to answer too.
    fn is_ready(&self) -> bool {
        self.server_file().is_some_and(|lines| lines.get(7).is_some_and(|state| state == "ready")) && self.answers()
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.folder.socket()).is_ok()
    }

    /// Whether a process is this cluster's server: its command line names the cluster. That of a dead one is empty.
    fn is_server(&self, pid: u32) -> bool {
        let cluster = self.folder.cluster();
        let cluster = cluster.as_os_str().as_encoded_bytes();
        if Path::new("/proc/self/cmdline").exists() {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            return line.split(|byte| *byte == 0).any(|argument| argument == cluster);
        }
        let output = Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid.to_string()]).output();
        output.is_ok_and(|output| output.stdout.windows(cluster.len()).any(|part| part == cluster))
    }

    /// Runs a program to its end, its words to the log.
    fn run(&self, command: &mut Command, log: File, start: u64) -> Result<(), Error> {
        self.run_on(command, log, start, "")
    }

    fn run_on(&self, command: &mut Command, log: File, start: u64, input: &str) -> Result<(), Error> {
        let errors = log.try_clone().map_err(|error| self.folder.failed(error))?;
        let child = command.stdin(Stdio::piped()).stdout(log).stderr(errors).spawn();
        let mut child = child.map_err(|error| self.cannot_run(command, &error))?;
        // One that ends before it has read everything says why in the log.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        let status = child.wait().map_err(|error| self.cannot_run(command, &error))?;
        if status.success() { Ok(()) } else { Err(self.failed(command, self.folder.log_since(start))) }
    }

    fn failed(&self, command: &Command, said: String) -> Error {
        Error::Failed { program: PathBuf::from(command.get_program()), log: self.folder.log_path(), said }
    }

    fn cannot_run(&self, command: &Command, error: &io::Error) -> Error {
        let account = self.folder.account.as_ref().map(|account| account.name.clone());
        match (self.folder.barrier(), account) {
            (Some(barrier), Some(account)) if error.kind() == io::ErrorKind::PermissionDenied => {
                Error::Unreachable { path: self.folder.path().to_owned(), barrier, account }
            }
            (_, account) => {
                Error::Program { program: PathBuf::from(command.get_program()), why: error.to_string(), account }
            }
        }
    }

    fn not_ready(&self) -> Error {
        Error::NotReady { log: self.folder.log_path(), seconds: LIMIT.as_secs() }
    }

    fn not_stopped(&self) -> Error {
        Error::NotStopped { path: self.folder.path().to_owned() }
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
