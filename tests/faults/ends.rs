//! How a chain ends with its program: by each code, by each signal, at once, and in the moment in which it was asked.

use rstest::rstest;
use tempfile::tempdir;

use super::scene::{folder, local, records, script, start};
use super::{CHECKPOINT, LONG, SAVES, slurm};
use crate::support::{End, FakeSlurm, probe};

/// Runs these cases on a few threads and tells all that went wrong.
#[track_caller]
fn each(numbers: impl Iterator<Item = i32>, check: impl Fn(i32) -> Result<(), String> + Sync) {
    const THREADS: usize = 4;
    let numbers: Vec<i32> = numbers.collect();
    let wrong = std::thread::scope(|scope| {
        let parts = (0..THREADS).map(|first| {
            let (numbers, check) = (&numbers, &check);
            scope.spawn(move || {
                let mine = numbers.iter().skip(first).step_by(THREADS);
                let wrong = mine.filter_map(|n| check(*n).err().map(|error| format!("{n}: {error}")));
                wrong.collect::<Vec<_>>()
            })
        });
        let threads = parts.collect::<Vec<_>>();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The end of a chain of the local engine whose program ends at once, and an error unless it was started once and the chain
/// was stopped on record.
fn end_of(verb: &str, number: i32) -> Result<End, String> {
    let folder = tempdir().unwrap();
    let words = [probe().into_os_string(), verb.into(), number.to_string().into()];
    let mut run = local(folder.path(), "--time-limit 1h", words);
    let end = run.end();
    let counts =
        ["segment_started", "chain_stopped", "intent"].map(|kind| records(folder.path(), kind).len());
    let left = run.survivors();
    if counts == [1, 1, 0] && left.is_empty() {
        Ok(end)
    } else {
        Err(format!("{end:?} {counts:?} left: {left:?}; {}", run.all_errors()))
    }
}

#[test]
fn each_code_of_a_failure_ends_the_chain_with_it() {
    each((1..=255).filter(|code| *code != 85), |code| match end_of("exit", code)? {
        End::Code(got) if got == code => Ok(()),
        end => Err(format!("{end:?}")),
    });
}

#[test]
fn death_by_each_signal_ends_the_chain_with_it() {
    let harmless = [17, 18, 19, 20, 21, 22, 23, 28, 32, 33];
    each((1..=64).filter(|signal| !harmless.contains(signal)), |signal| {
        let end = end_of("die", signal)?;
        if end.shell_code() == 128 + signal { Ok(()) } else { Err(format!("{end:?}")) }
    });
}

#[rstest]
#[case::listed("stopped: {exit: [99]}\n", End::Code(0), 1)]
#[case::not_listed("", End::Code(99), 0)]
fn only_a_code_that_the_profile_lists_is_continued(
    #[case] rule: &str,
    #[case] end: End,
    #[case] requeues: usize,
) {
    let slurm = FakeSlurm::new(LONG).config(&format!("{CHECKPOINT}{rule}"));
    let mut run = slurm.run("", script("echo data > state; exit 99"));
    assert_eq!(run.end(), end, "{}", run.all_errors());
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (requeues, 0));
    assert!(slurm.file("state").exists());
}

#[test]
fn a_program_that_crashes_at_every_start_is_given_up() {
    let yaml = format!("{CHECKPOINT}continue: {{on_failure: retry, max_failures: 3}}\n");
    let mut slurm = slurm("").config(&yaml);
    for requeues in [1, 2, 2, 2] {
        let mut run = slurm.run("", script("echo ran >> runs; exit 3"));
        run.end();
        assert_eq!(slurm.count("requeue"), requeues, "{}", run.all_errors());
        if requeues == 2 {
            // Whoever starts it again: an administrator, or Slurm itself after a failure of the node.
            let next = slurm.get(slurm.job, "Restarts").parse::<u32>().unwrap() + 1;
            slurm.set(slurm.job, &format!("Restarts={next}"));
        }
        let job = slurm.job;
        slurm.start(job, LONG);
    }
    assert_eq!(std::fs::read_to_string(slurm.file("runs")).unwrap(), "ran\n".repeat(3));
}

/// Asked, it finishes; the exit code alone does not tell that from a checkpoint.
#[rstest]
#[case::by_its_rule("finish: {any: [{exit: [0]}]}\n", 0)]
#[case::without_one("", 1)]
fn exit_0_in_the_moment_of_the_request(#[case] rule: &str, #[case] requeues: usize) {
    let yaml = format!("checkpoint: {{glob: [state], lead: 8s}}\ntrigger: [{{signal: USR1}}]\n{rule}");
    let slurm = FakeSlurm::new(std::time::Duration::from_secs(16)).config(&yaml);
    let mut run =
        slurm.run("", script("trap 'echo x > state; exit 0' USR1; while :; do /bin/sleep 0.05; done"));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (requeues, 0), "{}", run.all_errors());
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

#[rstest]
#[case::interpreter("#!/no/such/interpreter\n", 0o755, 127, "interpreter in its first line")]
#[case::permissions("#!/bin/sh\n", 0o644, 126, "chmod +x")]
fn what_cannot_be_executed_is_named_and_never_requeued(
    #[case] text: &str,
    #[case] mode: u32,
    #[case] code: i32,
    #[case] hint: &str,
) {
    let slurm = slurm("");
    let program = slurm.file("program");
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    let mut run = slurm.run("", [program]);
    assert_eq!(run.end(), End::Code(code));
    let said = run.all_errors();
    assert!(said.contains(hint) && said.contains("program: "), "{said}");
    assert!(slurm.calls().iter().all(|call| call.starts_with("show")), "{:?}", slurm.calls());
}

#[test]
fn a_program_that_is_still_being_written_and_one_with_too_many_words_are_126() {
    let folder = folder("");
    let program = folder.path().join("program");
    std::fs::copy(probe(), &program).unwrap();
    let writer = std::fs::File::options().append(true).open(&program).unwrap();
    let mut run =
        local(folder.path(), "--time-limit 1h", [program.as_os_str(), "exit".as_ref(), "0".as_ref()]);
    assert_eq!(run.end(), End::Code(126));
    assert!(run.all_errors().contains("still writing it"));
    drop(writer);
    let words = format!("    - {}\n", "x".repeat(8000)).repeat(25);
    let yaml = format!("restart:\n  how: append\n  when: always\n  args:\n{words}");
    std::fs::write(folder.path().join("ckwrap.yaml"), yaml).unwrap();
    // The words of a command may fill a quarter of the stack.
    let start = start(folder.path(), "--time-limit 1h", SAVES).after("ulimit -s 512");
    let mut run = start.go();
    assert_eq!(run.end(), End::Code(126));
    assert!(run.all_errors().contains("fewer or shorter arguments"));
}
