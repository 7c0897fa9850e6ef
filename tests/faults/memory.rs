//! Out of memory: the kernel kills the program, and the user is told why.

use std::fs;
use std::path::{Path, PathBuf};

use super::scene::{folder, script, start};
use crate::support::{End, wait_for};

/// A control group that may use 128 MiB. Removed when it is dropped.
struct Group(PathBuf);

impl Group {
    /// `None`: not permitted, or there are no control groups for memory here.
    fn new() -> Option<Self> {
        const LIMIT: &str = "134217728";
        let name = format!("ckwrap-test-{}", std::process::id());
        let one = Path::new("/sys/fs/cgroup/memory").join(&name);
        if fs::create_dir(&one).is_ok() {
            fs::write(one.join("memory.limit_in_bytes"), LIMIT).ok()?;
            // Where swap is not counted there is no such file.
            let _ = fs::write(one.join("memory.memsw.limit_in_bytes"), LIMIT);
            return Some(Self(one));
        }
        let two = Path::new("/sys/fs/cgroup").join(&name);
        fs::create_dir(&two).ok()?;
        let group = Self(two);
        fs::write(group.0.join("memory.max"), LIMIT).ok()?;
        let _ = fs::write(group.0.join("memory.swap.max"), "0");
        Some(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        wait_for("the group is empty", || fs::remove_dir(&self.0).is_ok().then_some(()));
    }
}

/// Doubles a text until there is no more memory.
const GREEDY: &str = "text=0123456789abcdef; while :; do text=$text$text; done";

#[test]
fn a_program_that_is_killed_for_lack_of_memory_is_told_as_that() {
    let Some(group) = Group::new() else {
        println!("only root can make a control group, and only where memory is counted");
        return;
    };
    let folder = folder("checkpoint: {glob: [state]}\n");
    let enter = format!("echo $$ > {}/cgroup.procs", group.0.display());
    let mut run = start(folder.path(), "--time-limit 1h", script(GREEDY)).after(&enter).go();
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end.shell_code(), 128 + 9, "{said}");
    assert!(said.contains("for lack of memory") && said.contains("--mem"), "{said}");
    assert_eq!(said.matches("the program failed").count(), 1, "{said}");
    assert_eq!(run.survivors(), Vec::<i32>::new());
    // Another kill is not told as that.
    let folder = self::folder("");
    let mut run = start(folder.path(), "--time-limit 1h", script("kill -9 $$")).after(&enter).go();
    assert_eq!(run.end(), End::Signal(9));
    assert!(!run.all_errors().contains("lack of memory"));
}
