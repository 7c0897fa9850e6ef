//! What a log says of a failure decides what is done about it.

use std::fs;

use std::path::Path;
use std::process::Command;

use super::{as_in_a_job, folder, local, records};
use crate::support::{End, wait_for};

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
fn a_chain_with_no_usable_checkpoint_left_is_stopped_and_goes_on_when_it_is_begun_by_hand() {
    let folder = two_checkpoints("continue: {on_failure: retry, max_failures: 9}\n");
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", "exit 1"]);
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(125), "{said}");
    assert!(said.contains("restarts from every checkpoint that is there have failed 2 times"), "{said}");
    assert!(records(folder.path()).contains(&"chain_stopped".to_owned()));

    let mended = ["/bin/sh", "-c", "echo $CKWRAP_CHECKPOINT >> runs"];
    let mut run = local(folder.path(), "--time-limit 1h", mended);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "state\n");
    assert!(records(folder.path()).contains(&"resumed".to_owned()));
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

const MDRUN: [&str; 14] = [
    "gmx", "-quiet", "mdrun", "-deffnm", "md", "-ntmpi", "1", "-ntomp", "1", "-pin", "off", "-reprod",
    "-cpt", "0.005",
];

/// A few seconds of one core.
const STEPS: u32 = 3000;

/// The input of a few seconds in that directory.
#[expect(clippy::disallowed_methods, reason = "the script that makes the input is an ordinary child here")]
fn make_water(folder: &Path, steps: u32) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gromacs/make-water.sh");
    let made = Command::new(script).arg(folder).arg(steps.to_string()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// What `gmx check` would see is left to mdrun: its own word is what is tested.
const UNCHECKED: &str = "checkpoint: {validate: [nonempty]}\n";

/// A chain of GROMACS that was interrupted after a few checkpoints, however fast the machine is.
fn interrupted() -> tempfile::TempDir {
    let folder = folder(UNCHECKED);
    make_water(folder.path(), STEPS);
    let mut run = as_in_a_job(folder.path(), "--time-limit 1h", MDRUN);
    wait_for("a second checkpoint", || folder.path().join("md_prev.cpt").exists().then_some(()));
    run.send(15);
    let end = run.end();
    let said = fs::read_to_string(folder.path().join("out")).unwrap();
    assert_ne!(end, End::Code(0), "it was too fast: {said}");
    folder
}

#[test]
fn gromacs_goes_on_from_the_older_checkpoint_where_the_newer_one_is_truncated() {
    let (chain, straight) = (interrupted(), folder(""));
    let newest = chain.path().join("md.cpt");
    let half = fs::read(&newest).unwrap().len() / 2;
    fs::OpenOptions::new().write(true).open(&newest).unwrap().set_len(half as u64).unwrap();
    let mut run = as_in_a_job(chain.path(), "--time-limit 1h", MDRUN);
    let end = run.end();
    let said = fs::read_to_string(chain.path().join("out")).unwrap();
    assert_eq!(end, End::Code(0), "{said}");
    assert!(said.contains("checkpoint md.cpt is not used again"), "{said}");
    make_water(straight.path(), STEPS);
    assert_eq!(as_in_a_job(straight.path(), "--time-limit 1h", MDRUN).end(), End::Code(0));
    let [one, other] = [chain, straight].map(|folder| fs::read(folder.path().join("md.gro")).unwrap());
    assert!(one == other);
}

#[test]
fn gromacs_whose_output_is_gone_is_not_started_again_and_again() {
    let chain = interrupted();
    fs::remove_file(chain.path().join("md.edr")).unwrap();
    let yaml = format!("{UNCHECKED}continue: {{on_failure: retry}}\n");
    fs::write(chain.path().join("ckwrap.yaml"), yaml).unwrap();
    let mut run = as_in_a_job(chain.path(), "--time-limit 1h", MDRUN);
    let end = run.end();
    let said = fs::read_to_string(chain.path().join("out")).unwrap();
    assert_eq!(end, End::Code(1), "{said}");
    assert!(said.contains("the program failed and says `") && said.contains("are not present"), "{said}");
    assert_eq!(said.matches("Inconsistency in user input").count(), 1, "{said}");
}
