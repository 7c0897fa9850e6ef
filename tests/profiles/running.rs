//! Leftovers, programs that go on after a checkpoint, and programs that requeue their job by themselves.

use std::fs;
use std::time::Duration;

use super::{folder, heat, local, names};
use crate::support::{End, FakeSlurm};

#[test]
fn leftovers_are_removed_before_every_start() {
    let folder = folder("checkpoint: {glob: ['*.ck']}\nclean: ['*.lock', '*.ck', 'tmp.*/']\n");
    // The program dies with its lock in place, and does not start where there is one.
    let script = "[ -e sim.lock ] && exit 3; : > sim.lock; mkdir -p tmp.1/x; echo $$ > a.ck; exit 85";
    let mut run = local(folder.path(), "--time-limit 1h --max-segments 3 -v", ["/bin/sh", "-c", script]);
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(85), "{said}");
    assert!(said.contains("max_segments") && said.contains("removed sim.lock (clean)"), "{said}");
    assert_eq!(said.matches("removed tmp.1 (clean)").count(), 2, "{said}");
    assert!(names(folder.path()).contains(&"a.ck".to_owned()), "never a checkpoint");
}

#[test]
fn a_program_that_goes_on_after_its_checkpoint_is_ended_once_that_is_complete() {
    let chain = folder("trigger: [{signal: USR1}]\ncheckpoint: {glob: [heat.ck]}\neffect: continue\n");
    let straight = folder("");
    let options = "--size 20 --steps 500 --pace 5";
    let mut run =
        heat(chain.path(), "--time-limit 3s --lead 2s", &format!("{options} --continue --slow 0.3"));
    let (mut ready, mut saved) = (0, 0);
    while let Some(line) = run.line() {
        ready += usize::from(line.starts_with("heat: ready"));
        saved += usize::from(line.starts_with("heat: checkpoint"));
    }
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(0), "{said}");
    assert!(ready >= 2 && saved == ready - 1, "{ready} {saved} {said}");
    // Asked, complete, ended: in this order, and none was ended for want of time.
    let at = |text: &str| said.find(text).unwrap_or_else(|| panic!("{text}: {said}"));
    assert!(
        at("asked: ") < at("checkpoint heat.ck complete")
            && at("checkpoint heat.ck complete") < at("ending the program")
    );
    assert!(!said.contains("no new checkpoint"), "{said}");
    assert_eq!(heat(straight.path(), "--time-limit 1h", options).end(), End::Code(0));
    let [one, other] = [chain, straight].map(|folder| fs::read(folder.path().join("heat.out")).unwrap());
    assert!(one == other);
}

const BY_ITSELF: &str = "checkpoint: {glob: [state]}\nrequeue: app\n";

fn slurm() -> FakeSlurm {
    FakeSlurm::with_options(Duration::from_hours(1), "").config(BY_ITSELF)
}

#[test]
fn a_program_that_requeues_its_job_is_not_requeued_again_and_its_next_segment_is_known() {
    let mut slurm = slurm();
    let script = "trap '' TERM; echo ran >> runs; echo $$ > state; scontrol requeue $SLURM_JOB_ID; exit 85";
    let run = |slurm: &FakeSlurm| {
        let mut run = slurm.run("", ["/bin/sh", "-c", script]);
        let (end, said) = (run.end(), run.all_errors());
        assert_eq!(end, End::Code(0), "{said}\n{:#?}", slurm.ledger());
        assert!(said.contains("Slurm starts this job again by itself"), "{said}");
    };
    run(&slurm);
    assert_eq!((slurm.count("requeue"), slurm.get(slurm.job, "Restarts")), (1, "1".into()));
    assert_eq!(slurm.count("update-StartTime"), 0, "it may have said when");
    let job = slurm.job;
    slurm.start(job, Duration::from_hours(1));
    run(&slurm);
    assert_eq!((slurm.count("requeue"), slurm.get(job, "Restarts")), (2, "2".into()));
    assert_eq!(fs::read_to_string(slurm.file("runs")).unwrap(), "ran\nran\n");
    assert_eq!(names(&slurm.file(".ckwrap")).len(), 1, "one chain");
}

#[test]
fn what_the_program_has_done_otherwise_is_told_as_far_as_it_is_seen() {
    let slurm = slurm();
    let script = "echo $$ > state; exit 85";
    let mut run = slurm.run("", ["/bin/sh", "-c", script]);
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(85), "{said}");
    assert!(said.contains("requeue: app") && said.contains("running, and not as requeued"), "{said}");
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (0, 0), "{:#?}", slurm.ledger());
}
