//! What a failed command says: a refusal by the controller, or nothing at all.
//!
//! Texts as measured on Slurm 22.05.8 and 25.05.8. The first rule: what may have happened is unknown. Slurm's
//! commands report a lost answer with exit code 1 like any refusal, and the act may be done later all the same.

use crate::scheduler::call::{Answer, End, MAX_OUTPUT, Output, Refusal, RefusalKind};

/// Nobody answered, or not in a way that could be read.
const NO_ANSWER: [&str; 19] = [
    "Unexpected message received",
    "timed out",
    "Unable to contact slurm controller",
    "connect failure",
    "onnection refused",
    "Connection reset",
    "ommunication",
    "Zero Bytes were transmitted",
    "Transport endpoint",
    "standby mode",
    "temporarily unable",
    "try again",
    "Message receive failure",
    "Message send failure",
    "Protocol authentication error",
    "Incompatible versions",
    "configuration source",
    "Insane message length",
    "Unspecified error",
];

/// Slurm's words for a refusal, the telling ones first.
const REFUSALS: [(&str, RefusalKind); 20] = [
    ("presently disabled", RefusalKind::Disabled),
    ("no longer pending execution", RefusalKind::NoLongerPending),
    ("Job is pending execution", RefusalKind::AlreadyPending),
    ("already completing or completed", RefusalKind::AlreadyOver),
    ("already finished", RefusalKind::AlreadyOver),
    ("unrecognized option", RefusalKind::Other),
    ("Invalid job id", RefusalKind::InvalidJob),
    ("permission denied", RefusalKind::Permission),
    ("Invalid user id", RefusalKind::Permission),
    ("accounting/QOS policy", RefusalKind::NotAllowed),
    ("Limit", RefusalKind::NotAllowed),
    ("limit", RefusalKind::NotAllowed),
    ("Invalid account", RefusalKind::NotAllowed),
    ("Invalid qos", RefusalKind::NotAllowed),
    ("not permitted", RefusalKind::NotAllowed),
    ("not allowed", RefusalKind::NotAllowed),
    ("ot available", RefusalKind::NotAllowed),
    ("submission disabled", RefusalKind::NotAllowed),
    ("Job submit", RefusalKind::NotAllowed),
    ("Batch job submission failed", RefusalKind::NotAllowed),
];

const ENOENT: i32 = libc::ENOENT;
const CANNOT_EXECUTE: [i32; 4] = [ENOENT, libc::EACCES, libc::ENOTDIR, libc::ENOEXEC];

/// Standard output of a command that ended well.
pub(super) fn stdout_of(output: &Output) -> Answer<&[u8]> {
    stdout_within(output, MAX_OUTPUT)
}

/// Standard output of a command that ended well and printed at most `limit` bytes.
pub(super) fn stdout_within(output: &Output, limit: usize) -> Answer<&[u8]> {
    match output.end {
        End::Exited(0) if output.stdout.len() > limit => {
            Answer::Unknown(format!("more than {limit} bytes of answer"))
        }
        End::Exited(0) => Answer::Yes(&output.stdout),
        End::Exited(code) => failed(output, code),
        End::Killed(signal) => Answer::Unknown(format!("{} died of {signal}", command(output))),
        End::TimedOut => Answer::Unknown(format!("{} did not end in time", command(output))),
        End::Unread => Answer::Unknown(format!("the answer of {} could not be read", command(output))),
        End::NotStarted { errno } if CANNOT_EXECUTE.contains(&errno) => {
            let text = format!("{} is not there or cannot be executed", command(output));
            refused(RefusalKind::NoCommand, &text)
        }
        End::NotStarted { errno } => {
            Answer::Unknown(format!("{} could not be started: errno {errno}", command(output)))
        }
    }
}

/// The name of a command that has not ended by itself: it stands where its errors would.
fn command(output: &Output) -> String {
    let name = words(output);
    if name.is_empty() { "the command".to_owned() } else { name }
}

fn failed<T>(output: &Output, code: i32) -> Answer<T> {
    let text = words(output);
    if code == 127 || code == 126 {
        // From a shell in between, such as that of ssh.
        return refused(RefusalKind::NoCommand, &text);
    }
    judge(&text).unwrap_or_else(|| Answer::Unknown(format!("exit code {code}: {text}")))
}

/// What words of Slurm's mean; `None` where they are not known.
pub(super) fn judge<T>(text: &str) -> Option<Answer<T>> {
    if NO_ANSWER.iter().any(|lost| text.contains(lost)) {
        return Some(Answer::Unknown(text.to_owned()));
    }
    if text.starts_with("Job ") && text.trim_end().ends_with(" not found") {
        return Some(refused(RefusalKind::InvalidJob, text));
    }
    if let Some((_, kind)) = REFUSALS.iter().find(|(words, _)| text.contains(words)) {
        return Some(refused(*kind, text));
    }
    let slurm_said_it = ["error:", " error ", "Invalid ", " for job "];
    slurm_said_it.iter().any(|mark| text.contains(mark)).then(|| refused(RefusalKind::Other, text))
}

