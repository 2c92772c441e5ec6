//! Storms: whatever is killed, away, full or too much, nothing that was acknowledged is lost, and it goes on by itself.

mod backup;
mod broken_off;
mod frozen;
mod kills;
mod machine;
mod outages;
mod overload;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use open_commitments::db::private_postgres::{self, PrivatePostgres};

use crate::support::{Answer, Service};

/// What is said of an answer from before, while none can be made.
const STALE: &str = "open-commitments; hit; ttl=-1; detail=database-unavailable";

/// Files that a process has open, sockets included; none where the system does not tell.
fn open_files(process: u32) -> Option<usize> {
    Some(std::fs::read_dir(format!("/proc/{process}/fd")).ok()?.count())
}

/// Bytes of memory that a process has.
fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// Makes a data folder whose server does not wait for disks: processes are killed here, the machine is not.
fn prepare(folder: &Path) {
    let options = vec![("fsync".to_owned(), "off".to_owned())];
    let bin_dir = std::env::var_os("PG_BIN_DIR").map(PathBuf::from);
    let settings = private_postgres::Settings { data_dir: folder.to_owned(), bin_dir, options };
    drop(PrivatePostgres::start(&settings).expect("PostgreSQL"));
    let file = std::fs::OpenOptions::new().append(true).open(folder.join("postgres/postgresql.conf"));
    file.and_then(|mut file| file.write_all(b"fsync = off\n")).expect("a setting");
}

/// Asks for what was asked before until it is known that nothing newer can be had: the answer is there all the time.
async fn stays_stale(service: &Service, path: &str, before: &Answer) {
    let since = Instant::now();
    loop {
        let answer = service.request("GET", path, &[]).await;
        assert_eq!((answer.status, &answer.text), (200, &before.text), "{path}");
        if answer.header("cache-status") == STALE {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{path}: {}", answer.header("cache-status"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// All that a program said.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
