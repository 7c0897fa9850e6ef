//! Wrong configuration, options and environment: 125 before anything is started, and a message to act on.

use std::fs;
use std::path::Path;

use rstest::rstest;
use tempfile::tempdir;

use super::{SAVES, slurm};
use crate::support::{End, Running, Start, Wrapper};

/// Starts a program that leaves a file behind, in this directory.
fn start(dir: &Path, options: &str) -> Running {
    start_with(dir, options, &[])
}

fn start_with(dir: &Path, options: &str, environment: &[(&'static str, &'static str)]) -> Running {
    let (dir, environment) = (dir.to_owned(), environment.to_vec());
    Start::new(&Wrapper::ckwrap(options), SAVES)
        .set(move |command| {
            command.current_dir(dir).envs(environment);
        })
        .go()
}

#[rstest]
#[case::no_yaml("checkpoint: {lead: 5m\n", &[":2:1", "expected ',' or '}'"])]
#[case::a_tab("checkpoint:\n\tlead: 5m\n", &[":2:1"])]
#[case::unknown_key("checkpoint:\n  led: 5m\n", &[":2:3", "checkpoint.led", "unknown key", "did you mean `lead`"])]
#[case::duplicate_key("continue: {mode: none}\ncontinue: {mode: none}\n", &[":2:1", "continue", "twice", "remove one"])]
#[case::wrong_type("continue:\n  max_segments: many\n", &[":2:", "continue.max_segments", "a whole number"])]
#[case::unknown_mode("continue: {mode: requeu}\n", &[":1:", "continue.mode", "requeue"])]
#[case::no_duration("checkpoint: {lead: five minutes}\n", &[":1:", "checkpoint.lead"])]
#[case::lead_over_limit("deadline: {limit: 1h}\ncheckpoint: {lead: 2h}\n", &["checkpoint.lead", "2h", "shorten the lead"])]
#[case::unknown_signal("trigger: [{signal: USR9}]\n", &[":1:", "trigger[0]", "USR9", "USR1"])]
#[case::warning_signal("deadline: {warning_signals: [KILLL]}\n", &[":1:", "deadline.warning_signals"])]
#[case::no_profile("profile: gromax\n", &[":1:", "profile", "gromacs"])]
fn a_wrong_file_is_named_with_line_key_and_remedy(#[case] yaml: &str, #[case] parts: &[&str]) {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("ckwrap.yaml"), yaml).unwrap();
    let mut run = start(dir.path(), "--engine local --time-limit 1h");
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    let parts = parts.iter().chain(&["ckwrap.yaml", "ckwrap: error: "]);
    let missing = parts.filter(|part| !said.contains(**part)).collect::<Vec<_>>();
    assert!(missing.is_empty(), "{missing:?} not in: {said}");
    assert!(said.contains("the program was not started"), "{said}");
    assert!(!dir.path().join("runs").exists(), "nothing was started");
}

#[rstest]
#[case::lead_over_limit("--engine local --time-limit 10m --lead 20m", "--lead")]
#[case::unknown_signal("--signal NOSUCH", "--signal")]
#[case::no_duration("--engine local --time-limit soon", "--time-limit")]
#[case::negative("--engine local --time-limit=-5m", "--time-limit")]
#[case::huge("--engine local --time-limit 1e400s", "--time-limit")]
#[case::engine("--engine pbs", "--engine")]
#[case::mode("--continue maybe", "--continue")]
#[case::no_file("--config missing.yaml", "missing.yaml")]
#[case::no_profile("--profile ./missing.yaml", "missing.yaml")]
#[case::slurm_outside("--engine slurm", "SLURM_JOB_ID")]
#[case::limit_without_engine("--time-limit 10m", "--engine local")]
#[case::no_option("--led 5m", "--led")]
#[case::chain("--chain a/b", "--chain")]
#[case::a_word_after_run("run sim", "hint: the program to run comes after two dashes")]
#[case::file_named_by("--config missing.yaml", "hint: named by --config")]
#[case::a_word_before_the_dashes("sim", "hint: the program to run comes after two dashes")]
fn a_wrong_option_is_named(#[case] options: &str, #[case] part: &str) {
    let dir = tempdir().unwrap();
    let mut run = start(dir.path(), options);
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains(part), "{said}");
    assert!(!dir.path().join("runs").exists());
}

