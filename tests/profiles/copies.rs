//! Copies of good checkpoints, for programs that write over their only one.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{folder, heat, local, names, records, start};
use crate::support::{End, Running, Start, Wrapper, wait_for};

/// Of a checkpoint of 20 by 20 points half is missing below this size.
const HEAT: &str = "checkpoint: {glob: [heat.ck], copy: true, validate: [{min_size: 2000}]}\n";

#[test]
fn a_checkpoint_that_the_program_destroys_comes_back_and_the_result_is_the_same() {
    let (chain, straight) = (folder(HEAT), folder(""));
    let options = "--size 20 --steps 400 --pace 5";
    let interrupted = "--time-limit 2s --lead 1s --continue none";
    let mut run = heat(chain.path(), interrupted, options);
    assert_eq!(run.end(), End::Code(85), "{}", run.all_errors());
    assert_eq!(names(&chain.path().join(".ckwrap/local/good")), ["1"]);

    let mut run = heat(chain.path(), interrupted, &format!("{options} --truncate"));
    assert_eq!(run.end(), End::Code(85), "{}", run.all_errors());
    assert!(fs::metadata(chain.path().join("heat.ck")).unwrap().len() < 2000);

    let mut run = heat(chain.path(), "--time-limit 1h", options);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(0), "{said}");
    assert_eq!(said.matches("a kept copy of heat.ck is put back").count(), 1, "{said}");
    let damaged = names(chain.path()).into_iter().find(|name| name.starts_with("heat.ck.damaged-"));
    let damaged = damaged.expect("nothing is thrown away");
    assert!(said.contains(&damaged), "{said}");
    let all = records(chain.path());
    assert!(all.contains(&"kept".to_owned()) && all.contains(&"restored".to_owned()), "{all:?}");
    assert_eq!(names(&chain.path().join(".ckwrap/local/good")), ["1"], "the copy stays");

    assert_eq!(heat(straight.path(), "--time-limit 1h", "--size 20 --steps 400").end(), End::Code(0));
    let [one, other] = [chain, straight].map(|folder| fs::read(folder.path().join("heat.out")).unwrap());
    assert!(one == other);
}

/// A predecessor left no copy (it crashed): one is made before the program can touch the only checkpoint.
#[test]
fn the_only_checkpoint_is_copied_before_the_program_starts() {
    let folder = folder("checkpoint: {glob: [state], copy: true, validate: [{tail: END}]}\n");
    fs::write(folder.path().join("state"), "one END").unwrap();
    // It writes into the same file, and dies in the middle of it.
    let script = "cat .ckwrap/local/good/1/0; printf half 1<>state; : > state; kill -9 $$";
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", script]);
    let line = run.line();
    assert_eq!((line.as_deref(), run.end().shell_code()), (Some("one END"), 137), "{}", run.all_errors());
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", "cat state"]);
    assert_eq!(run.line().as_deref(), Some("one END"));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
}

/// A program that goes on after its checkpoint is ended while it writes over it.
#[test]
fn what_is_destroyed_by_the_end_of_a_program_that_goes_on_was_copied_before() {
    let folder = folder(
        "trigger: [{signal: USR1}]\neffect: continue\ncheckpoint: {glob: [state], copy: true, validate: [{tail: END}]}\n",
    );
    let script = "grep END state && exit 0; trap 'printf \"one END\" > state' USR1; trap ': > state; exit 0' TERM; \
                  while :; do sleep 100 & wait $!; done";
    let mut run = local(folder.path(), "--time-limit 6s --lead 4s", ["/bin/sh", "-c", script]);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(run.line().as_deref(), Some("one END"), "{said}");
    assert_eq!(end, End::Code(0), "{said}");
    assert_eq!(said.matches("a kept copy of state is put back").count(), 1, "{said}");
}

#[test]
fn a_checkpoint_that_kills_its_restarts_gives_way_to_the_copy_before() {
    let folder = folder(
        "checkpoint: {glob: [state], copy: true, keep: 2}\ncontinue: {on_failure: retry, max_failures: 5}\n",
    );
    // The second checkpoint is poison.
    let script = "echo run $(cat state) >> runs; case $(cat state) in \
                  '') echo good > state; exit 85;; \
                  good) [ -e poisoned ] && exit 0; : > poisoned; echo poison > state; exit 85;; \
                  *) exit 1;; esac";
    fs::write(folder.path().join("runs"), "").unwrap();
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", script]);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(0), "{said}");
    let runs = fs::read_to_string(folder.path().join("runs")).unwrap();
    assert_eq!(
        runs.split_whitespace().collect::<Vec<_>>().join(" "),
        "run run good run poison run poison run good",
        "{said}"
    );
}

