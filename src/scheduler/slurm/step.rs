//! The steps of a job: which there are, and signals to one.

use super::refusal::{stdout_of, whole_lines};
use super::{Commands, QUERY_TIMEOUT};
use crate::model::{JobId, Signal};
use crate::scheduler::call::{Answer, Call, Output};

/// Steps that hold an MPI's daemons; the ranks below them are started by those (measured: Open MPI 4.1.4 inside a job).
const DAEMONS: [&str; 5] = ["orted", "prted", "hydra_bstrap_proxy", "hydra_pmi_proxy", "pmi_proxy"];

impl Commands {
    /// The steps of a job that runs; [`program_steps`] reads the answer.
    pub fn steps(&self, job: JobId) -> Call {
        self.call(QUERY_TIMEOUT, &["squeue", "-h", "--steps", "-j", &job.to_string(), "-o", "%i|%j"])
    }

    /// Sends a signal to these steps of a job: to the tasks, and with process tracking by `linuxproc` to all that they
    /// have started, once (measured on 22.05.8). [`super::done`] reads the answer.
    pub fn signal_steps(&self, job: JobId, steps: &[u32], signal: Signal) -> Call {
        let signal = format!("--signal={}", signal.number());
        let steps: Vec<String> = steps.iter().map(|step| format!("{job}.{step}")).collect();
        let mut words = vec!["scancel", signal.as_str()];
        words.extend(steps.iter().map(String::as_str));
        self.call(QUERY_TIMEOUT, &words)
    }
}

/// The numbers of the steps that run programs: not the batch script, `extern`, an interactive shell or daemons.
pub fn program_steps(output: &Output) -> Answer<Vec<u32>> {
    stdout_of(output).map(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let step = |line: &str| {
            let (id, name) = line.trim().split_once('|')?;
            let number = id.rsplit_once('.')?.1.parse().ok()?;
            (!DAEMONS.contains(&name)).then_some(number)
        };
        whole_lines(&text).filter_map(step).collect()
    })
}

/// Whether a process of this name starts ranks for an MPI's launcher, or workers for PyTorch's: it stands between a step
/// and them.
pub fn is_daemon(name: &str) -> bool {
    DAEMONS.contains(&name) || name == "torchrun"
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::scheduler::call::End;

    #[rstest]
    #[case("9.0|python3\n9.batch|batch\n", &[0])]
    #[case("9.batch|batch\n9.extern|extern\n9.interactive|interactive\n", &[])]
    #[case("26_3.1|sim\n26_3.2|a|b\n", &[1, 2])]
    #[case("9.0|orted\n9.1|gmx_mpi\n", &[1])]
    #[case("", &[])]
    #[case("rubbish\n9.x|sim\n", &[])]
    fn programs(#[case] text: &str, #[case] expected: &[u32]) {
        let output = Output { end: End::Exited(0), stdout: text.into(), stderr: Vec::new() };
        assert_eq!(program_steps(&output), Answer::Yes(expected.to_vec()));
    }

    #[test]
    fn words() {
        let commands = Commands::new([]);
        let task = JobId::Task { array: 5, task: 1 };
        let call = commands.signal_steps(task, &[0, 3], Signal::USR1);
        assert_eq!(call.argv, ["scancel", "--signal=10", "5_1.0", "5_1.3"]);
        let call = commands.steps(task);
        assert_eq!(call.argv, ["squeue", "-h", "--steps", "-j", "5_1", "-o", "%i|%j"]);
    }
}
