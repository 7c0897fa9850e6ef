//! A heat solver.

fn main() {}