#[test]
fn a_directory_and_a_set_come_back_too() {
    let folder = folder("checkpoint: {glob: [a.x, b.x], kind: set, copy: true, validate: [nonempty]}\n");
    let script =
        "cat a.x b.x 2>/dev/null; [ -e a.x ] && { : > b.x; exit 1; }; echo 1 > a.x; echo 2 > b.x; exit 85";
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", script]);
    assert_eq!(run.end(), End::Code(1), "{}", run.all_errors());
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", "cat a.x b.x"]);
    assert_eq!((run.line().as_deref(), run.line().as_deref()), (Some("1"), Some("2")));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
}

#[test]
fn what_begins_afresh_does_not_get_the_copies_of_what_was_given_up() {
    let folder = folder("checkpoint: {glob: [state], copy: true, validate: [{tail: END}]}\n");
    let saves = ["/bin/sh", "-c", "printf 'old END' > state; exit 85"];
    local(folder.path(), "--time-limit 1h --continue none", saves).end();
    let breaks = ["/bin/sh", "-c", "echo half > state; exit 1"];
    assert_eq!(local(folder.path(), "--time-limit 1h --fresh", breaks).end(), End::Code(1));
    let mut run = local(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", "cat state"]);
    let (end, said) = (run.end(), run.all_errors());
    assert!(!said.contains("put back"), "{end:?} {said}");
}

#[test]
fn without_room_for_a_copy_the_program_runs_and_one_warning_says_so() {
    let folder = folder("checkpoint: {glob: [state], copy: true}\n");
    fs::create_dir_all(folder.path().join(".ckwrap/local")).unwrap();
    for dir in [".ckwrap", ".ckwrap/local"] {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path().join(dir), fs::Permissions::from_mode(0o700)).unwrap();
    }
    fs::write(folder.path().join(".ckwrap/local/good"), "in the way").unwrap();
    let saves = ["/bin/sh", "-c", "echo ran >> runs; echo $$ > state; exit 85"];
    let mut run = local(folder.path(), "--time-limit 1h --max-segments 3", saves);
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(85), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("runs")).unwrap(), "ran\nran\nran\n");
    assert_eq!(said.matches("no copy of the checkpoint could be kept").count(), 1, "{said}");
}

/// Under strace, which makes every copy take twenty seconds.
fn with_slow_copies(folder: &Path, options: &str, script: &str) -> Running {
    let strace = ["/usr/bin/strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=copy_file_range,sendfile"];
    let slow = ["-e", "inject=copy_file_range,sendfile:delay_enter=20000000"];
    let ckwrap = Wrapper::ckwrap(&format!("--engine local {options}"));
    let words = strace.into_iter().chain(slow).map(OsString::from).chain(ckwrap.words().iter().cloned());
    let words = words.chain(["/bin/sh", "-c", script].map(OsString::from));
    let path = folder.to_owned();
    Start::new(&Wrapper::bare(), words.collect::<Vec<_>>())
        .set(move |command| {
            command.current_dir(path);
        })
        .go()
}

#[test]
fn the_first_copy_may_take_half_of_the_time_and_not_more() {
    let folder = folder("checkpoint: {glob: [state], copy: true}\n");
    fs::write(folder.path().join("state"), "one").unwrap();
    let began = Instant::now();
    let run =
        with_slow_copies(folder.path(), "--time-limit 4s --lead 1s --continue none", "echo runs; exit 0");
    run.line_with("runs");
    assert!((2..12).contains(&began.elapsed().as_secs()));
    run.error_with("it takes too long");
    assert!(!names(&folder.path().join(".ckwrap/local/good")).contains(&"1".to_owned()));
}

#[test]
fn a_copy_that_takes_too_long_is_left_and_never_half_there() {
    let folder = folder("checkpoint: {glob: [state], copy: true}\n");
    let began = Instant::now();
    let options = "--time-limit 6s --lead 3s --continue none";
    let run = with_slow_copies(folder.path(), options, "echo $$ > state; exit 85");
    run.error_with("the chain stops here");
    let is_recorded = || records(folder.path()).contains(&"chain_stopped".to_owned()).then_some(());
    wait_for("the record of the end", is_recorded);
    assert!(began.elapsed() < Duration::from_secs(12));
    // What is left is strace, which sleeps the delay out.
    drop(run);
    let left = names(&folder.path().join(".ckwrap/local/good"));
    assert!(!left.contains(&"1".to_owned()), "{left:?}");
    // The next start makes it, and clears up.
    let mut run = start(folder.path(), "--time-limit 1h", ["/bin/sh", "-c", "exit 0"]).go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(names(&folder.path().join(".ckwrap/local/good")), ["1"]);
}
