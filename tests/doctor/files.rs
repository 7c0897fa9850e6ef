//! What `--fix` does to files: nothing of the user's is lost.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::command::{GOOD, SITE, doctor, slurm};
use crate::support::End;

#[test]
fn a_copy_is_mended_and_mended_again_it_stays() {
    let slurm = slurm(SITE);
    let before = GOOD.replace("exec ckwrap", "ckwrap");
    fs::write(slurm.file("job.sh"), &before).unwrap();
    for _ in 0..2 {
        let (end, said, _) = doctor(&slurm, "--offline --fix job.sh");
        assert_eq!(end, End::Code(0), "{said}");
        assert!(said.contains("Mended in job.sh.fixed: CK002"), "{said}");
        assert!(said.ends_with("Nothing found.\nNext: sbatch job.sh.fixed\n"), "{said}");
        assert_eq!(fs::read_to_string(slurm.file("job.sh.fixed")).unwrap(), GOOD);
        assert_eq!(fs::read_to_string(slurm.file("job.sh")).unwrap(), before);
    }
    fs::write(slurm.file("job.sh.fixed"), "precious").unwrap();
    let (end, _, errors) = doctor(&slurm, "--offline --fix job.sh");
    assert_eq!(end, End::Code(125));
    assert!(
        errors.contains("job.sh.fixed is there already") && errors.contains("rm job.sh.fixed"),
        "{errors}"
    );
    assert_eq!(fs::read_to_string(slurm.file("job.sh.fixed")).unwrap(), "precious");
}

#[test]
fn in_place_keeps_what_was_there_each_time() {
    let slurm = slurm(SITE);
    let job = slurm.file("job.sh");
    symlink("job.sh", slurm.file("link.sh")).unwrap();
    for (backup, before) in
        [("link.sh.bak", GOOD.replace("exec ", "")), ("link.sh.bak.1", GOOD.replace("ckwrap --", "ckwrap"))]
    {
        fs::write(&job, &before).unwrap();
        fs::set_permissions(&job, fs::Permissions::from_mode(0o750)).unwrap();
        let (end, said, errors) = doctor(&slurm, "--offline --fix --in-place link.sh");
        assert_eq!(end, End::Code(0), "{said}{errors}");
        assert_eq!(fs::read_to_string(slurm.file(backup)).unwrap(), before);
        let meta = fs::symlink_metadata(&job).unwrap();
        assert!(meta.is_file() && meta.permissions().mode() & 0o777 == 0o750);
        assert!(fs::symlink_metadata(slurm.file("link.sh")).unwrap().is_symlink());
    }
    assert_eq!(fs::read_to_string(&job).unwrap().matches("exec ckwrap -- ").count(), 1);
    let left: Vec<_> =
        fs::read_dir(&slurm.run_dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "no temporary file stays: {left:?}");
}

#[test]
fn a_script_without_faults_is_not_written() {
    let slurm = slurm(SITE);
    fs::write(slurm.file("job.sh"), GOOD).unwrap();
    let (end, said, _) = doctor(&slurm, "--offline --fix job.sh");
    assert_eq!(end, End::Code(0));
    assert!(said.contains("Nothing was changed"), "{said}");
    assert!(!slurm.file("job.sh.fixed").exists());
}

#[test]
fn letters_of_another_encoding_stay_as_they_are() {
    let slurm = slurm(SITE);
    let mut before = GOOD.replace("exec ", "").into_bytes();
    before.extend(b"# f\xfcr die L\xf6sung\n");
    fs::write(slurm.file("job.sh"), &before).unwrap();
    let (end, said, _) = doctor(&slurm, "--offline --fix job.sh");
    assert_eq!(end, End::Code(0), "{said}");
    let after = fs::read(slurm.file("job.sh.fixed")).unwrap();
    assert!(after.ends_with(b"# f\xfcr die L\xf6sung\n") && after.len() == before.len() + 5);
}
