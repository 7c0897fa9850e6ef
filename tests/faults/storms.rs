//! Very many signals, very many short-lived processes, interrupted system calls.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::scene::{folder, local, records};
use crate::support::{End, Running, Start, Wrapper, living, probe, wait_for};

/// Signals of a storm, and how many are on their way at once: the kernel queues only so many for a user.
const STORM: u32 = 100_000;
const BATCH: u32 = 2_000;

/// A number that differs between runs, printed so that it can be had again.
fn seed() -> u32 {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    println!("seed {seed}");
    seed
}

/// Sends a batch and answers how often each signal was sent.
fn send(target: &Running, seed: u32) -> BTreeMap<i32, u32> {
    let words =
        [target.pid().to_string(), BATCH.to_string(), (seed & 0x7fff_ffff).to_string()].map(OsString::from);
    let words = [probe().into_os_string(), "storm".into()].into_iter().chain(words);
    let mut sender = Start::new(&Wrapper::bare(), words).go();
    let text = String::from_utf8(sender.rest()).unwrap();
    assert_eq!(sender.end(), End::Code(0), "{}", sender.all_errors());
    let sent = |line: &str| {
        let mut words = line.strip_prefix("sent ")?.split(' ').map(|word| word.parse().unwrap());
        Some((i32::try_from(words.next()?).unwrap(), words.next()?))
    };
    text.lines().filter_map(sent).collect()
}

#[test]
fn of_a_hundred_thousand_mixed_signals_no_queued_one_is_lost_and_none_doubled() {
    let mut run = Start::probe(&Wrapper::wrapped(), "signals").go();
    let child = run.ready();
    let (mut sent, mut came) = (BTreeMap::new(), BTreeMap::new());
    let seed = seed();
    let queued = |counts: &BTreeMap<i32, u32>| counts.range(34..).map(|(_, times)| *times).sum::<u32>();
    for batch in 0..STORM / BATCH {
        for (signal, times) in send(&run, seed.wrapping_add(batch.wrapping_mul(2_654_435_761))) {
            *sent.entry(signal).or_insert(0) += times;
        }
        while queued(&came) < queued(&sent) {
            let line = run.line().expect("the child lives");
            let signal = line.strip_prefix("got ").unwrap().parse::<i32>().unwrap();
            *came.entry(signal).or_insert(0) += 1;
        }
    }
    assert!(living(run.pid()) && living(child));
    run.stdin = None;
    while let Some(line) = run.line() {
        if let Some(signal) = line.strip_prefix("got ") {
            *came.entry(signal.parse::<i32>().unwrap()).or_insert(0) += 1;
        }
    }
    for (signal, times) in &sent {
        let came = came.get(signal).copied().unwrap_or(0);
        match signal {
            // SIGCHLD is ckwrap's own.
            17 => assert_eq!(came, 0),
            // Ordinary ones merge while one of them waits.
            ..34 => assert!(0 < came && came <= *times, "{signal}: {came} of {times}"),
            _ => assert_eq!(came, *times, "{signal}"),
        }
    }
    assert_eq!(run.end(), End::Code(0));
}

/// Processor time of a process, and that of those it has waited for, in clock ticks.
fn ticks(pid: i32) -> (u64, u64) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<u64> =
        stat.rsplit_once(") ").unwrap().1.split(' ').map(|word| word.trim().parse().unwrap_or(0)).collect();
    // proc(5): numbered from 1, and the two before the state are cut off here.
    (fields[14 - 3] + fields[15 - 3], fields[16 - 3] + fields[17 - 3])
}

#[test]
fn ten_thousand_orphans_are_reaped_for_less_than_they_cost_themselves() {
    let folder = folder("");
    let words = [probe().into_os_string(), "orphans".into(), "10000".into(), "7".into()];
    let mut run = local(folder.path(), "--time-limit 1h", words);
    let child = wait_for_ready(&run);
    let children = format!("/proc/{}/task/{}/children", run.pid(), run.pid());
    wait_for("all orphans are reaped", || {
        (fs::read_to_string(&children).ok()?.trim() == child.to_string()).then_some(())
    });
    let (own, _) = ticks(run.pid());
    let (theirs, of_their_children) = ticks(child);
    println!("{own} ticks for reaping, {} for {} processes", theirs + of_their_children, 20_000);
    assert!(own <= theirs + of_their_children, "{own} > {theirs} + {of_their_children}");
    assert_eq!(run.finish(), End::Code(7), "{}", run.all_errors());
    assert_eq!(records(folder.path(), "chain_stopped").len(), 1);
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

/// Ten thousand forks may take a while on a busy machine: longer than a line is waited for.
fn wait_for_ready(run: &Running) -> i32 {
    for _ in 0..10 {
        match run.line_within(Duration::from_secs(30)) {
            Ok(line) => return line.strip_prefix("ready pid=").unwrap().parse().unwrap(),
            Err(error) => println!("{error}"),
        }
    }
    panic!("{}", run.errors());
}

#[test]
fn a_thousand_terms_in_the_first_ten_milliseconds_are_neither_swallowed_nor_leave_a_child() {
    let mut random = u64::from(seed()) | 1;
    let mut wrong = Vec::new();
    for round in 0..1000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = Duration::from_micros(random % 10_000);
        let start = Instant::now();
        let mut run = Start::new(&Wrapper::wrapped(), ["sleep", "1000"]).go();
        // Turning, as sleeping is not that exact.
        while start.elapsed() < moment {}
        run.send(15);
        let end = run.end();
        let left = run.survivors();
        if end.shell_code() != 128 + 15 || !left.is_empty() {
            wrong.push(format!("round {round} after {moment:?}: {end:?}, left: {left:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn interrupted_system_calls_change_nothing() {
    let folder = folder("checkpoint: {glob: [heat.ck]}\n");
    let calls = "inject=poll,ppoll,read,write,openat,wait4,fsync,fdatasync,rt_sigprocmask:error=EINTR:when=";
    // Not the first: the loader has no second try for it. Each kind of call fails now and then, and none for good.
    let inject = format!("{calls}40+7");
    let strace = ["/usr/bin/strace", "-qqq", "-o", "/dev/null", "-e", &inject].map(OsString::from);
    let ckwrap = Wrapper::ckwrap("--engine local --time-limit 12s --lead 6s --continue none");
    let words = strace.into_iter().chain(ckwrap.words().iter().cloned());
    let words = words.chain(super::scene::heat(super::scene::ENDLESS)).collect::<Vec<_>>();
    let path = folder.path().to_owned();
    let start = Start::new(&Wrapper::bare(), words).set(move |command| {
        command.current_dir(path);
    });
    let mut run = start.go();
    run.line_with("heat: checkpoint");
    let end = run.end();
    assert_eq!(end, End::Code(85), "{}", run.all_errors());
    assert!(folder.path().join("heat.ck").exists());
    assert_eq!(records(folder.path(), "segment_ended").len(), 1);
}
