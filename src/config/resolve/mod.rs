//! From merged layers to a plan: defaults filled in, variables put in place, every value checked. Pure but for the
//! input files that a profile's variables look into, which come through a function.

mod arguments;
mod checkpoint;
mod checks;
mod context;
mod defaults;
mod failure;
mod finish;
mod limits;
mod plan;
mod profile;
mod reachable;
mod require;
mod restart;
mod settings;
mod triggers;
mod unsupported;
mod upkeep;
mod variables;

pub(super) use context::Context;
pub(super) use plan::plan;
