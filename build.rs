//! Migrations are built in: a new one makes the crate anew, which cargo does not find out by itself.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
