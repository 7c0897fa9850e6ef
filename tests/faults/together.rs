//! Two chains in one directory, and a look at a chain while it writes.

use std::fs;
use std::process::Command;

use rstest::rstest;
use serde_json::Value;

use super::scene::{folder, local, records, script};
use super::{LONG, SAVES, slurm};
use crate::support::{End, FakeSlurm, living, wait_for};

/// Saves, then says so, and waits.
const WAITS: [&str; 3] = [
    "/bin/sh",
    "-c",
    "echo ran >> runs; echo from:$CKWRAP_CHECKPOINT; echo data$$ > state; echo saved; read line; exit 85",
];

#[rstest]
fn a_second_job_neither_uses_nor_moves_what_the_first_has_saved(#[values("", "--fresh")] options: &str) {
    let mut slurm = slurm("");
    // The first has a checkpoint on record when its second segment begins.
    assert_eq!(slurm.run("", SAVES).end(), End::Code(0));
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut first = slurm.run("", WAITS);
    first.line_with("saved");
    let saved = fs::read(slurm.file("state")).unwrap();
    slurm.job = 777;
    let mut second = slurm.run(options, SAVES);
    assert_eq!(second.end(), End::Code(125));
    let said = second.all_errors();
    assert!(said.contains("state belongs to chain slurm-100, which runs here now"), "{said}");
    assert_eq!(fs::read(slurm.file("state")).unwrap(), saved);
    assert_eq!(fs::read_to_string(slurm.file("runs")).unwrap(), "ran\nran\n");
    slurm.job = job;
    assert_eq!(first.finish(), End::Code(0), "{}", first.all_errors());
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (2, 0));
}

/// The user submits the script again although the job waits in the queue; and again when that has been cancelled.
#[test]
fn a_job_submitted_again_waits_for_no_other_but_does_not_double_it() {
    let mut slurm = slurm("");
    assert_eq!(slurm.run("", SAVES).end(), End::Code(0));
    let first = slurm.job;
    slurm.job = 777;
    let mut second = slurm.run("", SAVES);
    assert_eq!(second.end(), End::Code(125));
    let said = second.all_errors();
    assert!(said.contains("which goes on in job 100"), "{said}");
    slurm.set(first, "JobState=CANCELLED");
    let mut third = slurm.run("", script("echo from:$CKWRAP_CHECKPOINT; exit 0"));
    assert_eq!(third.line().as_deref(), Some("from:state"), "{}", third.errors());
    assert_eq!(third.end(), End::Code(0), "{}", third.all_errors());
}

/// Two programs with files of their own in one directory, as the tasks of a sweep.
#[test]
fn two_chains_of_one_directory_have_each_its_own_state() {
    let mut slurm = slurm("").config("");
    let program = |slurm: &FakeSlurm, name: &str| {
        fs::write(slurm.file(&format!("{name}.yaml")), format!("checkpoint: {{glob: [{name}.ck]}}\n"))
            .unwrap();
        let text = format!("echo $CKWRAP_CHAIN $CKWRAP_SEGMENT; read line; echo {name} > {name}.ck; exit 85");
        slurm.run(&format!("--chain {name} --config {name}.yaml --continue none"), ["/bin/sh", "-c", &text])
    };
    // By hand, in two jobs: in the same one each chain would be over.
    for number in ["1", "2"] {
        let (mut one, mut two) = (program(&slurm, "one"), program(&slurm, "two"));
        let lines = [one.line().unwrap(), two.line().unwrap()];
        assert_eq!(lines, [format!("one {number}"), format!("two {number}")]);
        assert_eq!([one.finish(), two.finish()], [End::Code(85), End::Code(85)]);
        slurm.job += 1;
    }
    for record in records(&slurm.run_dir, "segment_ended") {
        let path = record["checkpoint"]["path"].as_str().unwrap();
        assert!(["one.ck", "two.ck"].contains(&path), "{record}");
    }
}

/// Whatever a look sees is whole, and nothing that was seen once is missing later.
#[test]
fn a_look_at_a_chain_that_writes_sees_a_whole_beginning() {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let saves = script("echo $$ > state; exit 85");
    let mut run = local(folder.path(), "--time-limit 1h --max-segments 40", saves);
    let (mut looks, mut segments) = (0, 0);
    #[expect(clippy::disallowed_methods, reason = "an ordinary process here")]
    let status = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ckwrap"));
        command.args(["status", "--json"]).current_dir(folder.path()).output().unwrap()
    };
    wait_for("a chain", || folder.path().join(".ckwrap").exists().then_some(()));
    while living(run.pid()) {
        let output = status();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(seen["unreadable"], serde_json::json!([]), "{seen}");
        let Some(chain) = seen["chains"].get(0) else { continue };
        let now = chain["segments"].as_u64().or_else(|| Some(chain["segments"].as_array()?.len() as u64));
        let now = now.unwrap_or_else(|| panic!("{chain}"));
        assert!(now >= segments, "{segments} were seen before: {chain}");
        (looks, segments) = (looks + 1, now);
    }
    assert_eq!(run.end(), End::Code(85), "{}", run.all_errors());
    println!("{looks} looks, {segments} segments");
    assert!(looks > 3);
}
