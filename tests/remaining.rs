//! `ckwrap remaining`: whose end it tells, and what it says where nobody knows one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rstest::rstest;

use crate::support::{End, FakeSlurm, Start, Wrapper};

fn epoch() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// In a job with so much time, of which Slurm's commands say the same; `deadline`: what ckwrap told the program.
fn remaining(slurm: &FakeSlurm, deadline: Option<u64>, words: &str) -> (End, String, String) {
    let start = Start::new(&Wrapper::ckwrap(&format!("remaining {words}")), std::iter::empty::<String>());
    let set = move |command: &mut std::process::Command| {
        if let Some(deadline) = deadline {
            command.env("CKWRAP_DEADLINE", deadline.to_string());
        }
    };
    let mut run = slurm.place(start).set(set).go();
    let (end, said) = (run.end(), run.rest());
    (end, String::from_utf8(said).unwrap(), run.all_errors())
}

#[rstest]
#[case::of_the_job(None, "", 3600, 0)]
#[case::as_ckwrap_told(Some(600), "", 600, 0)]
#[case::as_slurm_says(Some(600), "--ask", 3600, 1)]
fn the_seconds_that_are_left(
    #[case] deadline: Option<u64>,
    #[case] words: &str,
    #[case] expected: u64,
    #[case] calls: usize,
) {
    let slurm = FakeSlurm::new(Duration::from_hours(1));
    let before = epoch();
    let (end, said, errors) = remaining(&slurm, deadline.map(|left| before + left), words);
    let took = epoch() - before;
    assert_eq!((end, errors.as_str()), (End::Code(0), ""));
    let left: u64 = said.trim().parse().unwrap();
    assert!((expected.saturating_sub(took + 2)..=expected).contains(&left), "{left} of {expected}");
    assert_eq!(slurm.calls().len(), calls);
}

#[rstest]
#[case::enough("--at-least 10m", 1200, 0)]
#[case::too_little("--at-least 30m", 1200, 1)]
#[case::over("--at-least 1s", 0, 1)]
fn a_script_asks_whether_there_is_time(#[case] words: &str, #[case] left: u64, #[case] code: i32) {
    let slurm = FakeSlurm::new(Duration::from_hours(1));
    let (end, said, errors) = remaining(&slurm, Some(epoch() + left), words);
    assert_eq!((end, said.as_str(), errors.as_str()), (End::Code(code), "", ""));
}

#[test]
fn a_time_that_is_over_is_zero() {
    let slurm = FakeSlurm::new(Duration::from_hours(1));
    let (end, said, _) = remaining(&slurm, Some(epoch() - 100), "");
    assert_eq!((end, said.as_str()), (End::Code(0), "0\n"));
    let (_, said, _) = remaining(&slurm, Some(epoch() - 100), "--json");
    assert!(said.starts_with("{\"end\":") && said.contains("\"remaining_s\":0"), "{said}");
}

/// A query that fails never means that there is no time, or all of it.
#[rstest]
#[case::no_answer("timeout", "the end is not known: Slurm says")]
#[case::garbage("garbage", "the end is not known: Slurm says")]
fn what_nobody_knows_is_no_number(#[case] plan: &str, #[case] expected: &str) {
    let slurm = FakeSlurm::new(Duration::from_hours(1)).plan("show-job", plan);
    let (end, said, errors) = remaining(&slurm, None, "--ask --at-least 1s");
    assert_eq!((end, said.as_str()), (End::Code(125), ""));
    assert!(errors.contains(expected) && errors.contains("hint: "), "{errors}");
}

#[test]
fn outside_of_a_job_it_says_so() {
    let start = Start::new(&Wrapper::ckwrap("remaining"), std::iter::empty::<String>());
    let mut run = start.go();
    assert_eq!(run.end(), End::Code(125));
    let errors = run.all_errors();
    assert!(errors.contains("no Slurm job and no program under ckwrap"), "{errors}");
}
