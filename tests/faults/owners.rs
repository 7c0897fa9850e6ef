//! Two at once, copies that come back, chains that are over.

use std::fs;
use std::time::Duration;

use ckwrap::journal::{Event, codec};

use super::{LONG, SAVES, chain, slurm};
use crate::support::{End, FakeSlurm, Running, Start, Wrapper, living, wait_for};

/// A program that says that it runs, then waits for the end of its input.
const WAITS: [&str; 3] = ["/bin/sh", "-c", "echo ran >> runs; echo ready $$; read line; exit 0"];

fn runs(slurm: &FakeSlurm) -> usize {
    fs::read_to_string(slurm.file("runs")).unwrap_or_default().lines().count()
}

#[test]
fn the_second_of_two_at_once_refuses() {
    let slurm = slurm("");
    let mut first = slurm.run("--chain mine", WAITS);
    first.line_with("ready");
    let mut second = slurm.run("--chain mine", WAITS);
    assert_eq!(second.end(), End::Code(125));
    let said = second.all_errors();
    assert!(said.contains("runs here already") && said.contains("--chain"), "{said}");
    assert_eq!(runs(&slurm), 1);
    assert_eq!(first.finish(), End::Code(0));
    assert!(first.all_errors().contains("finished"));
}

#[test]
fn of_many_that_start_at_one_moment_one_runs() {
    let slurm = slurm("");
    let mut all: Vec<_> = (0..6).map(|_| slurm.run("--chain mine", WAITS)).collect();
    // Those that refuse do so by themselves; the one that runs waits for its input.
    wait_for("five have refused", || {
        let ended = all.iter().filter(|run| !living(run.pid())).count();
        (ended == 5).then_some(())
    });
    let codes: Vec<_> = all.iter_mut().map(Running::finish).collect();
    assert_eq!(codes.iter().filter(|code| **code == End::Code(0)).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == End::Code(125)).count(), 5, "{codes:?}");
    assert_eq!(runs(&slurm), 1);
}

#[test]
fn a_finished_chain_ends_at_once_and_runs_nothing() {
    let mut slurm = slurm("");
    let mut run = slurm.run("", WAITS);
    assert_eq!(run.finish(), End::Code(0));
    // As after a preemption in its last second: Slurm requeues a job that has done its work.
    slurm.set(slurm.job, "Restarts=1");
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut again = slurm.run("", WAITS);
    assert_eq!(again.end(), End::Code(0));
    let said = again.all_errors();
    assert!(said.contains("is finished") && said.contains("--fresh"), "{said}");
    assert_eq!(runs(&slurm), 1);
}

#[test]
fn the_end_of_a_failed_chain_is_no_reason_to_run_again_by_itself() {
    let mut slurm = slurm("");
    let mut run = slurm.run("", ["/bin/sh", "-c", "echo ran >> runs; exit 3"]);
    assert_eq!(run.end(), End::Code(3));
    slurm.set(slurm.job, "Restarts=1");
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut again = slurm.run("", WAITS);
    assert_eq!(again.end(), End::Code(0));
    assert!(again.all_errors().contains("was stopped"));
    assert_eq!(runs(&slurm), 1);
}

#[test]
fn a_lost_checkpoint_is_not_replaced_by_a_start_from_scratch() {
    let mut slurm = slurm("");
    assert_eq!(slurm.run("", SAVES).end(), End::Code(0));
    fs::remove_file(slurm.file("state")).unwrap();
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut run = slurm.run("", SAVES);
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains("--fresh") && said.contains("checkpoint"), "{said}");
    assert_eq!((runs(&slurm), slurm.count("requeue")), (1, 1));
}

#[test]
fn a_second_command_in_one_job_is_not_passed_over_as_finished() {
    let slurm = slurm("");
    assert_eq!(slurm.run("", ["/bin/sh", "-c", "echo prepared"]).end(), End::Code(0));
    let mut second = slurm.run("", ["/bin/sh", "-c", "echo computed"]);
    assert_eq!(second.end(), End::Code(125));
    assert!(second.all_errors().contains("--chain NAME"), "{}", second.all_errors());
    let mut named = slurm.run("--chain main", ["/bin/sh", "-c", "echo computed"]);
    assert_eq!(named.line().as_deref(), Some("computed"), "{}", named.errors());
    assert_eq!(named.end(), End::Code(0));
}

#[test]
fn fresh_starts_from_scratch() {
    let mut slurm = slurm("");
    assert_eq!(slurm.run("--chain mine", SAVES).end(), End::Code(0));
    // The user cancels the requeued job, throws the checkpoint away and submits anew.
    slurm.set(slurm.job, "JobState=CANCELLED");
    fs::remove_file(slurm.file("state")).unwrap();
    slurm.job = 555;
    let mut refused = slurm.run("--chain mine", SAVES);
    assert_eq!(refused.end(), End::Code(125));
    assert!(refused.all_errors().contains("--fresh"));
    let mut fresh = slurm.run("--chain mine --fresh", ["/bin/sh", "-c", "echo from:$CKWRAP_CHECKPOINT"]);
    assert_eq!(fresh.line().as_deref(), Some("from:"), "{}", fresh.errors());
    assert_eq!(fresh.end(), End::Code(0));
}

