//! EDGE: the one loop.

pub mod processes;