#[test]
fn a_missing_command_is_asked_for() {
    let dir = tempdir().unwrap();
    let folder = dir.path().to_owned();
    let mut run = Start::new(&Wrapper::ckwrap(""), [""; 0])
        .set(move |command| {
            command.current_dir(folder);
        })
        .go();
    assert_eq!(run.end(), End::Code(125));
    assert!(run.all_errors().contains("ckwrap -- ./sim"));
}

#[rstest]
#[case("CKWRAP_ENGINE", "pbs", "error: CKWRAP_ENGINE: unknown engine")]
#[case("CKWRAP_LEAD", "soon", "error: CKWRAP_LEAD: ")]
#[case("CKWRAP_CONFIG", "missing.yaml", "named by CKWRAP_CONFIG")]
#[case("CKWRAP_MAX_SEGMENTS", "-1", "error: CKWRAP_MAX_SEGMENTS: ")]
fn a_wrong_variable_is_named(#[case] name: &'static str, #[case] value: &'static str, #[case] part: &str) {
    let dir = tempdir().unwrap();
    let mut run = start_with(dir.path(), "", &[(name, value)]);
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains(part), "{said}");
}

#[test]
fn a_misspelled_variable_is_told() {
    let dir = tempdir().unwrap();
    let mut run = start_with(dir.path(), "--engine none", &[("CKWRAP_LAED", "5m")]);
    assert_eq!(run.end(), End::Code(85));
    let said = run.all_errors();
    assert!(
        said.contains("CKWRAP_LAED is not known") && said.contains("did you mean CKWRAP_LEAD?"),
        "{said}"
    );
}

#[rstest]
#[case("abc")]
#[case("")]
#[case("-1")]
#[case("12_")]
#[case("99999999999999999999")]
fn a_job_number_that_is_none_is_named(#[case] id: &'static str) {
    let dir = tempdir().unwrap();
    let mut run = start_with(dir.path(), "", &[("SLURM_JOB_ID", id)]);
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains("SLURM_JOB_ID") && said.contains("--engine none"), "{said}");
    // The remedy works.
    let mut run = start_with(dir.path(), "--engine none", &[("SLURM_JOB_ID", id)]);
    assert_eq!(run.end(), End::Code(85), "{}", run.all_errors());
}

#[rstest]
#[case("SLURM_JOB_END_TIME", "soon")]
#[case("SLURM_JOB_END_TIME", "-1")]
#[case("SLURM_JOB_END_TIME", "99999999999999999999")]
#[case("SLURM_RESTART_COUNT", "many")]
#[case("SLURM_PROCID", "x")]
fn other_nonsense_in_the_environment_stops_nothing(#[case] name: &'static str, #[case] value: &'static str) {
    let slurm = slurm("");
    let start = slurm.place(Start::new(&Wrapper::ckwrap(""), SAVES));
    let mut run = start
        .set(move |command| {
            command.env(name, value);
        })
        .go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
}

#[rstest]
#[case::built_in(
    "--profile julia",
    "profile julia has never been run against the real program; try it on a short job first (ckwrap profiles julia)"
)]
#[case::own(
    "--profile ./mine.yaml",
    "profile mine has never been run against the real program; try it on a short job first\n"
)]
fn a_profile_that_was_never_run_says_so(#[case] profile: &str, #[case] said: &str) {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("mine.yaml"), "inherits: julia\n").unwrap();
    let mut run = start(dir.path(), &format!("--engine local --time-limit 1h --dry-run {profile}"));
    assert_eq!(run.end(), End::Code(0));
    let all = format!("{}\n", run.all_errors());
    assert!(all.contains(said), "{all}");
    let mut tested = start(dir.path(), "--engine local --time-limit 1h --dry-run --profile gromacs");
    assert_eq!(tested.end(), End::Code(0));
    assert!(!tested.all_errors().contains("never been run"));
}