#[test]
fn fresh_sets_the_old_checkpoint_aside_and_loses_nothing() {
    let mut slurm = slurm("");
    assert_eq!(slurm.run("--chain mine", SAVES).end(), End::Code(0));
    let saved = fs::read(slurm.file("state")).unwrap();
    slurm.set(slurm.job, "JobState=CANCELLED");
    slurm.job = 555;
    let mut fresh = slurm.run(
        "--chain mine --fresh",
        ["/bin/sh", "-c", "test -e state; echo there:$? from:$CKWRAP_CHECKPOINT"],
    );
    assert_eq!(fresh.line().as_deref(), Some("there:1 from:"), "{}", fresh.errors());
    assert_eq!(fresh.end(), End::Code(0));
    let names =
        fs::read_dir(slurm.file("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept = names.filter(|name| name.starts_with("state.before-fresh-")).collect::<Vec<_>>();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read(slurm.file(&kept[0])).unwrap(), saved);
}

#[test]
fn an_older_copy_of_the_job_does_not_start() {
    let mut slurm = slurm("");
    slurm.set(slurm.job, "Restarts=2");
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut newer = slurm.run("", WAITS);
    newer.line_with("ready");
    slurm.set(job, "Restarts=1");
    slurm.start(job, LONG);
    let mut older = slurm.run("", WAITS);
    let end = older.end();
    let said = older.all_errors();
    assert!(said.contains("nothing is started"), "{end:?} {said}");
    assert_eq!(runs(&slurm), 1);
    assert_eq!(newer.finish(), End::Code(0));
}

#[test]
fn a_copy_that_finds_a_later_owner_ends_its_program_and_continues_nothing() {
    // After a node failure the old copy may live on while Slurm has started the job elsewhere.
    let slurm = slurm("");
    let command = ["/bin/sh", "-c", "echo ran >> runs; echo ready $$; read line; echo data > state; exit 85"];
    let mut older = slurm.run("", command);
    older.line_with("ready");
    let mine = wait_for("the owner record", || fs::read_to_string(chain(&slurm).join("owner.1")).ok());
    // The other node's record, as it would write it.
    let later =
        mine.replacen("\"restart\":0", "\"restart\":1", 1).replacen("\"host\":\"", "\"host\":\"other-", 1);
    assert_ne!(mine, later, "{mine}");
    fs::write(chain(&slurm).join("owner.2"), later).unwrap();
    let end = older.finish();
    let said = older.all_errors();
    assert!(said.contains("a later copy of this job"), "{end:?} {said}");
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (0, 0));
}

#[test]
fn a_dead_owner_of_this_node_is_no_obstacle() {
    let slurm = slurm("");
    let mut first = slurm.run("", WAITS);
    let child: i32 = first.line_with("ready ").trim_start_matches("ready ").parse().unwrap();
    first.send(9);
    assert_eq!(first.end(), End::Signal(9));
    wait_for("the program dies with its ckwrap", || (!living(child)).then_some(()));
    let mut second = slurm.run("", WAITS);
    second.line_with("ready");
    assert_eq!(second.finish(), End::Code(0));
    assert_eq!(runs(&slurm), 2);
}

#[test]
fn a_chain_inside_a_chain_only_passes_on() {
    let slurm = slurm("");
    let inner = Wrapper::ckwrap("");
    let words = inner.words().iter().cloned().chain(["/bin/sh".into(), "-c".into(), "exit 85".into()]);
    let mut run = slurm.place(Start::new(&Wrapper::ckwrap("--continue none"), words)).go();
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(85), "{said}");
    assert_eq!(fs::read_dir(slurm.file(".ckwrap")).unwrap().count(), 1);
    assert_eq!(said.matches("the chain stops here").count(), 1, "{said}");
}

#[test]
fn a_damaged_owner_record_does_not_end_a_chain_whose_turn_it_is() {
    // Owner records are not synced before the program runs: after a power failure one may be empty.
    let mut slurm = slurm("");
    assert_eq!(slurm.run("", SAVES).end(), End::Code(0));
    let newest = fs::read_dir(chain(&slurm)).unwrap().flatten().map(|entry| entry.path());
    let newest = newest.filter(|path| path.file_stem().is_some_and(|stem| stem == "owner")).max().unwrap();
    fs::write(newest, "").unwrap();
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut run = slurm.run("--continue successor", SAVES);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!((end, slurm.successors().len()), (End::Code(0), 1), "{said}");
    assert!(!said.contains("warning"), "{said}");
}

/// The journal, with the segments of this node as those of another.
fn as_of_another_node(slurm: &FakeSlurm) {
    let journal = chain(slurm).join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let moved = text.lines().flat_map(|line| {
        let codec::Line::Record(mut record) = codec::decode(line.as_bytes()) else { panic!("{line}") };
        if let Event::SegmentStarted(started) = &mut record.event {
            started.host = "another-node".into();
        }
        codec::encode(&record).unwrap()
    });
    let moved = moved.collect::<Vec<u8>>();
    fs::write(journal, moved).unwrap();
}

/// The record may have been of one that only waited for a copy on a node that Slurm has given up.
#[test]
fn behind_a_damaged_owner_record_a_copy_that_may_live_is_waited_for() {
    let mut slurm = slurm("");
    let mut first = slurm.run("", WAITS);
    first.line_with("ready");
    // The journal is written while the program runs already.
    let written = || fs::read_to_string(chain(&slurm).join("journal.jsonl")).ok();
    wait_for("the segment is in the journal", || written().filter(|text| text.contains("segment_started")));
    first.send(9);
    assert_eq!(first.end(), End::Signal(9));
    as_of_another_node(&slurm);
    fs::write(chain(&slurm).join("owner.1"), "").unwrap();
    let job = slurm.job;
    slurm.set(job, "Restarts=1");
    // Half of it is waited.
    slurm.start(job, Duration::from_secs(12));
    let mut second = slurm.run("", WAITS);
    second.line_with("ready");
    assert_eq!(second.finish(), End::Code(0));
    let said = second.all_errors();
    assert!(said.contains("an earlier copy of this job"), "{said}");
    assert_eq!(runs(&slurm), 2);
}
