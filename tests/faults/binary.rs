//! ckwrap's own file is replaced or removed while it runs, as an upgrade does.

use std::fs;
use std::path::Path;

use nix::errno::Errno::ETXTBSY;
use rstest::rstest;
use tempfile::tempdir;

use super::scene::script;
use super::slurm;
use crate::support::{End, Start, Wrapper, copy_executable};

#[rstest]
#[case::removed(true, "")]
#[case::replaced_by_a_script(false, "#!/bin/sh\nexit 99\n")]
#[case::replaced_by_nothing(false, "")]
fn a_chain_goes_on_with_the_ckwrap_that_it_was_started_with(#[case] removed: bool, #[case] other: &str) {
    let folder = tempdir().unwrap();
    let binary = folder.path().join("ckwrap");
    copy_executable(Path::new(env!("CARGO_BIN_EXE_ckwrap")), &binary);
    let slurm = slurm("");
    let command = script("echo ready; read line; echo data > state; exit 85");
    let words = [binary.clone().into_os_string(), "--".into()].into_iter().chain(command.map(Into::into));
    let mut run = slurm.place(Start::new(&Wrapper::bare(), words)).go();
    run.line_with("ready");
    if removed {
        fs::remove_dir_all(folder.path()).unwrap();
    } else {
        // As a package manager or `mv` does it. To write into it is refused while it runs (ETXTBSY).
        assert_eq!(fs::write(&binary, other).unwrap_err().raw_os_error(), Some(ETXTBSY as i32));
        fs::write(folder.path().join("new"), other).unwrap();
        fs::rename(folder.path().join("new"), &binary).unwrap();
    }
    assert_eq!(run.finish(), End::Code(0), "{}", run.all_errors());
    assert_eq!((slurm.count("requeue"), slurm.get(slurm.job, "Restarts").as_str()), (1, "1"));
    assert_eq!(run.survivors(), Vec::<i32>::new());
}
