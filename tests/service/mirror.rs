//! Mirrors.
