//! Mistakes in ckwrap's own code, one in each part: the program runs on, its signals and its exit code pass, nobody is left
//! behind, nothing is continued twice, and the user is told what to do in ckwrap's place.

use std::ffi::OsString;

use rstest::rstest;

use super::{LONG, SAVES, journal, slurm};
use crate::support::{End, FakeSlurm, Running, Start, Wrapper, probe};

/// Starts a command in the job with a mistake armed; see `sys::failpoint`.
fn run<W: Into<OsString>>(
    slurm: &FakeSlurm,
    place: &'static str,
    command: impl IntoIterator<Item = W>,
) -> Running {
    let start = slurm.place(Start::new(&Wrapper::ckwrap(""), command));
    start.set(move |command| _ = command.env("CKWRAP_FAILPOINT", place)).go()
}

fn probing(verb: &str) -> Vec<OsString> {
    std::iter::once(probe().into_os_string()).chain(verb.split(' ').map(OsString::from)).collect()
}

fn continuations(slurm: &FakeSlurm) -> usize {
    slurm.count("requeue") + slurm.count("sbatch")
}

#[rstest]
#[case::when_it_has_started("policy")]
#[case::at_the_next_event("policy:2")]
#[case::after_the_start("supervisor:2")]
#[case::at_the_second_action("supervisor:3")]
#[case::at_an_answer_of_slurm("scheduler")]
fn the_program_runs_on_and_its_code_passes(#[case] place: &'static str) {
    let slurm = slurm("").without_end_time();
    let mut run = run(&slurm, place, probing("linger 7"));
    run.ready();
    run.error_with("internal error: failpoint");
    assert_eq!(run.finish(), End::Code(7));
    let said = run.all_errors();
    assert!(said.contains("submit the batch script again"), "{said}");
    assert_eq!(continuations(&slurm), 0);
    assert!(journal(&slurm).contains("internal_error"), "{}", journal(&slurm));
}

#[rstest]
#[case::one_before("policy:2")]
#[case::the_signal_s_own("policy:3")]
#[case::while_it_is_passed_on("supervisor:5")]
fn signals_pass_and_none_is_lost(#[case] place: &'static str) {
    let slurm = slurm("");
    let mut run = run(&slurm, place, probing("signals"));
    run.ready();
    for signal in [1, 12, 40] {
        run.send(signal);
        run.line_with(&format!("got {signal}"));
    }
    // It heard signals that may have been a request: with 0 it says nothing of its being finished.
    assert_eq!(run.finish(), End::Code(124));
    assert!(run.all_errors().contains("internal error"), "{place} was never reached");
}

#[test]
fn without_a_chain_it_is_as_bare_again() {
    let start = Start::probe(&Wrapper::ckwrap(""), "linger 7");
    let mut run = start.set(|command| _ = command.env("CKWRAP_FAILPOINT", "policy")).go();
    run.ready();
    assert_eq!(run.finish(), End::Code(7));
    let said = run.all_errors();
    assert!(said.contains("internal error") && !said.contains("batch script"), "{said}");
}

#[rstest]
#[case::the_machine("policy:2")]
#[case::the_clearing_itself("clearing")]
fn what_the_program_leaves_behind_ends_with_it(#[case] place: &'static str) {
    let script = "sleep 1000 & setsid sleep 1000 & echo ready; exit 3";
    let slurm = slurm("");
    let path = std::env::var("PATH").unwrap();
    let script = format!("PATH={path}; {script}");
    let mut run = run(&slurm, place, ["/bin/sh", "-c", &script]);
    assert_eq!(run.end(), End::Code(3));
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

#[rstest]
#[case::a_record("journal")]
#[case::a_look_at_the_files("checkpoint:2")]
#[case::a_copy("keep")]
#[case::a_sync("sync")]
fn in_the_work_with_files_it_costs_that_work_only(#[case] place: &'static str) {
    let slurm = FakeSlurm::new(LONG).config("checkpoint: {glob: [state], copy: true}\n");
    let mut run = run(&slurm, place, SAVES);
    let end = run.end();
    let said = run.all_errors();
    assert!(said.contains("internal error"), "{said}");
    assert!(continuations(&slurm) <= 1, "{said}");
    assert_eq!(end == End::Code(0), continuations(&slurm) == 1, "{end:?}: {said}");
    assert!(slurm.file("state").exists());
}

#[test]
fn in_the_verdict_the_code_passes_and_nothing_is_continued() {
    let slurm = slurm("");
    let mut run = run(&slurm, "verdict", SAVES);
    assert_eq!(run.end(), End::Code(85));
    assert_eq!(continuations(&slurm), 0);
    let said = run.all_errors();
    assert!(said.contains("whether it is finished was not judged"), "{said}");
}

#[rstest]
#[case("configuration")]
#[case("prepare")]
fn before_the_start_nothing_is_started(#[case] place: &'static str) {
    let slurm = slurm("");
    let mut run = run(&slurm, place, SAVES);
    assert_eq!(run.end(), End::Code(125));
    assert!(!slurm.file("runs").exists());
    let said = run.all_errors();
    assert!(said.contains("internal error") && said.contains("please report it"), "{said}");
}

#[test]
fn the_next_segment_goes_on_as_after_any_other_end() {
    let mut slurm = slurm("");
    let mut first = run(&slurm, "policy:2", SAVES);
    assert_eq!(first.end(), End::Code(85));
    slurm.set(slurm.job, "Restarts=1");
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut second = slurm.run("", ["/bin/sh", "-c", "echo from $CKWRAP_CHECKPOINT; exit 0"]);
    assert_eq!(second.line_with("from"), "from state");
    assert_eq!(second.end(), End::Code(0));
}
