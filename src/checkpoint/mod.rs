//! EDGE: checkpoint files.
