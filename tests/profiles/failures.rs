//! What a log says of a failure decides what is done about it.

use std::fs;

use super::{as_in_a_job, folder, local, records};
use crate::support::End;

const CHECKPOINTS: &str = "checkpoint: {glob: [state], fallback: [state_prev]}\n";
const BY_STDERR: &str = "retry: [{log: {file: '{stderr}', regex: 'corrupted|truncated'}, use: fallback}, \
                         {log: {file: '{stderr}', regex: 'Checksum wrong'}, use: stop}]\n";

/// A program that cannot read the newest checkpoint.
const READS: &str = "echo from $CKWRAP_CHECKPOINT >> runs; [ $CKWRAP_CHECKPOINT = state_prev ] && exit 0; \
                     echo 'Fatal error: checkpoint corrupted' >&2; exit 1";

fn two_checkpoints(yaml: &str) -> tempfile::TempDir {
    let folder = folder(&format!("{CHECKPOINTS}{yaml}"));
    for name in ["state_prev", "state"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    folder
}

#[test]
fn a_checkpoint_that_the_program_calls_corrupted_is_given_up_for_the_older_one() {
    let folder = two_checkpoints(BY_STDERR);
    let mut run = as_in_a_job(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", READS]);
    let end = run.end();
    let said = fs::read_to_string(folder.path().join("out")).unwrap();
    assert_eq!(end, End::Code(0), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "from state\nfrom state_prev\n");
    assert!(said.contains("not used again: the program says `Fatal error: checkpoint corrupted`"), "{said}");
    assert!(records(folder.path()).contains(&"quarantined".to_owned()));
}

#[test]
fn with_every_checkpoint_corrupted_there_is_an_end() {
    let folder = two_checkpoints(BY_STDERR);
    let script = "echo ran >> runs; echo corrupted >&2; exit 1";
    let mut run = as_in_a_job(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", script]);
    let end = run.end();
    let said = fs::read_to_string(folder.path().join("out")).unwrap();
    assert_eq!(end, End::Code(125), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "ran\nran\n", "{said}");
}

#[test]
fn what_cannot_be_mended_by_trying_is_not_tried_and_the_line_is_told() {
    let folder = two_checkpoints(&format!("{BY_STDERR}continue: {{on_failure: retry}}\n"));
    let script = "echo ran >> runs; echo \"Checksum wrong for 'md.edr'\" >&2; exit 1";
    let mut run = as_in_a_job(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", script]);
    let end = run.end();
    let said = fs::read_to_string(folder.path().join("out")).unwrap();
    assert_eq!(end, End::Code(1), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "ran\n", "{said}");
    assert!(said.contains("the program failed and says `Checksum wrong for 'md.edr'`"), "{said}");
}

#[test]
fn where_stderr_is_a_pipe_the_rule_does_not_hold() {
    let folder = two_checkpoints(BY_STDERR);
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", READS]);
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(1), "{said}");
    assert!(said.contains("continue.on_failure is stop"), "{said}");
}

#[test]
fn a_log_of_its_own_is_looked_at_from_this_segment_on() {
    let yaml = "vars: {log: {default: sim.log}}\nretry: [{log: corrupted, use: stop}]\n\
                continue: {on_failure: retry, max_failures: 2}\n";
    let folder = two_checkpoints(yaml);
    fs::write(folder.path().join("sim.log"), "checkpoint corrupted\n").unwrap();
    let script = "echo ran >> runs; echo crash >> sim.log; exit 1";
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", script]);
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(1), "{said}");
    assert!(said.contains("max_failures"), "{said}");
}

#[test]
fn stdout_of_a_job_tells_whether_the_work_is_done() {
    let yaml = "checkpoint: {glob: [state]}\nvars: {log: {default: '{stdout}'}}\n\
                finish: {any: [{reached: ['{log}: step ([0-9]+)', '{log}: of ([0-9]+)']}]}\n";
    let folder = folder(yaml);
    let script =
        "n=$(cat state 2>/dev/null || echo 0); n=$((n+1)); echo $n > state; echo step $n of 3; exit 85";
    let mut run = as_in_a_job(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", script]);
    let end = run.end();
    let said = fs::read_to_string(folder.path().join("out")).unwrap();
    assert_eq!((end, said.matches("step ").count()), (End::Code(85), 3), "{said}");
    assert!(said.ends_with("ckwrap: finished\n"), "{said}");
}
