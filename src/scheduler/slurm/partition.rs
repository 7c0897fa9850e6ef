//! What Slurm says about a partition: how long its jobs may run, whether they are preempted, and with how much grace.

use std::time::Duration;

use super::fields::Fields;
use super::job::Limit;
use super::refusal::stdout_of;
use super::{Commands, QUERY_TIMEOUT};
use crate::scheduler::call::{Answer, Call, Output};

/// Preemption in a partition. A QOS may have its own mode and grace, which is not seen here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionView {
    /// What happens to a preempted job.
    pub preempt_mode: PreemptMode,
    /// How long a preempted job may go on; zero: not at all.
    pub grace_time: Duration,
}

/// How long jobs of a partition may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionTime {
    /// Its name.
    pub name: String,
    /// Whether jobs go there that name none.
    pub is_default: bool,
    /// The longest time limit of a job.
    pub longest: Limit,
}

/// What happens to a preempted job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreemptMode {
    /// It is not preempted.
    Off,
    /// It is cancelled.
    Cancel,
    /// It is requeued, or cancelled if it may not be.
    Requeue,
    /// It is suspended, or takes turns with others.
    Suspend,
    /// A mode that this version does not know.
    Other,
}

impl Commands {
    /// Asks about a partition; [`PartitionView::from_answer`] reads the answer.
    pub fn show_partition(&self, name: &str) -> Call {
        self.call(QUERY_TIMEOUT, &["scontrol", "-o", "show", "partition", name])
    }

    /// Asks about all partitions; [`PartitionTime::from_answer`] reads the answer.
    pub fn show_partitions(&self) -> Call {
        self.call(QUERY_TIMEOUT, &["scontrol", "-o", "show", "partition"])
    }
}

impl PartitionView {
    /// What `show_partition` printed.
    pub fn from_answer(output: &Output) -> Answer<Self> {
        stdout_of(output).and_then(|text| {
            let fields = Fields::from_plain(text.trim_ascii_end());
            let Some(mode) = fields.text("PreemptMode") else {
                return Answer::Unknown("no PreemptMode in the answer about the partition".to_owned());
            };
            Answer::Yes(Self {
                preempt_mode: PreemptMode::from_words(mode),
                grace_time: Duration::from_secs(fields.number("GraceTime").unwrap_or(0)),
            })
        })
    }
}

impl PartitionTime {
    /// What `show_partitions` printed: one for each.
    pub fn from_answer(output: &Output) -> Answer<Vec<Self>> {
        stdout_of(output).map(|text| text.split(|byte| *byte == b'\n').filter_map(Self::from_line).collect())
    }

    fn from_line(line: &[u8]) -> Option<Self> {
        let fields = Fields::from_plain(line.trim_ascii());
        Some(Self {
            name: fields.text("PartitionName")?.to_owned(),
            is_default: fields.text("Default") == Some("YES"),
            longest: fields.text("MaxTime").map_or(Limit::Unknown, Limit::from_text),
        })
    }
}

impl PreemptMode {
    /// As Slurm writes it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Cancel => "CANCEL",
            Self::Requeue => "REQUEUE",
            Self::Suspend => "SUSPEND",
            Self::Other => "of another kind",
        }
    }

    fn from_words(text: &str) -> Self {
        let words: Vec<&str> = text.split(',').collect();
        // `GANG,SUSPEND` and `CANCEL,WITHIN`: the first that says what happens to the job.
        let known = |word: &&str| match *word {
            "OFF" => Some(Self::Off),
            "CANCEL" => Some(Self::Cancel),
            "REQUEUE" => Some(Self::Requeue),
            "SUSPEND" | "GANG" => Some(Self::Suspend),
            _ => None,
        };
        words.iter().find_map(known).unwrap_or(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::scheduler::call::End;

    #[rstest]
    #[case("PartitionName=low AllowGroups=ALL GraceTime=20 Hidden=NO OverTimeLimit=NONE PreemptMode=REQUEUE State=UP", Some((PreemptMode::Requeue, 20)))]
    #[case("PartitionName=a GraceTime=0 PreemptMode=OFF", Some((PreemptMode::Off, 0)))]
    #[case("PartitionName=a GraceTime=5 PreemptMode=GANG,SUSPEND", Some((PreemptMode::Suspend, 5)))]
    #[case("PartitionName=a GraceTime=5 PreemptMode=DUEL", Some((PreemptMode::Other, 5)))]
    #[case("", None)]
    fn preemption(#[case] text: &str, #[case] expected: Option<(PreemptMode, u64)>) {
        let output = Output { end: End::Exited(0), stdout: text.into(), stderr: vec![] };
        let view = PartitionView::from_answer(&output).yes();
        assert_eq!(view.map(|view| (view.preempt_mode, view.grace_time.as_secs())), expected);
    }
    #[test]
    fn time_limits() {
        let text = "PartitionName=a Default=NO MaxTime=UNLIMITED State=UP\n\
                    PartitionName=b Default=YES DefaultTime=NONE MaxTime=1-12:00:00 State=UP\nno partition\n";
        let output = Output { end: End::Exited(0), stdout: text.into(), stderr: vec![] };
        let found = PartitionTime::from_answer(&output).yes().unwrap();
        let time = |name: &str, is_default, longest| PartitionTime { name: name.into(), is_default, longest };
        let longest = Limit::Time(Duration::from_hours(36));
        assert_eq!(found, [time("a", false, Limit::Unlimited), time("b", true, longest)]);
    }
}
