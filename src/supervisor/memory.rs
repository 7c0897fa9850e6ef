//! Processes that the kernel has killed for lack of memory: from outside such a death looks like any SIGKILL, and users look
//! for its reason in vain.
//!
//! The kernel counts them for each control group. Read on the worker, and never waited for.

use std::fs;
use std::path::Path;

use super::edge::Edge;

/// Where control groups are, by custom (cgroups(7)).
const ROOT: &str = "/sys/fs/cgroup";

impl Edge {
    /// Reads the count when the child has been started: kills before it are not its own.
    pub(super) fn note_kills(&mut self) {
        if self.chain.is_some() {
            self.work(|_| kills(), |edge, count| edge.killed_before = count);
        }
    }

    /// Tells of kills since then.
    pub(super) fn tell_kills(&mut self) {
        self.work(
            |_| kills(),
            |edge, count| {
                if let (Some(before), Some(now)) = (edge.killed_before.take(), count)
                    && now > before
                {
                    edge.teller.warn(
                        "the kernel has killed a process here for lack of memory (OOM): ask for more (sbatch --mem or \
                         --mem-per-cpu), or make the program use less",
                    );
                }
            },
        );
    }
}

/// Processes killed so far in the control group of this process, those below it included where the kernel counts so.
fn kills() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let files = counters(&groups);
    files.into_iter().find_map(|file| counted(&fs::read_to_string(Path::new(ROOT).join(file)).ok()?))
}

/// Files under [`ROOT`] that may hold the count, by this text of `/proc/PID/cgroup`: version 1, then version 2.
fn counters(groups: &str) -> Vec<String> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        if controllers.split(',').any(|name| name == "memory") {
            files.insert(0, format!("memory{}/memory.oom_control", path.trim_end_matches('/')));
        } else if controllers.is_empty() {
            files.push(format!(".{}/memory.events", path.trim_end_matches('/')));
        }
    }
    files
}

fn counted(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("4:memory:/slurm/job_9\n3:cpu:/\n0::/", &["memory/slurm/job_9/memory.oom_control", "./memory.events"])]
    #[case("0::/a/b:c", &["./a/b:c/memory.events"])]
    #[case("7:cpu,memory:/x", &["memory/x/memory.oom_control"])]
    #[case("nonsense", &[])]
    fn the_counter_is_that_of_the_own_group(#[case] groups: &str, #[case] files: &[&str]) {
        assert_eq!(counters(groups), files);
    }

    #[rstest]
    #[case("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", Some(3))]
    #[case("low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n", Some(1))]
    #[case("oom_kill_disable 0\n", None)]
    #[case("oom_kill many\n", None)]
    fn an_unreadable_count_is_unknown(#[case] text: &str, #[case] count: Option<u64>) {
        assert_eq!(counted(text), count);
    }
}
