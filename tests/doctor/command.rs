//! The command as it is typed: exit codes, JSON, and what it asks of Slurm.

use std::fs;
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use crate::support::{End, FakeSlurm, Start, Wrapper};

/// A script in which nothing is wrong.
pub(super) const GOOD: &str = "#!/bin/bash\n#SBATCH --time=12:00:00\n#SBATCH --requeue\n#SBATCH --open-mode=append\n\nexec ckwrap -- gmx mdrun -deffnm md\n";

/// Settings of a site that is like most.
pub(super) const SITE: &str = "JobFileAppend = 0\\nJobRequeue = 1\\nKillWait = 30 sec\\nProctrackType = proctrack/cgroup\\nRequeueExit = (null)\\nSLURM_VERSION = 22.05.8\\n";

/// A Slurm with these settings, and a `gmx` on its `PATH`.
pub(super) fn slurm(settings: &str) -> FakeSlurm {
    FakeSlurm::new(Duration::from_hours(1))
        .plan("show-config", &format!("prints({settings})"))
        .program("gmx", "#!/bin/sh\n")
}

/// What the command did: its end, and what it said on both streams.
pub(super) fn doctor(slurm: &FakeSlurm, words: &str) -> (End, String, String) {
    let command = std::iter::empty::<String>();
    let mut run = slurm.place(Start::new(&Wrapper::ckwrap(&format!("doctor {words}")), command)).go();
    let (end, said) = (run.end(), run.rest());
    (end, String::from_utf8(said).unwrap(), run.all_errors())
}

#[rstest]
#[case::nothing("", "", 0)]
#[case::advice("--requeue", "", 0)]
#[case::warning("--open-mode=append", "", 1)]
#[case::error("", "exec ckwrap gmx mdrun\n", 2)]
fn the_exit_code_tells_how_grave_it_is(#[case] without: &str, #[case] line: &str, #[case] code: i32) {
    // A site of which nothing is known but that it is there.
    let slurm = slurm("SLURM_VERSION = 22.05.8\\n");
    let kept = |line: &&str| without.is_empty() || !line.ends_with(without);
    let mut text = GOOD.lines().filter(kept).collect::<Vec<_>>().join("\n") + "\n";
    if !line.is_empty() {
        text = text.replace("exec ckwrap -- gmx mdrun -deffnm md\n", line);
    }
    fs::write(slurm.file("job.sh"), text).unwrap();
    let (end, said, errors) = doctor(&slurm, "--offline job.sh");
    assert_eq!((end, errors.as_str()), (End::Code(code), ""), "{said}");
}

#[test]
fn a_good_script_on_a_usual_site() {
    let slurm = slurm(SITE);
    fs::write(slurm.file("job.sh"), GOOD).unwrap();
    let (end, said, errors) = doctor(&slurm, "job.sh --json");
    let value: Value = serde_json::from_str(&said).unwrap();
    // The tests' own directory lies on one node, and is told so.
    let codes: Vec<&str> =
        value["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.iter().all(|code| *code == "CK405"), "{said}");
    assert!(matches!(end, End::Code(0 | 1)) && errors.is_empty(), "{end:?} {errors}");
    assert!(
        value["seen"][0].as_str().unwrap().starts_with("Slurm 22.05.8: KillWait 30s, JobRequeue 1"),
        "{said}"
    );
    assert_eq!(slurm.calls(), ["show-config"], "one question, and no other");
}

#[test]
fn json_tells_places_and_fixes() {
    let slurm = slurm(SITE);
    fs::write(slurm.file("job.sh"), GOOD.replace("exec ckwrap", "ckwrap")).unwrap();
    let (end, said, _) = doctor(&slurm, "--offline --json job.sh");
    let value: Value = serde_json::from_str(&said).unwrap();
    let finding = &value["findings"][0];
    assert_eq!((end, finding["code"].as_str()), (End::Code(1), Some("CK002")), "{said}");
    assert_eq!(
        (finding["severity"].as_str(), finding["fix"]["safe"].as_bool()),
        (Some("warning"), Some(true))
    );
    assert_eq!((finding["place"]["line"].as_u64(), finding["place"]["column"].as_u64()), (Some(6), Some(1)));
    assert_eq!(finding["place"]["end_column"].as_u64(), Some(31));
    assert_eq!(finding["fix"]["paste"][0].as_str(), Some("exec ckwrap -- gmx mdrun -deffnm md"));
    assert_eq!(value["counts"]["warning"].as_u64(), Some(1));
    assert_eq!(slurm.calls(), [""; 0]);
}

#[test]
fn a_controller_that_does_not_answer_is_said_and_not_judged() {
    let slurm = slurm(SITE).plan("show-config", "timeout");
    fs::write(slurm.file("job.sh"), GOOD.replace("#SBATCH --requeue", "#SBATCH --partition=main")).unwrap();
    let (_, said, _) = doctor(&slurm, "job.sh");
    assert!(said.contains("site's settings: Slurm could not be asked"), "{said}");
    assert!(said.contains("advice CK103") && !said.contains("warning CK103"), "{said}");
    assert_eq!(slurm.calls(), ["show-config"], "not asked again");
}

#[test]
fn a_machine_without_slurm_is_said() {
    let slurm = slurm(SITE).without("scontrol");
    let (end, said, _) = doctor(&slurm, "");
    assert_eq!(end, End::Code(0), "{said}");
    assert!(said.contains("Slurm's commands are not on this machine"), "{said}");
    assert!(said.ends_with("Nothing found.\nNext: ckwrap doctor SCRIPT\n"), "{said}");
}

#[rstest]
#[case("no-such.sh", "cannot read no-such.sh")]
#[case("/", "is no file")]
#[case("--fix", "required")]
#[case("--in-place job.sh", "--fix")]
fn what_cannot_be_looked_at(#[case] words: &str, #[case] text: &str) {
    let (end, said, errors) = doctor(&slurm(SITE), words);
    assert_eq!((end, said.as_str()), (End::Code(125), ""));
    assert!(errors.starts_with("ckwrap: ") && errors.contains(text), "{errors}");
}

#[test]
fn a_script_longer_than_slurm_takes_is_refused() {
    let slurm = slurm(SITE);
    fs::write(slurm.file("job.sh"), "#".repeat((4 << 20) + 1)).unwrap();
    let (end, _, errors) = doctor(&slurm, "--offline job.sh");
    assert!(end == End::Code(125) && errors.contains("4 MiB"), "{errors}");
}
