//! What Slurm says about a job: one line of `scontrol -o show job`, taken apart.

use std::collections::BTreeMap;
use std::fmt;

/// A job's fields as Slurm printed them, times in epoch seconds.
pub(crate) struct Job(BTreeMap<String, String>);

impl Job {
    /// A value may hold blanks; what does not look like `Key=` belongs to the value before it.
    pub(crate) fn parse(line: &str) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for word in line.split(' ') {
            match (word.split_once('='), fields.last_mut()) {
                (Some((key, value)), _) if key.starts_with(|c: char| c.is_ascii_uppercase()) => {
                    fields.push((key.to_owned(), value.to_owned()));
                }
                (_, Some((_, value))) => value.extend([" ", word]),
                _ => {}
            }
        }
        Self(fields.into_iter().map(|(key, value)| (key, value.trim_end().to_owned())).collect())
    }

    /// The field's text, empty where Slurm did not print it.
    pub(crate) fn field(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// `123`, or `123_7` for a task of an array.
    pub(crate) fn id(&self) -> String {
        match (self.field("ArrayJobId"), self.field("ArrayTaskId")) {
            ("", _) | (_, "") => self.field("JobId").to_owned(),
            (array, task) => format!("{array}_{task}"),
        }
    }

    /// What `scancel` takes to end this job, and with a task its whole array: the tasks that still wait are shown as one
    /// job with a range for an index, which no command takes.
    pub(crate) fn whole(&self) -> &str {
        match self.field("ArrayJobId") {
            "" => self.field("JobId"),
            array => array,
        }
    }

    pub(crate) fn state(&self) -> &str {
        self.field("JobState")
    }

    /// Whether the job will neither run nor wait any more.
    pub(crate) fn is_over(&self) -> bool {
        ![
            "PENDING",
            "CONFIGURING",
            "RUNNING",
            "SUSPENDED",
            "STOPPED",
            "COMPLETING",
            "REQUEUED",
            "REQUEUE_HOLD",
        ]
        .contains(&self.state())
    }

    /// A whole number: `Restarts`, or a time in epoch seconds. None for `Unknown`, `None`, `N/A` and the like.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.field(key).parse().ok()
    }
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(key, value)| write!(formatter, "{key}={value} "))
    }
}
