//! The text of a batch script.

use std::fmt::Write as _;
use std::time::Duration;

use super::command::Command;
use crate::model::typed;

/// How long before the end Slurm warns, where the time limit allows it: the lead that ckwrap begins with.
const WARNED: Duration = Duration::from_secs(300);

/// What stands in a batch script.
#[derive(Debug, Clone)]
pub struct BatchScript<'a> {
    /// What it starts.
    pub command: &'a Command,
    /// How ckwrap is called: by its name, or by its path where no directory of `PATH` has it.
    pub ckwrap: &'a str,
    /// Time of one segment.
    pub time: Duration,
    /// Where the time comes from, for the comment.
    pub time_from: &'a str,
    /// The partition; none: the site's own choice.
    pub partition: Option<&'a str>,
    /// Tasks of the job.
    pub tasks: u32,
    /// CPUs of each task.
    pub cpus: u32,
    /// Segments that are submitted at once, as an array; none: one job that is requeued.
    pub array: Option<u32>,
    /// Whether the program was found on this machine.
    pub is_found: bool,
}

impl BatchScript<'_> {
    /// The script.
    pub fn text(&self) -> String {
        let mut text = String::from("#!/bin/bash\n");
        let mut line = |line: &str| {
            text.push_str(line);
            text.push('\n');
        };
        line(&format!("#SBATCH --job-name={}", self.command.name));
        line(&format!(
            "# Time of one segment ({}); ckwrap goes on over as many as it takes.",
            self.time_from
        ));
        line(&format!("#SBATCH --time={}", slurm_time(self.time)));
        if let Some(partition) = self.partition {
            line(&format!("#SBATCH --partition={partition}"));
        }
        line(&format!("#SBATCH --ntasks={}", self.tasks));
        line(&format!("#SBATCH --cpus-per-task={}", self.cpus));
        if let Some(segments) = self.array {
            line(
                "# The segments, one after the other. Those that are left when the work is done are cancelled.",
            );
            line(&format!("#SBATCH --array=1-{segments}%1"));
            line(&format!("#SBATCH --output={}-%A_%a.out", self.command.name));
        } else {
            line(&format!("#SBATCH --output={}-%j.out", self.command.name));
        }
        line("# The job may run again under its own number, and then goes on in the same output file.");
        line("#SBATCH --requeue");
        line("#SBATCH --open-mode=append");
        if let Some(seconds) = self.warning() {
            line("# A warning, for the case that ckwrap cannot find out when the job ends.");
            line(&format!("#SBATCH --signal=B:USR1@{seconds}"));
        }
        line("");
        self.prepare(&mut line);
        line("# exec makes ckwrap the process that Slurm knows; nothing behind this line would run.");
        line(&self.last_line());
        text
    }

    fn prepare(&self, line: &mut dyn FnMut(&str)) {
        let Some(module) = self.command.module else { return };
        if self.is_found {
            line(&format!(
                "# Add what makes the program known on the nodes, if it takes anything: module load {module}"
            ));
        } else {
            line("# The program is not in PATH on this machine: add what makes it known, such as");
            line(&format!("# module load {module}"));
        }
        line("");
    }

    fn last_line(&self) -> String {
        let mut line = format!("exec {}", typed(self.ckwrap));
        if self.array.is_some() {
            line.push_str(" --continue array");
        }
        let _ = write!(line, " -- {}", self.command.line());
        line
    }

    /// Seconds before the end; Slurm may send it up to a minute early (sbatch(1)), so a short job gets none.
    fn warning(&self) -> Option<u64> {
        (self.time >= 4 * WARNED).then_some(WARNED.as_secs())
    }
}

/// As sbatch(1) takes it: `HH:MM:SS`, with days before it where there are any.
fn slurm_time(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days == 0 { clock } else { format!("{days}-{clock}") }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(60, "00:01:00")]
    #[case(43_200, "12:00:00")]
    #[case(86_400, "1-00:00:00")]
    #[case(90_061, "1-01:01:01")]
    fn times(#[case] seconds: u64, #[case] expected: &str) {
        assert_eq!(slurm_time(Duration::from_secs(seconds)), expected);
    }
}
