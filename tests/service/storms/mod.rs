//! Storms: whatever is killed, away, full or too much, nothing that was acknowledged is lost, and it goes on by itself.

mod backup;
mod kills;

use std::process::Output;

/// All that a program said.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
