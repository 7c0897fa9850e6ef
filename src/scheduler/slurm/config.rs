//! What the site's settings say: exit codes that requeue, and the time a job has to end.

use std::time::Duration;

use super::refusal::{stdout_of, whole_lines};
use super::{Commands, QUERY_TIMEOUT};
use crate::scheduler::call::{Answer, Call, Output};

/// Exit codes by which a batch script has itself requeued (`RequeueExit` in slurm.conf), lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequeueExit(pub Vec<u8>);

impl Commands {
    /// Asks for the settings; [`RequeueExit::from_answer`] and [`KillWait::from_answer`] read the answer.
    pub fn show_config(&self) -> Call {
        self.call(QUERY_TIMEOUT, &["scontrol", "show", "config"])
    }
}

/// Time between SIGTERM and SIGKILL when a job is ended (`KillWait` in slurm.conf).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KillWait(pub Duration);

/// One setting's value in what [`Commands::show_config`] printed.
pub fn setting(output: &Output, name: &str) -> Answer<String> {
    stdout_of(output).and_then(|text| {
        let text = String::from_utf8_lossy(text);
        let value = whole_lines(&text).find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        });
        match value {
            Some(value) => Answer::Yes(value),
            None => Answer::Unknown(format!("no {name} in the answer about the settings")),
        }
    })
}

impl RequeueExit {
    /// What `show_config` printed.
    pub fn from_answer(output: &Output) -> Answer<Self> {
        setting(output, "RequeueExit").map(|value| Self(codes(&value)))
    }
}

impl KillWait {
    /// What `show_config` printed: `30 sec`.
    pub fn from_answer(output: &Output) -> Answer<Self> {
        setting(output, "KillWait").and_then(|value| {
            let seconds = value.split_whitespace().next().and_then(|number| number.parse().ok());
            match seconds {
                Some(seconds) => Answer::Yes(Self(Duration::from_secs(seconds))),
                None => Answer::Unknown(format!("KillWait is no number: {value}")),
            }
        })
    }
}

/// `99`, `99,100-103`; anything else, `(null)` among it, holds no code. 0 would requeue what has finished.
fn codes(text: &str) -> Vec<u8> {
    let range = |part: &str| -> Option<std::ops::RangeInclusive<u8>> {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
    };
    let mut codes: Vec<u8> = text.split(',').filter_map(range).flatten().filter(|code| *code != 0).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::scheduler::call::End;

    #[rstest]
    #[case("KillWait                = 12 sec\n", Some(12))]
    #[case("KillWait = 30 sec\nKillWaitX = 3", Some(30))]
    #[case("KillWait = soon\n", None)]
    #[case::cut_short("KillWait = 3", None)]
    #[case("", None)]
    fn kill_waits(#[case] text: &str, #[case] seconds: Option<u64>) {
        let output = Output { end: End::Exited(0), stdout: text.into(), stderr: vec![] };
        let answer = KillWait::from_answer(&output).yes();
        assert_eq!(answer, seconds.map(|seconds| KillWait(Duration::from_secs(seconds))));
    }

    #[rstest]
    #[case("99", &[99])]
    #[case("100-102, 99", &[99, 100, 101, 102])]
    #[case("(null)", &[])]
    #[case("0,300", &[])]
    #[case("9-5", &[])]
    fn code_lists(#[case] text: &str, #[case] expected: &[u8]) {
        assert_eq!(codes(text), expected);
    }

    #[rstest]
    #[case(include_str!("../../../tests/fixtures/slurm-22.05/config.txt"))]
    #[case(include_str!("../../../tests/fixtures/slurm-25.05/config.txt"))]
    fn real_settings(#[case] text: &str) {
        let output = Output { end: End::Exited(0), stdout: text.into(), stderr: vec![] };
        assert_eq!(RequeueExit::from_answer(&output), Answer::Yes(RequeueExit(vec![99])));
    }
}
