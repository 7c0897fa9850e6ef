//! The batch script as Slurm holds it, and the command line that submitted it.

use super::refusal::{judge, stdout_of, stdout_within, words};
use super::{Commands, QUERY_TIMEOUT};
use crate::scheduler::call::{Answer, Call, Output};

/// Slurm itself takes scripts of up to 4 MB (`max_script_size`, slurm.conf(5)), and sites may raise it.
const MAX_SCRIPT: usize = 16 << 20;

impl Commands {
    /// Asks for the batch script; [`batch_script`] reads the answer.
    ///
    /// Takes the plain number (`SLURM_JOB_ID`): the command knows no `ARRAY_TASK` form, and all tasks of an
    /// array have one script.
    pub fn write_batch_script(&self, raw_id: u32) -> Call {
        let mut call =
            self.call(QUERY_TIMEOUT, &["scontrol", "write", "batch_script", &raw_id.to_string(), "-"]);
        call.max_output = MAX_SCRIPT;
        call
    }

    /// Asks the accounting for the command line of the submission (21.08 on, needs slurmdbd);
    /// [`submit_line`] reads the answer.
    pub fn submit_line(&self, raw_id: u32) -> Call {
        let id = raw_id.to_string();
        self.call(QUERY_TIMEOUT, &["sacct", "-X", "-n", "-P", "-j", &id, "-o", "SubmitLine"])
    }
}

/// The script, byte for byte. A failure comes with exit code 0 (measured on 22.05.8), so only what begins
/// as a script counts as one: sbatch takes nothing else.
pub fn batch_script(output: &Output) -> Answer<Vec<u8>> {
    stdout_within(output, MAX_SCRIPT).and_then(|text| {
        if text.starts_with(b"#!") {
            return Answer::Yes(text.to_vec());
        }
        let said = words(output);
        let why = if said.contains("job script retrieval failed") { judge(output) } else { None };
        why.unwrap_or_else(|| Answer::Unknown(format!("no batch script came: {said}")))
    })
}

/// The command line of the submission, if the accounting holds it.
pub fn submit_line(output: &Output) -> Answer<Option<String>> {
    stdout_of(output).map(|text| {
        let text = String::from_utf8_lossy(text);
        text.lines().next().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::scheduler::call::{End, RefusalKind};

    fn output(stdout: &str, stderr: &str) -> Output {
        Output { end: End::Exited(0), stdout: stdout.into(), stderr: stderr.into() }
    }

    #[rstest]
    #[case("job script retrieval failed: Invalid job id specified", Some(RefusalKind::InvalidJob))]
    #[case("job script retrieval failed: Access/permission denied", Some(RefusalKind::Permission))]
    #[case("job script retrieval failed: Unable to contact slurm controller (connect failure)", None)]
    #[case("job script retrieval failed: Socket timed out on send/recv operation", None)]
    #[case("", None)]
    fn failures_with_exit_code_zero(#[case] stderr: &str, #[case] kind: Option<RefusalKind>) {
        let seen = match batch_script(&output("", stderr)) {
            Answer::Refused(refusal) => Some(refusal.kind),
            Answer::Unknown(_) => None,
            Answer::Yes(_) => panic!("no script is no yes"),
        };
        assert_eq!(seen, kind);
    }

    #[test]
    fn a_script_is_kept_byte_for_byte() {
        let script = "#!/bin/sh\n#SBATCH -t 1\n\u{fffd}\necho 'job script retrieval failed'";
        assert_eq!(batch_script(&output(script, "")), Answer::Yes(script.as_bytes().to_vec()));
    }
}
