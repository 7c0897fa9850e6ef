//! The port to the batch system.
