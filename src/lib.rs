//! ckwrap: a process supervisor for batch jobs. (The map of the architecture follows with the code.)

pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod journal;
pub mod model;
pub mod policy;
pub mod profile;
pub mod report;
pub mod scheduler;
pub mod supervisor;
pub mod sys;
