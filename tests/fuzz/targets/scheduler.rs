//! What Slurm's commands print, whole, cut, in another language or made up.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use ckwrap::model::{ChainId, JobId, SegmentNumber, Signal, Token};
use ckwrap::scheduler::slurm::{
    Dependent, JobView, KillWait, PartitionView, Presence, QueuedJob, RequeueExit, SlurmEnvironment,
    Submission, Successor, batch_script, done, program_steps, submit_line,
};
use ckwrap::scheduler::{Answer, End, Output};

use super::environment::lookup_in;

fn printed(stdout: &[u8]) -> Output {
    Output { end: End::Exited(0), stdout: stdout.to_vec(), stderr: Vec::new() }
}

/// `scontrol show job`, also taken for the job that its first line names.
pub(super) fn job(data: &[u8]) {
    let output = printed(data);
    for id in [JobId::Single(named(data)), JobId::Task { array: 5, task: 1 }, JobId::Single(u32::MAX)] {
        if let Answer::Yes(view) = JobView::from_answer(&output, id) {
            assert!(view.fields.iter().count() > 0);
            let _ = view.state.has_ended();
        }
        let _ = Presence::from_answer(&output, id);
    }
}

fn named(data: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(data.get(..data.len().min(64)).unwrap_or_default());
    let digits: String =
        text.split("JobId=").nth(1).unwrap_or("1").chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(1)
}

/// Every other command that answers with a text.
pub(super) fn answers(data: &[u8]) {
    everything(&printed(data));
}

/// Commands that end badly, and say why.
pub(super) fn errors(data: &[u8]) {
    let (first, rest) = data.split_first().unwrap_or((&0, &[]));
    let end = match first % 5 {
        0 => End::Exited(1),
        1 => End::Killed(Signal::TERM),
        2 => End::TimedOut,
        3 => End::NotStarted { errno: i32::from(*first) },
        _ => End::Exited(0),
    };
    let output = Output { end, stdout: rest.to_vec(), stderr: rest.to_vec() };
    everything(&output);
    if let Answer::Unknown(text) = JobView::from_answer(&output, JobId::Single(1)) {
        assert!(text.chars().count() <= 600, "what is told is short: {text}");
    }
}

fn everything(output: &Output) {
    let chain: ChainId = "slurm-77".parse().unwrap();
    let token = Token::new(&chain, SegmentNumber::FIRST, 7);
    let _ = KillWait::from_answer(output);
    let _ = RequeueExit::from_answer(output);
    let _ = PartitionView::from_answer(output);
    let _ = QueuedJob::with_token(output, &token);
    let (old, new) = (JobId::Single(77), JobId::Single(84));
    if let Answer::Yes(dependents) = Dependent::on(output, old, Some(new), &chain) {
        for dependent in dependents {
            let _ = dependent.dependency.moved(old, new).to_string();
        }
    }
    let _ = Submission::from_answer(output);
    let _ = program_steps(output);
    let _ = batch_script(output);
    let _ = submit_line(output);
    let _ = done(output);
}

/// The successor of a job: its record, its script and its environment, with a form feed between.
pub(super) fn successor(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == b'\x0c');
    let mut next = || parts.next().unwrap_or_default();
    let (record, script, variables) = (next(), next(), next());
    let Answer::Yes(job) = JobView::from_answer(&printed(record), JobId::Single(named(record))) else {
        return;
    };
    let lookup = |name: &str| match name {
        "SLURM_JOB_ID" => Some(OsString::from("1")),
        name => lookup_in(variables, name),
    };
    let Some(Ok(environment)) = SlurmEnvironment::from(lookup) else { return };
    let token = Token::new(&"slurm-1".parse().unwrap(), SegmentNumber::FIRST, 7);
    let successor = Successor {
        job: &job,
        environment: &environment,
        script,
        script_path: Path::new("/run/.ckwrap/slurm-1/job.sh"),
        token: &token,
        next_index: None,
        extra: &[],
    };
    if let Ok(words) = successor.arguments() {
        assert!(!words.iter().any(|word| word.clone().into_vec().contains(&0)), "no word holds a NUL");
        let comment = words.iter().any(|word| word.to_string_lossy().contains(token.as_str()));
        assert!(comment, "the token is there: {words:?}");
    }
}
