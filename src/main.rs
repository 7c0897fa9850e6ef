//! The `ckwrap` command.

fn main() {}
