//! What was seen.

use std::time::Duration;

use crate::model::ChildExit;

/// What was seen in the whole rehearsal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How long the uninterrupted run took; none: there was none.
    pub uninterrupted: Option<Duration>,
    /// The segment that is asked for a checkpoint.
    pub first: Segment,
    /// The one that is killed; none: the first gave no reason to go on.
    pub second: Option<Segment>,
    /// The one that goes on after that.
    pub third: Option<Segment>,
    /// The results beside each other; none: they were not compared.
    pub compared: Option<Compared>,
    /// How long the program had for a checkpoint.
    pub patience: Duration,
}

/// What was seen of one segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segment {
    /// The checkpoint that it was started from, by name.
    pub from: Option<String>,
    /// How it was asked; none: nobody could ask it.
    pub asked: Option<String>,
    /// From the request to the complete checkpoint.
    pub took: Option<Duration>,
    /// Whether there was a new checkpoint at its end; none: nobody knows what its checkpoints are.
    pub saved: Option<bool>,
    /// How the program ended; none: it was killed from outside.
    pub exit: Option<ChildExit>,
    /// Whether its work was done.
    pub finished: bool,
    /// How long the program ran.
    pub ran: Duration,
    /// When it was killed.
    pub blow: Option<Blow>,
    /// Why ckwrap did not start it, or what else it said of it.
    pub refused: Option<String>,
    /// The last lines that the program wrote.
    pub last_lines: Vec<String>,
}

/// When a segment was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// Between the request and the end of the checkpoint.
    Saving,
    /// The checkpoint was complete before the blow came.
    Late,
}

/// The results of the rehearsal beside those of the uninterrupted run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Files that are the same, byte for byte.
    pub same: usize,
    /// Files that are not.
    pub different: Vec<Difference>,
}

/// A file that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// What is different about it.
    pub what: String,
}
