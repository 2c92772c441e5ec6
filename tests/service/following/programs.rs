//! Programs that are killed and started anew, and a door to the service that stays where it is.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// An address that leads to the service wherever it is, and is deaf while there is none.
pub struct Door {
    pub url: String,
    address: SocketAddr,
    behind: Arc<Mutex<Option<SocketAddr>>>,
    closed: Arc<AtomicBool>,
}

impl Door {
    pub fn open() -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let door = Door { url: format!("http://{address}"), address, behind: Arc::default(), closed: Arc::default() };
        let (behind, closed) = (door.behind.clone(), door.closed.clone());
        thread::spawn(move || {
            for visitor in listener.incoming().map_while(Result::ok) {
                if closed.load(Ordering::SeqCst) {
                    return;
                }
                let service = *behind.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(Ok(service)) = service.map(TcpStream::connect) {
                    carry(&visitor, &service);
                    carry(&service, &visitor);
                }
            }
        });
        door
    }

    fn lead_to(&self, service: Option<SocketAddr>) {
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = service;
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // Wakes the thread that listens.
        drop(TcpStream::connect(self.address));
    }
}

fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().expect("a handle"), to.try_clone().expect("a handle"));
    thread::spawn(move || {
        // Either side may go at any time; the other is told.
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
        let _ = from.shutdown(Shutdown::Read);
    });
}

/// Waits on a thread of its own, so that the other runs go on.
pub async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    actix_web::web::block(work).await.expect("a thread")
}

/// `serve` as a process of its own.
pub struct Served {
    child: Child,
    pub address: SocketAddr,
}

impl Served {
    pub async fn start(database: &str, door: &Door) -> Served {
        Served::with(&[("DATABASE_URL", database)], door).await
    }

    /// The same with settings of one's own.
    pub async fn with(settings: &[(&str, &str)], door: &Door) -> Served {
        let mut command = program();
        command.arg("serve").envs([
            ("BIND", "127.0.0.1:0"),
            ("WORKERS", "1"),
            ("DATABASE_CONNECTIONS", "4"),
            ("RUST_LOG", "off"),
        ]);
        command.env_remove("DATABASE_URL").envs(settings.iter().copied());
        let (child, address) = beside(move || {
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
            let mut errors = child.stderr.take().expect("its errors");
            let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
            let address = lines.find_map(|line| line.strip_prefix("Serving at http://")?.parse().ok());
            let Some(address) = address else {
                let mut said = String::new();
                let _ = errors.read_to_string(&mut said);
                panic!("it did not start: {said}");
            };
            // What else it says has somewhere to go.
            thread::spawn(move || lines.for_each(drop));
            thread::spawn(move || io::copy(&mut errors, &mut io::sink()));
            (child, address)
        })
        .await;
        door.lead_to(Some(address));
        Served { child, address }
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as operators do.
    pub fn stop(mut self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(told.expect("kill").success());
        assert_eq!(self.child.wait().expect("its end").code(), Some(0));
    }

    /// Kills it; nobody answers at the door then.
    pub fn kill(mut self, door: &Door) {
        door.lead_to(None);
        end(&mut self.child);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// A program that goes on until it is killed.
pub struct Tireless {
    start: Box<dyn Fn() -> Command>,
    child: Option<Child>,
    pub kills: usize,
}

impl Tireless {
    pub fn new(start: impl Fn() -> Command + 'static) -> Tireless {
        Tireless { start: Box::new(start), child: None, kills: 0 }
    }

    pub fn start(&mut self) {
        if self.child.is_none() {
            let mut command = (self.start)();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            self.child = Some(command.spawn().expect("a program"));
        }
    }

    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if let Some(status) = child.try_wait().expect("its state") {
            let mut said = String::new();
            let _ = child.stderr.take().expect("its output").read_to_string(&mut said);
            panic!("it gave up with {status}: {said}");
        }
        end(&mut child);
        self.kills += 1;
    }
}

impl Drop for Tireless {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            end(child);
        }
    }
}

/// SIGKILL: nothing is finished.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The program itself.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_open-commitments"));
    command.env("LANG", "C").env_remove("LC_ALL").env_remove("LC_MESSAGES").env_remove("DATA_DIR");
    command
}

/// The follower in Python.
pub fn follower(url: &str, file: &std::path::Path, words: &[String]) -> Command {
    let mut command = Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/followers/follow.py")).arg(url).arg(file).args(words);
    command
}
