//! What a failed command says: a refusal by the controller, or nothing at all.
//!
//! Texts as measured on Slurm 22.05.8 and 25.05.8. The first rule: what may have happened is unknown. Slurm's
//! commands report a lost answer with exit code 1 like any refusal, and the act may be done later all the same.

use crate::scheduler::call::{Answer, End, MAX_ERRORS, MAX_OUTPUT, Output, Refusal, RefusalKind};

/// Nobody answered, or not in a way that could be read.
const NO_ANSWER: [&str; 24] = [
    "Unexpected message received",
    "timed out",
    "Unable to contact slurm controller",
    "connect failure",
    "onnection refused",
    "Connection reset",
    "Broken pipe",
    "o route to host",
    "etwork is unreachable",
    "ommunication",
    "Zero Bytes were transmitted",
    "Transport endpoint",
    "standby mode",
    "temporarily una",
    "shutting down",
    "try again",
    "Message receive failure",
    "Message send failure",
    "Protocol authentication error",
    "Incompatible versions",
    "configuration source",
    "nsane message length",
    "Header lengths are longer",
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
    if code == 127 || code == 126 {
        // From a shell in between, such as that of ssh.
        return refused(RefusalKind::NoCommand, &words(output));
    }
    judge(output).unwrap_or_else(|| Answer::Unknown(format!("exit code {code}: {}", words(output))))
}

/// What the words of a command mean; `None` where they are not known.
///
/// All of them count: warnings of plugins and greetings of login nodes may stand in front of those that tell.
pub(super) fn judge<T>(output: &Output) -> Option<Answer<T>> {
    let (all, text) = (whole(output), words(output));
    if said(output).len() > MAX_ERRORS || NO_ANSWER.iter().any(|lost| all.contains(lost)) {
        return Some(Answer::Unknown(text));
    }
    judge_refusal(&all).map(|kind| refused(kind, &text))
}

fn judge_refusal(text: &str) -> Option<RefusalKind> {
    if text.starts_with("Job ") && text.trim_end().ends_with(" not found") {
        return Some(RefusalKind::InvalidJob);
    }
    if let Some((_, kind)) = REFUSALS.iter().find(|(words, _)| text.contains(words)) {
        return Some(*kind);
    }
    let slurm_said_it = ["error:", " error ", "Invalid ", " for job "];
    slurm_said_it.iter().any(|mark| text.contains(mark)).then_some(RefusalKind::Other)
}

pub(super) fn refused<T>(kind: RefusalKind, text: &str) -> Answer<T> {
    Answer::Refused(Refusal { kind, text: text.to_owned() })
}

/// What it said: standard error, else standard output.
fn said(output: &Output) -> &[u8] {
    if output.stderr.iter().all(u8::is_ascii_whitespace) { &output.stdout } else { &output.stderr }
}

/// The same as one line.
fn whole(output: &Output) -> String {
    let said = said(output);
    let text = String::from_utf8_lossy(said.get(..MAX_ERRORS).unwrap_or(said));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The end of it, which tells most, as one line of at most 300 characters.
pub(super) fn words(output: &Output) -> String {
    const MOST: usize = 300;
    let line = whole(output);
    let surplus = line.chars().count().saturating_sub(MOST);
    if surplus == 0 {
        return line;
    }
    let end: String = line.chars().skip(surplus + 1).collect();
    format!("…{end}")
}

/// The lines of an answer that have their ends: the last one may have been cut short.
pub(super) fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
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
    #[case("sbatch: error: Batch job submission failed: Resource temporarily unavailable", None)]
    #[case("sbatch: error: Batch job submission failed: Broken pipe", None)]
    #[case("slurm_update error: No route to host", None)]
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
    fn what_stands_in_front_of_the_telling_words_does_not_hide_them() {
        // A requeue that may have happened must not pass for one that was refused.
        let warnings = "scontrol: error: plugin_load_from_file: no such plugin\n".repeat(40);
        let lost = format!("{warnings}Unexpected message received for job 123");
        let answer = stdout_of(&output(End::Exited(1), &lost)).map(|_| ());
        let Answer::Unknown(text) = answer else { panic!("{answer:?}") };
        assert!(text.ends_with("received for job 123") && text.chars().count() <= 300, "{text}");
        let disabled = format!("{warnings}Requested operation is presently disabled for job 4");
        assert_eq!(kind(stdout_of(&output(End::Exited(1), &disabled))), Some(RefusalKind::Disabled));
    }

    #[test]
    fn words_cut_short_are_no_refusal() {
        let flood = "scontrol: error: x\n".repeat(MAX_ERRORS / 10);
        assert_eq!(kind(stdout_of(&output(End::Exited(1), &flood))), None);
    }

    #[test]
    fn an_answer_cut_short_is_unknown() {
        let long = Output { end: End::Exited(0), stdout: vec![b'x'; MAX_OUTPUT + 1], stderr: Vec::new() };
        assert_eq!(kind(stdout_of(&long)), None);
    }
}
