//! While the program computes, ckwrap sleeps: no wake-ups, few threads and descriptors.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use super::LONG;
use crate::support::{End, FakeSlurm, Running, Start, Wrapper, probe, state, wait_for};

/// How long is watched.
const WATCH: Duration = Duration::from_secs(30);

/// Voluntary and other context switches of each thread.
fn switches(pid: i32) -> BTreeMap<i32, (u64, u64)> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let of_task = |task: fs::DirEntry| {
        let status = fs::read_to_string(task.path().join("status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        let counts = (field("voluntary_ctxt_switches:")?, field("nonvoluntary_ctxt_switches:")?);
        Some((task.file_name().to_str()?.parse().ok()?, counts))
    };
    tasks.filter_map(of_task).collect()
}

/// Waits until what a start brings with it is done: no helper is left, and all threads sleep and stay asleep.
fn settled(pid: i32) {
    let mut last = (switches(pid), Instant::now());
    wait_for("ckwrap comes to rest", || {
        let helpers = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let now = switches(pid);
        if now != last.0 || helpers.split_whitespace().count() > 1 || state(pid) != Some('S') {
            last = (now, Instant::now());
        }
        (last.1.elapsed() > Duration::from_millis(500)).then_some(())
    });
}

fn descriptors(pid: i32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let target = |entry: fs::DirEntry| {
        let target = fs::read_link(entry.path()).map(|to| to.display().to_string()).unwrap_or_default();
        format!("{} -> {target}", entry.file_name().to_string_lossy())
    };
    entries.map(target).collect()
}

/// A program that does nothing, plainly and as a segment of a chain.
fn both(slurm: &FakeSlurm) -> [(&'static str, Running, usize); 2] {
    let program = || [probe().into_os_string(), "linger".into(), "0".into()];
    let plain = Start::new(&Wrapper::ckwrap(""), program()).go();
    let chain = slurm.run("", program());
    [("plain run", plain, 1), ("chain", chain, 2)]
}

#[test]
fn few_threads_and_descriptors() {
    let slurm = FakeSlurm::new(LONG).config("checkpoint: {glob: [state]}\n");
    for (what, mut run, threads) in both(&slurm) {
        run.ready();
        settled(run.pid());
        let (open, tasks) = (descriptors(run.pid()), switches(run.pid()).len());
        println!("{what}: {tasks} threads, {} descriptors", open.len());
        assert!(open.len() <= 8, "{what}: {open:#?}");
        assert!(tasks <= threads, "{what}: {tasks} threads");
        assert_eq!(run.finish(), End::Code(0));
    }
}

#[expect(clippy::disallowed_methods, reason = "that nothing happens is no event that could be awaited")]
fn watch() {
    std::thread::sleep(WATCH);
}

#[test]
fn no_wake_up_in_half_a_minute() {
    let slurm = FakeSlurm::new(LONG).config("checkpoint: {glob: [state]}\n");
    let mut runs = both(&slurm);
    for (_, run, _) in &runs {
        run.ready();
        settled(run.pid());
    }
    let before = runs.each_ref().map(|(_, run, _)| switches(run.pid()));
    let calls = slurm.calls();
    watch();
    for ((what, run, _), before) in runs.iter_mut().zip(before) {
        let after = switches(run.pid());
        let woken = |counts: &BTreeMap<i32, (u64, u64)>| counts.values().map(|(woken, _)| woken).sum::<u64>();
        println!("{what}: {} wake-ups in {WATCH:?}", woken(&after) - woken(&before));
        assert_eq!(woken(&after), woken(&before), "{what}: {before:?} {after:?}");
        assert_eq!(run.finish(), End::Code(0));
    }
    assert_eq!(slurm.calls(), calls, "nothing was asked meanwhile");
}
