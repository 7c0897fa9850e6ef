//! A program that catches no signal is not killed by a trigger: it runs until the margin, and is ended then.

use std::fs;
use std::time::Duration;

use rstest::rstest;

use super::scene::Interrupted;
use crate::support::{End, Start, Wrapper};

/// Endless, with a step of a few milliseconds.
const LAMMPS: &str = "units lj\natom_style atomic\nlattice fcc 0.8\nregion box block 0 4 0 4 0 4\ncreate_box 1 box\n\
                      create_atoms 1 box\nmass 1 1.0\nvelocity all create 1.0 1\npair_style lj/cut 2.5\n\
                      pair_coeff 1 1 1.0 1.0 2.5\nfix 1 all nve\nrun 2000000000\n";
const SHELL: &str = "#!/bin/sh\nwhile :; do sleep 0.1; done\n";

#[rstest]
fn lives_until_the_margin(
    #[values("sleep 1000", "lmp -in in.endless -log none -screen none", "sh ./endless.sh")] program: &str,
    #[values("USR1", "TERM")] signal: &str,
    #[values("leader", "rank", "ranks")] to: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    fs::write(path.join("in.endless"), LAMMPS).unwrap();
    fs::write(path.join("endless.sh"), SHELL).unwrap();
    let config = format!(
        "profile: generic
trigger: [{{signal: {signal}, to: {to}}}]
"
    );
    fs::write(path.join("ckwrap.yaml"), config).unwrap();

    let options = "--engine local --time-limit 4s --lead 2s --continue none";
    let run = Start::new(&Wrapper::ckwrap(options), program.split(' '))
        .set(move |command| {
            command.current_dir(path).env("OMP_NUM_THREADS", "1");
        })
        .go();
    run.error_with("left; checkpoint");
    run.error_with("time is up");
    let mut run = run;
    let end = run.end();
    let said = run.all_errors();

    assert_eq!(end, End::Code(124), "{said}");
    let found = Interrupted::read(folder.path());
    assert_eq!(found.of_kind("triggered").count(), 0, "{said}");
    let time = |kind: &str| {
        let record = found.of_kind(kind).next().unwrap();
        humantime::parse_rfc3339(record.get("t").unwrap().as_str().unwrap()).unwrap()
    };
    let lived = time("segment_ended").duration_since(time("segment_started")).unwrap();
    assert!(lived >= Duration::from_secs(3), "{lived:?}\n{said}");
}
