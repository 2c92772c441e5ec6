//! Starting the server again when it is gone: killed for the machine's lack of memory, say.

use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Error;
use super::cluster::Cluster;

/// How often we look, and how long we wait at most after starting it failed.
const LOOK: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// A thread that looks after the server until this is dropped.
pub struct Watch {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub fn begin(cluster: Arc<Cluster>, server: Arc<Mutex<Option<Child>>>) -> Watch {
        let (end, ended) = channel();
        let thread = std::thread::spawn(move || look_after(&cluster, &server, &ended));
        Watch { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic, and if it did, the server goes all the same.
            let _ = thread.join();
        }
    }
}

fn look_after(cluster: &Cluster, server: &Mutex<Option<Child>>, ended: &Receiver<()>) {
    let mut pause = LOOK;
    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        if !cluster.is_gone() {
            pause = LOOK;
            continue;
        }
        log::warn!("PostgreSQL in {} is gone; starting it again", cluster.folder.path().display());
        match start(cluster, server) {
            Ok(()) => pause = LOOK,
            Err(error) => {
                log::error!("{error}");
                pause = (pause * 2).min(LONGEST);
            }
        }
    }
}

fn start(cluster: &Cluster, server: &Mutex<Option<Child>>) -> Result<(), Error> {
    let _turn = cluster.folder.turn()?;
    let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
    // Asked how it ended, so that it leaves the process table.
    if let Some(mut dead) = server.take() {
        let ended = dead.try_wait();
        log::debug!("it ended: {ended:?}");
    }
    *server = cluster.ensure_running()?;
    Ok(())
}
