//! EDGE: the one loop.
