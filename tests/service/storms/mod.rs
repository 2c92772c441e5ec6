//! Storms: whatever is killed, away, full or too much, nothing that was acknowledged is lost, and it goes on by itself.

mod backup;
mod kills;
mod machine;
mod outages;
mod overload;

use std::process::Output;

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

/// All that a program said.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
