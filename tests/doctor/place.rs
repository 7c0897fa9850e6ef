//! The run directory, the configuration and the program, as the command finds them.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ckwrap::doctor::{Asked, Checkpoints, Directory, Report, RunsIn, beginning};
use rstest::rstest;

use super::command::{GOOD, SITE, doctor, slurm};

/// A directory in which nothing is wrong.
fn sound() -> Directory {
    Directory {
        path: PathBuf::from("/scratch/run1"),
        free: Asked::Known(1 << 40),
        quota: Asked::Known(None),
        files: Asked::Known(1000),
        of_one_node: Asked::Known(None),
        writable: Ok(()),
        renames: Asked::Known(Ok(())),
        links: Asked::Known(Ok(())),
        skew: Asked::Known(Duration::ZERO),
        journal_trouble: Vec::new(),
    }
}

const GIB: u64 = 1 << 30;

#[rstest]
#[case::sound(sound(), &[])]
#[case::no_room(Directory { free: Asked::Known(GIB / 2), ..sound() }, &["CK401 error"])]
#[case::little_room(Directory { free: Asked::Known(GIB + 1), ..sound() }, &["CK401 warning"])]
#[case::just_enough(Directory { free: Asked::Known(2 * GIB), ..sound() }, &[])]
#[case::quota(Directory { quota: Asked::Known(Some(0)), ..sound() }, &["CK401 error"])]
#[case::no_files(Directory { files: Asked::Known(0), ..sound() }, &["CK401 error"])]
#[case::not_known(Directory { free: Asked::Unknown("x".into()), ..sound() }, &[])]
#[case::rename(Directory { renames: Asked::Known(Err("x".into())), ..sound() }, &["CK402 error"])]
#[case::link(Directory { links: Asked::Known(Err("x".into())), ..sound() }, &["CK403 error"])]
#[case::small_skew(Directory { skew: Asked::Known(Duration::from_secs(60)), ..sound() }, &[])]
#[case::skew(Directory { skew: Asked::Known(Duration::from_secs(61)), ..sound() }, &["CK404 advice"])]
#[case::one_node(Directory { of_one_node: Asked::Known(Some("tmpfs".into())), ..sound() }, &["CK405 warning"])]
#[case::journal(Directory { journal_trouble: vec!["x; y".into()], ..sound() }, &["CK406 error"])]
#[case::read_only(Directory { writable: Err("x".into()), ..sound() }, &["CK407 error"])]
fn directories(#[case] directory: Directory, #[case] expected: &[&str]) {
    let mut report = Report::default();
    let known = Checkpoints { size: Some(GIB), slowest: None };
    report.add_directory(&directory, &known, 0);
    let severity = |one: &ckwrap::doctor::Finding| format!("{:?}", one.severity).to_lowercase();
    let found: Vec<String> =
        report.findings.iter().map(|finding| format!("{} {}", finding.code, severity(finding))).collect();
    assert_eq!(found, expected);
    assert_eq!(report.not_judged.is_empty(), directory.free.known().is_some(), "{:?}", report.not_judged);
}

#[test]
fn copies_need_room_too() {
    let directory = Directory { free: Asked::Known(3 * GIB), ..sound() };
    let known = Checkpoints { size: Some(GIB), slowest: None };
    for (copies, found) in [(1, 0), (2, 1)] {
        let mut report = Report::default();
        report.add_directory(&directory, &known, copies);
        assert_eq!(report.findings.len(), found);
    }
}

#[test]
fn looking_leaves_nothing_behind() {
    let slurm = slurm(SITE);
    fs::write(slurm.file("job.sh"), GOOD).unwrap();
    doctor(&slurm, "job.sh");
    let names: Vec<_> =
        fs::read_dir(&slurm.run_dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["job.sh"]);
}

#[test]
fn journals_that_others_may_change_are_told() {
    let slurm = slurm(SITE);
    fs::create_dir(slurm.file(".ckwrap")).unwrap();
    fs::set_permissions(slurm.file(".ckwrap"), fs::Permissions::from_mode(0o777)).unwrap();
    let (_, said, _) = doctor(&slurm, "");
    assert!(said.contains("error CK406") && said.contains("chmod -R go-w"), "{said}");
}

#[rstest]
#[case::missing("exec ckwrap -- ./no-such-program\n", "", "warning CK301")]
#[case::not_on_path("exec ckwrap -- lmp -in x\n", "", "warning CK301")]
#[case::steps("exec ckwrap -- gmx mdrun -deffnm md -nsteps 5000\n", "", "warning CK304")]
#[case::removed("rm -f *.cpt\nexec ckwrap -- gmx mdrun -deffnm md\n", "", "error CK305")]
#[case::overwritten("cp start.cpt ./md.cpt\nexec ckwrap -- gmx mdrun -deffnm md\n", "", "error CK305")]
#[case::moved("mv md.cpt md-old.cpt\nexec ckwrap -- gmx mdrun -deffnm md\n", "", "error CK305")]
#[case::fixed_start("exec ckwrap -- gmx mdrun -deffnm md -cpi start.cpt\n", "", "error CK307")]
#[case::fixed_by_equals("exec ckwrap -p amrex -- gmx inputs amr.restart=chk00100\n", "", "error CK307")]
#[case::no_option("exec ckwrap --leed 5m -- gmx mdrun\n", "", "error CK016")]
#[case::no_value("exec ckwrap --lead soon -- gmx mdrun\n", "", "error CK306")]
#[case::no_key("exec ckwrap -- gmx mdrun\n", "checkpoint:\n  leed: 5m\n", "ckwrap.yaml:2:3: error CK306")]
#[case::lead("exec ckwrap -- gmx mdrun\n", "checkpoint: {lead: 11h}\n", "warning CK107")]
#[case::experimental("exec ckwrap -p openmm -- gmx\n", "", "advice CK302")]
#[case::no_checkpoints("exec ckwrap -p pytorch -- gmx\n", "", "advice CK303")]
fn programs_and_settings(#[case] line: &str, #[case] config: &str, #[case] expected: &str) {
    let slurm = slurm(SITE);
    let text = GOOD.replace("exec ckwrap -- gmx mdrun -deffnm md\n", line);
    fs::write(slurm.file("job.sh"), text).unwrap();
    let slurm = if config.is_empty() { slurm } else { slurm.config(config) };
    let (_, said, errors) = doctor(&slurm, "job.sh");
    assert!(said.contains(expected), "{said}{errors}");
}