pub(super) fn refused<T>(kind: RefusalKind, text: &str) -> Answer<T> {
    Answer::Refused(Refusal { kind, text: text.to_owned() })
}

/// What it said, as one line of at most 300 characters: standard error, else standard output.
pub(super) fn words(output: &Output) -> String {
    let said =
        if output.stderr.iter().all(u8::is_ascii_whitespace) { &output.stdout } else { &output.stderr };
    let start = said.get(..4096).unwrap_or(said);
    let text = String::from_utf8_lossy(start);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::model::Signal;

    fn output(end: End, stderr: &str) -> Output {
        Output { end, stdout: Vec::new(), stderr: stderr.into() }
    }

    fn kind(answer: Answer<&[u8]>) -> Option<RefusalKind> {
        match answer {
            Answer::Refused(refusal) => Some(refusal.kind),
            Answer::Yes(_) => panic!("a failure is no yes"),
            Answer::Unknown(_) => None,
        }
    }

    #[rstest]
    #[case("Requested operation is presently disabled for job 4", Some(RefusalKind::Disabled))]
    #[case("Job is pending execution for job 1", Some(RefusalKind::AlreadyPending))]
    #[case("Job is no longer pending execution for job 1", Some(RefusalKind::NoLongerPending))]
    #[case("slurm_load_jobs error: Invalid job id specified", Some(RefusalKind::InvalidJob))]
    #[case("38_99: Invalid job id specified", Some(RefusalKind::InvalidJob))]
    #[case("Access/permission denied for job 67", Some(RefusalKind::Permission))]
    #[case(
        "scancel: error: Kill job error on job id 9: Job/step already completing or completed",
        Some(RefusalKind::AlreadyOver)
    )]
    #[case(
        "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
        Some(RefusalKind::NotAllowed)
    )]
    #[case(
        "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: x",
        Some(RefusalKind::NotAllowed)
    )]
    #[case(
        "sbatch: error: Batch job submission failed: Access/permission denied",
        Some(RefusalKind::Permission)
    )]
    #[case("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", None)]
    #[case(
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
        None
    )]
    #[case("Unexpected message received for job 123", None)]
    #[case("Invalid feature specification for job 7", Some(RefusalKind::Other))]
    #[case("78_1: Job is pending execution", Some(RefusalKind::AlreadyPending))]
    #[case("Job has already finished for job 77", Some(RefusalKind::AlreadyOver))]
    #[case("sbatch: unrecognized option '--nosuch'", Some(RefusalKind::Other))]
    #[case("sbatch: error: Unable to open file /nosuch", Some(RefusalKind::Other))]
    #[case(
        "sbatch: error: invalid partition specified: x\nsbatch: error: Batch job submission failed: Invalid partition name specified",
        Some(RefusalKind::NotAllowed)
    )]
    #[case("ssh: connect to host login port 22: Connection refused", None)]
    #[case("me@login: Permission denied (publickey).", None)]
    #[case("Killed by the weather", None)]
    #[case("", None)]
    fn words_of_exit_code_one(#[case] text: &str, #[case] refusal: Option<RefusalKind>) {
        assert_eq!(kind(stdout_of(&output(End::Exited(1), text))), refusal);
    }

    #[rstest]
    #[case(End::TimedOut, None)]
    #[case(End::Unread, None)]
    #[case(End::Killed(Signal::TERM), None)]
    #[case(End::NotStarted { errno: libc::ENOENT }, Some(RefusalKind::NoCommand))]
    #[case(End::NotStarted { errno: libc::EAGAIN }, None)]
    #[case(End::Exited(127), Some(RefusalKind::NoCommand))]
    #[case(End::Exited(255), None)]
    fn ends_without_words(#[case] end: End, #[case] refusal: Option<RefusalKind>) {
        assert_eq!(kind(stdout_of(&output(end, ""))), refusal);
    }

    #[test]
    fn a_killed_command_is_unknown_whatever_it_said() {
        assert_eq!(kind(stdout_of(&output(End::Killed(Signal::KILL), "Invalid job id specified"))), None);
    }

    #[test]
    fn an_answer_cut_short_is_unknown() {
        let long = Output { end: End::Exited(0), stdout: vec![b'x'; MAX_OUTPUT + 1], stderr: Vec::new() };
        assert_eq!(kind(stdout_of(&long)), None);
    }
}
