//! What a log says of a failure, and logs that are the job's own output.

use std::path::Path;

use super::*;
use crate::profile::rules::{NumberFrom, STDERR, STDOUT};

fn rule(file: &str, regex: &str, not: Option<&str>, action: RetryUse) -> RetryRule {
    let log = NumberIn { file: file.into(), regex: regex.into() };
    RetryRule { log, not: not.map(str::to_owned), action }
}

/// What the rules say after a segment that found `before` in the job's output and left `after`.
fn said(rules: &[RetryRule], before: &str, after: &str) -> Option<(RetryUse, String)> {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("slurm-1.out");
    fs::write(&output, before).unwrap();
    let streams = Streams::with_stderr(output.clone());
    let marks = LogMarks::take(None, &StoppedRule::default(), rules, streams, dir.path());
    fs::write(&output, after).unwrap();
    failure(rules, dir.path(), &marks)
}

#[test]
fn the_first_rule_that_holds_counts_with_its_line() {
    let rules = [
        rule(STDERR, "corrupted|truncated", None, RetryUse::Fallback),
        rule(STDERR, "Checksum wrong", None, RetryUse::Stop),
    ];
    let stop = said(&rules, "", "Fatal error:\n  Checksum wrong for 'md.edr'\n");
    assert_eq!(stop, Some((RetryUse::Stop, "Checksum wrong for 'md.edr'".into())));
    let both = said(&rules, "", "Checksum wrong\nfile truncated\n");
    assert_eq!(both, Some((RetryUse::Fallback, "file truncated".into())));
    assert_eq!(said(&rules, "", "Segmentation fault\n"), None);
}

#[test]
fn what_an_earlier_segment_or_ckwrap_wrote_into_the_job_s_output_is_not_the_program_s() {
    let rules = [rule(STDERR, "corrupted", None, RetryUse::Stop)];
    assert_eq!(said(&rules, "corrupted\n", "corrupted\nSegmentation fault\n"), None);
    let own = "ckwrap: warning: checkpoint x is corrupted\n\
               {\"t\":\"2026\",\"level\":\"warning\",\"message\":\"corrupted\"}\n";
    assert_eq!(said(&rules, "", own), None);
    assert!(said(&rules, "corrupted\n", "corrupted\ncorrupted\n").is_some());
}

#[test]
fn a_stream_that_is_no_file_and_a_log_that_is_not_there_tell_nothing() {
    let rules = [STDOUT, "none.log"].map(|file| rule(file, "", None, RetryUse::Stop));
    assert_eq!(said(&rules, "", "corrupted\n"), None);
    let condition = Condition::Log { file: STDOUT.into(), regex: "x".into(), not: None };
    let finish = FinishRule::Any(vec![condition]);
    let answer = finished(&finish, ChildExit::Code(0), Path::new("/"), &LogMarks::default());
    assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
}

#[test]
fn not_excuses() {
    let rules = [rule(STDERR, "error", Some("recovered"), RetryUse::Stop)];
    assert!(said(&rules, "", "error\n").is_some());
    assert_eq!(said(&rules, "", "error\nrecovered\n"), None);
}

/// A job's output is appended to: how far an earlier segment got says nothing about this one.
#[test]
fn numbers_in_the_job_s_output_are_this_segment_s() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    let number = |regex: &str| NumberFrom::Text(NumberIn { file: STDERR.into(), regex: regex.into() });
    let want = vec![number(r"of (\d+)")];
    let rule = FinishRule::Any(vec![Condition::Reached { have: number(r"step (\d+)"), want }]);
    fs::write(&output, "step 9 of 9\n").unwrap();
    let streams = Streams::with_stderr(output.clone());
    let marks = LogMarks::take(Some(&rule), &StoppedRule::default(), &[], streams, dir.path());
    let ask = || finished(&rule, ChildExit::Code(0), dir.path(), &marks);
    assert!(matches!(ask(), Answer::Unknown(_)));
    fs::write(&output, "step 9 of 9\nstep 3 of 5\n").unwrap();
    assert_eq!(ask(), Answer::No);
    fs::write(&output, "step 9 of 9\nstep 3 of 5\nstep 5 of 5\n").unwrap();
    assert_eq!(ask(), Answer::Yes);
}
