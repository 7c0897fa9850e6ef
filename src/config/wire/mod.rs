//! The YAML of `ckwrap.yaml` and of profiles: one schema, every key optional.
//!
//! Says only what a text may look like. What a value means, and whether it fits the others, is `resolve`'s.

mod args;
mod condition;
mod edit;
mod merge;
mod one_key;
mod require;
mod sections;
mod timing;
mod trigger;
mod validation;
mod vars;

pub use args::{Arg, Args};
pub use condition::{Condition, Finish, Log, NumberFrom};
pub use edit::{Edit, EditRule};
pub use merge::Merge;
pub use require::Require;
pub use sections::{
    Checkpoint, Continue, Deadline, Hooks, How, Kill, LogFormat, LogLevel, LogSection, Match, Requeue,
    Restart, Retry, Status, Stopped, Wire,
};
pub use timing::Timing;
pub use trigger::{Trigger, Triggers};
pub use validation::Validation;
pub use vars::{Var, Vars};
