//! What the site's settings mean for a script.

use std::time::Duration;

use ckwrap::doctor::{Asked, Checkpoints, Report, Settings, Site, judge};
use ckwrap::scheduler::slurm::{PartitionView, PreemptMode};
use rstest::rstest;

use super::command::{GOOD, doctor, slurm};

fn site() -> Site {
    Site {
        version: Some("22.05.8".into()),
        kill_wait: Asked::Known(Duration::from_secs(30)),
        requeue: Asked::Known(true),
        append: Asked::Known(false),
        requeue_exit: Asked::Known(Vec::new()),
        tracking: Asked::Known("proctrack/cgroup".into()),
        partition: None,
        sbatch: true,
    }
}

fn preempting(preempt_mode: PreemptMode, seconds: u64) -> (String, Asked<PartitionView>) {
    let grace_time = Duration::from_secs(seconds);
    ("low".into(), Asked::Known(PartitionView { preempt_mode, grace_time }))
}

fn found(site: &Site, text: &str, settings: &Settings) -> Vec<String> {
    let mut report: Report = judge(text, "job.sh", settings, Some(site));
    let known = Checkpoints { size: None, slowest: Some(Duration::from_secs(21)) };
    report.add_site(site, Some(text), settings, &known);
    report.findings.iter().map(|one| format!("{} {:?}", one.code, one.severity).to_lowercase()).collect()
}

#[rstest]
#[case::usual(site(), &["ck201 advice"])]
#[case::longer(Site { kill_wait: Asked::Known(Duration::from_secs(32)), ..site() }, &[])]
#[case::not_told(Site { kill_wait: Asked::Unknown("x".into()), ..site() }, &[])]
#[case::cancels(Site { partition: Some(preempting(PreemptMode::Cancel, 0)), ..site() }, &["ck201 advice", "ck203 advice"])]
#[case::with_grace(Site { partition: Some(preempting(PreemptMode::Cancel, 60)), ..site() }, &["ck201 advice"])]
#[case::requeues(Site { partition: Some(preempting(PreemptMode::Requeue, 0)), ..site() }, &["ck201 advice"])]
fn of_a_good_script(#[case] site: Site, #[case] expected: &[&str]) {
    assert_eq!(found(&site, GOOD, &Settings::default()), expected);
}

#[rstest]
#[case::not_requeued("#SBATCH --requeue\n", "", Site { requeue: Asked::Known(false), ..site() }, "ck103 warning")]
#[case::perhaps_requeued("#SBATCH --requeue\n", "", Site { requeue: Asked::Unknown("x".into()), ..site() }, "ck103 advice")]
#[case::requeued("#SBATCH --requeue\n", "", site(), "")]
#[case::appended("#SBATCH --open-mode=append\n", "", Site { append: Asked::Known(true), ..site() }, "")]
#[case::truncated("#SBATCH --open-mode=append\n", "", site(), "ck101 warning")]
#[case::no_codes("ckwrap --", "ckwrap --continue exit-code --", site(), "ck202 error")]
#[case::codes("ckwrap --", "ckwrap --continue exit-code --", Site { requeue_exit: Asked::Known(vec![99]), ..site() }, "")]
#[case::no_sbatch("ckwrap --", "ckwrap --continue successor --", Site { sbatch: false, ..site() }, "ck204 warning")]
fn of_other_scripts(#[case] part: &str, #[case] other: &str, #[case] site: Site, #[case] expected: &str) {
    let mut found = found(&site, &GOOD.replace(part, other), &Settings::default());
    found.retain(|one| one != "ck201 advice");
    assert_eq!(found.join(","), expected);
}

#[rstest]
#[case(98, "ck202 error")]
#[case(99, "")]
fn the_exit_code_must_be_one_that_requeues(#[case] exit_code: u8, #[case] expected: &str) {
    let site = Site { requeue_exit: Asked::Known(vec![99]), ..site() };
    let settings = Settings { exit_code, ..Settings::default() };
    let text = GOOD.replace("ckwrap --", "ckwrap --continue exit-code --");
    let mut found = found(&site, &text, &settings);
    found.retain(|one| one != "ck201 advice");
    assert_eq!(found.join(","), expected);
}

#[rstest]
#[case("slurm-22.05", "Slurm 22.05.8: ")]
#[case("slurm-25.05", "Slurm 25.05")]
fn real_settings_are_read(#[case] version: &str, #[case] begin: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(version)
        .join("config.txt");
    let scontrol = format!("#!/bin/sh\nexec /bin/cat {}\n", path.display());
    let slurm = slurm("").without("scontrol").program("scontrol", &scontrol);
    let (_, said, _) = doctor(&slurm, "");
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let rest = flat.split_once(begin).unwrap_or_else(|| panic!("{said}")).1;
    let settings =
        "KillWait 12s, JobRequeue 1, JobFileAppend 0, RequeueExit 99, ProctrackType proctrack/linuxproc";
    assert!(rest.contains(settings) && !said.contains("could not be asked"), "{said}");
}
