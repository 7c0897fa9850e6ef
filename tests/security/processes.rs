//! Ranks are looked for among all processes of a node: only those of the same user, job and chain are signalled.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use ckwrap::supervisor::processes::find_ranks;
use rstest::rstest;

use super::{STRANGER, Scene, USER, allow};
use crate::support::{copy_executable, wait_for};

/// Ends with the test.
struct Process(Child);

impl Process {
    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program that looks like a rank, and who is looked for.
fn program(scene: &Scene, name: &str) -> PathBuf {
    let path = scene.run.join(name);
    copy_executable(Path::new("/bin/sleep"), &path);
    allow(&path, 0o755);
    path
}

fn start(program: &PathBuf, uid: u32, job: &str, chain: &str) -> Process {
    let mut command = Command::new(program);
    command.arg("1000").uid(uid).gid(uid).env_clear();
    command.envs([("SLURM_JOB_ID", job), ("CKWRAP_CHAIN", chain)]);
    let process = Process(command.spawn().unwrap());
    let exe = format!("/proc/{}/exe", process.pid());
    wait_for("it is executed", || fs::read_link(&exe).is_ok_and(|at| at == *program).then_some(()));
    process
}

#[rstest]
#[case::its_own(USER, "77", "mine", true)]
#[case::strangers(STRANGER, "77", "mine", false)]
#[case::roots(0, "77", "mine", false)]
#[case::of_another_job(USER, "770", "mine", false)]
#[case::of_another_chain(USER, "77", "other", false)]
fn only_ones_own_of_this_job_and_chain_are_ranks(
    #[case] uid: u32,
    #[case] job: &str,
    #[case] chain: &str,
    #[case] found: bool,
) {
    let scene = Scene::new();
    let sim = program(&scene, &format!("cksec-{uid}-{job}-{chain}"));
    let launcher = start(&program(&scene, "cklauncher"), USER, "77", "mine");
    let candidate = start(&sim, uid, job, chain);
    let name = sim.file_name().unwrap().to_str().unwrap();
    let ranks = find_ranks(launcher.pid(), name, USER, Some("77"));
    assert_eq!(ranks, if found { vec![candidate.pid()] } else { Vec::new() });
}

/// The environment and the name of a process are what its user wants them to be.
#[rstest]
#[case("SLURM_JOB_ID", "7\n7")]
#[case("X", "1\nSLURM_JOB_ID=77")]
fn an_environment_cannot_pass_for_another(#[case] name: &str, #[case] value: &str) {
    let scene = Scene::new();
    let sim = program(&scene, "cksec-odd");
    let launcher = start(&program(&scene, "cklauncher"), USER, "77", "mine");
    let mut command = Command::new(&sim);
    command.arg("1000").uid(USER).gid(USER).env_clear().env(name, value).env("CKWRAP_CHAIN", "mine");
    let process = Process(command.spawn().unwrap());
    let exe = format!("/proc/{}/exe", process.pid());
    wait_for("it is executed", || fs::read_link(&exe).is_ok_and(|at| at == sim).then_some(()));
    assert_eq!(find_ranks(launcher.pid(), "cksec-odd", USER, Some("77")), Vec::<i32>::new());
}
