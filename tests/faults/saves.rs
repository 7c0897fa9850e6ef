//! Checkpoints that are empty, stale, no newer, not readable, or from which nothing goes on.

use std::fs;

use rstest::rstest;

use super::scene::{folder, heat, local, records, script};
use super::slurm;
use crate::support::{End, wait_for};

#[rstest]
#[case::empty("")]
#[case::cut("da")]
fn what_is_not_whole_gives_way_to_what_is(#[case] newest: &str) {
    let validate = "validate: [nonempty, {run: [/bin/grep, -q, END, '{}']}]";
    let folder =
        folder(&format!("checkpoint: {{glob: [state.ck], fallback: [state_prev.ck], {validate}}}\n"));
    fs::write(folder.path().join("state_prev.ck"), "data END\n").unwrap();
    fs::write(folder.path().join("state.ck"), newest).unwrap();
    let mut run = local(folder.path(), "--time-limit 1h", script("echo from:$CKWRAP_CHECKPOINT"));
    assert_eq!(run.line().as_deref(), Some("from:state_prev.ck"));
    assert_eq!(run.end(), End::Code(0));
    assert_eq!(run.all_errors().matches("state.ck is not whole").count(), 1);
}

/// A pointer that the program left behind is not believed: the files are looked at.
#[test]
fn a_pointer_that_is_out_of_date_misleads_nobody() {
    let folder = folder("checkpoint: {glob: ['ck_[0-9]*'], pick: max_number}\n");
    for name in ["ck_9", "ck_10"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    fs::write(folder.path().join("LATEST"), "ck_9").unwrap();
    let mut run = local(folder.path(), "--time-limit 1h", script("echo from:$CKWRAP_CHECKPOINT"));
    assert_eq!(run.line().as_deref(), Some("from:ck_10"));
    assert_eq!(run.end(), End::Code(0));
}

#[test]
fn a_restart_that_hangs_on_its_checkpoint_is_not_tried_for_ever() {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let hangs = "echo ran >> runs; [ -n \"$CKWRAP_CHECKPOINT\" ] && exec sleep 1000; echo x > state; exit 85";
    let mut run = local(folder.path(), "--time-limit 3s --lead 1s", script(hangs));
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(124), "{said}");
    assert!(said.contains("max_stalls"), "{said}");
    // The one that saved, and two that hung.
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "ran\nran\nran\n");
    assert_eq!(fs::read_to_string(folder.path().join("state")).unwrap(), "x\n");
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

/// The limit of a file's size stands for a full disk or a quota: only the program's writes fail.
#[test]
fn a_save_for_which_there_is_no_room_leaves_the_checkpoint_before_it() {
    let folder = folder("trigger: [{signal: USR1}]\ncheckpoint: {glob: [heat.ck]}\nstopped: {exit: [1]}\n");
    let mut first =
        local(folder.path(), "--time-limit 1h --continue none", heat("--size 40 --steps 1000000 --pace 5"));
    first.line_with("heat: ready");
    first.send(15);
    assert_eq!(first.end(), End::Code(85), "{}", first.all_errors());
    let saved = fs::read(folder.path().join("heat.ck")).unwrap();
    let heat = heat("--size 40 --steps 1000000 --pace 5");
    let limited = script("trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"").map(std::ffi::OsString::from);
    let words = limited.into_iter().chain(heat);
    let mut second = local(folder.path(), "--time-limit 1h --continue none", words);
    second.line_with("heat: ready");
    second.send(15);
    let end = second.end();
    let said = second.all_errors();
    assert_ne!(end, End::Code(0), "{said}");
    assert!(said.contains("no new checkpoint"), "{said}");
    assert!(fs::read(folder.path().join("heat.ck")).unwrap() == saved);
    assert_eq!(second.survivors(), Vec::<i32>::new());
}

/// Written over in place, in the same second by a file system that knows only seconds, with the same length: nothing tells
/// it from the old one. That is no progress, and no loss either.
#[rstest]
#[case::same_second("touch -d @1000000000 state", false)]
#[case::later("touch -d @1000000000.000000001 state", true)]
fn what_cannot_be_told_from_the_old_one_is_not_taken_for_new(#[case] dated: &str, #[case] new: bool) {
    let folder = folder("checkpoint: {glob: [state]}\n");
    fs::write(folder.path().join("state"), "old\n").unwrap();
    let path = folder.path().join("state");
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options().append(true).open(&path).unwrap().set_modified(at).unwrap();
    let text = format!("echo from:$CKWRAP_CHECKPOINT; echo new > state; {dated}; exit 85");
    let mut run = local(folder.path(), "--time-limit 1h --continue none", script(&text));
    assert_eq!(run.line().as_deref(), Some("from:state"));
    assert_eq!(run.end(), End::Code(85));
    assert_eq!(records(folder.path(), "checkpoint").len(), usize::from(new), "{}", run.all_errors());
    assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
}

/// Not readable is neither empty nor new: it does not count as a standstill, and nothing begins from scratch.
#[test]
fn checkpoints_that_cannot_be_looked_at_are_neither_progress_nor_none() {
    let mut slurm = slurm("").config("checkpoint: {glob: [data/state]}\n");
    fs::create_dir(slurm.file("data")).unwrap();
    let mut run = slurm.run("", script("echo ran >> runs; echo x > data/state; exit 85"));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let job = slurm.job;
    slurm.start(job, super::LONG);
    fs::rename(slurm.file("data"), slurm.file("gone")).unwrap();
    std::os::unix::fs::symlink("data", slurm.file("data")).unwrap();
    let mut run = slurm.run("", script("echo ran >> runs; exit 85"));
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains("nothing is started"), "{said}");
    assert_eq!(fs::read_to_string(slurm.file("runs")).unwrap(), "ran\n");
    // The file system is back, and so is the chain.
    fs::remove_file(slurm.file("data")).unwrap();
    fs::rename(slurm.file("gone"), slurm.file("data")).unwrap();
    let run = slurm.run("", script("echo from:$CKWRAP_CHECKPOINT; exit 0"));
    wait_for("its word", || (run.line().as_deref() == Some("from:data/state")).then_some(()));
}

#[test]
fn a_stop_file_of_an_earlier_run_stops_nothing() {
    let folder = folder("trigger: [{file: STOP}]\ncheckpoint: {glob: [state]}\n");
    fs::write(folder.path().join("STOP"), "").unwrap();
    let mut run =
        local(folder.path(), "--time-limit 1h", script("[ -e STOP ] && exit 85; echo computes; exit 0"));
    assert_eq!(run.line().as_deref(), Some("computes"), "{}", run.errors());
    assert_eq!(run.end(), End::Code(0));
    assert_eq!(records(folder.path(), "segment_started").len(), 1);
}