#[rstest]
#[case("gmx mdrun -deffnm md -cpi md.cpt")]
#[case("gmx mdrun -deffnm md -cpi md")]
#[case("gmx mdrun -deffnm md -cpi -v")]
#[case("gmx mdrun -deffnm md -cpi \"$START\"")]
#[case("gmx mdrun -deffnm md -nsteps -1")]
#[case("gmx mdrun -deffnm nvt -cpi nvt.cpt")]
#[case("gmx mdrun -deffnm md")]
fn command_lines_that_are_right(#[case] command: &str) {
    let slurm = slurm(SITE);
    let text = GOOD
        .replace("gmx mdrun -deffnm md", command)
        .replace("exec", "rm -f STOP\ncp -n start.cpt md.cpt\nexec");
    fs::write(slurm.file("job.sh"), text).unwrap();
    let (_, said, errors) = doctor(&slurm, "job.sh");
    assert!(!said.contains("job.sh:"), "{said}{errors}");
}

#[rstest]
#[case("exec ckwrap -- x", Some(RunsIn::Submission))]
#[case("cd \"$SLURM_SUBMIT_DIR\" || exit 1\nexec ckwrap -- x", Some(RunsIn::Submission))]
#[case("cd run1\n(cd /tmp; make)\ncd ../run2\nexec ckwrap -- x", Some(RunsIn::Path("run1/../run2".into())))]
#[case("cd /scratch/run\nexec ckwrap -- x", Some(RunsIn::Path("/scratch/run".into())))]
#[case("RUN=/scratch/run\ncd $RUN\nexec ckwrap -- x", Some(RunsIn::Path("/scratch/run".into())))]
#[case("#SBATCH -D /scratch/run\nexec ckwrap -- x", Some(RunsIn::Path("/scratch/run".into())))]
#[case("cd run$i\nexec ckwrap -- x", Some(RunsIn::Unknown(2)))]
#[case("if a; then cd b; fi\nexec ckwrap -- x", Some(RunsIn::Unknown(2)))]
#[case("pushd a\nexec ckwrap -- x", Some(RunsIn::Unknown(2)))]
#[case("./x", None)]
fn where_it_runs(#[case] text: &str, #[case] expected: Option<RunsIn>) {
    assert_eq!(beginning(&format!("#!/bin/bash\n{text}\n")).map(|beginning| beginning.runs_in), expected);
}

#[rstest]
#[case::by_module("module load lammps\nexec ckwrap -- lmp -in x\n", "module in line 6")]
#[case::by_path("export PATH=/opt/lammps/bin:$PATH\nexec ckwrap -- lmp -in x\n", "PATH in line 6")]
#[case::made_first("make -s\nexec ckwrap -- ./sim\n", "the script may make it first")]
#[case::in_a_container("exec ckwrap -- apptainer exec image.sif ./sim\n", "./sim is in a container")]
#[case::variable("exec ckwrap -- \"$PROGRAM\"\n", "only the shell knows its name")]
#[case::words("exec ckwrap -p qe -- gmx $OPTIONS\n", "only the shell knows all words of the command line")]
#[case::elsewhere("cd \"$RUN\"\nexec ckwrap -- ./sim\n", "only the shell knows where line 6 leads")]
fn what_cannot_be_told_of_a_program_is_said(#[case] line: &str, #[case] expected: &str) {
    let slurm = slurm(SITE);
    fs::write(slurm.file("job.sh"), GOOD.replace("exec ckwrap -- gmx mdrun -deffnm md\n", line)).unwrap();
    let (_, said, _) = doctor(&slurm, "job.sh");
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(expected) && !said.contains("CK301"), "{said}");
}

#[test]
fn journals_and_quota_are_read() {
    let slurm = slurm(SITE).program("quota", "#!/bin/sh\necho 'Disk quotas for user me (uid 1000): none'\n");
    let chain = slurm.file(".ckwrap/slurm-4711");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&chain).unwrap();
    let journal = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal-v1.jsonl");
    fs::write(chain.join("journal.jsonl"), fs::read(journal).unwrap()).unwrap();
    fs::set_permissions(chain.join("journal.jsonl"), fs::Permissions::from_mode(0o600)).unwrap();
    let (_, said, _) = doctor(&slurm, "");
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("no quota, last checkpoint ") && !flat.contains("CK406"), "{said}");
}
