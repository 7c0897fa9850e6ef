//! Whether Slurm keeps this process in a cgroup, which decides who gets Slurm's signals.
//!
//! With `ProctrackType=proctrack/cgroup` only a step's task leader gets a SIGTERM; its children get nothing before
//! SIGKILL (Slurm's `proctrack_cgroup.c`: "only signal slurm tasks unless signal is SIGKILL"). With `linuxproc`
//! the whole process tree gets it (measured on Slurm 22.05.8).

use std::fs;

/// The step whose cgroup we are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchContainer {
    /// The job's number as Slurm counts it, each array task its own.
    pub job: u32,
    /// The step: `batch`, `extern`, `interactive` or a number.
    pub step: String,
}

/// The container of this process; `None`: there is none, or it cannot be told.
pub fn batch_container() -> Option<BatchContainer> {
    parse(&fs::read_to_string("/proc/self/cgroup").ok()?)
}

/// Whether, by this text of `/proc/PID/cgroup`, Slurm's signals reach not only the task leader but what it
/// started too. (From 23.11 on a site can have that in a cgroup as well, by `SignalChildrenProcesses`.)
pub fn signals_reach_children(cgroup: &str) -> bool {
    parse(cgroup).is_none()
}

fn parse(cgroup: &str) -> Option<BatchContainer> {
    cgroup.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (hierarchy, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        // Processes are tracked by the freezer in version 1; limits on memory or cores use the same names under
        // other controllers, with any tracking. Version 2 has one hierarchy, number 0.
        let tracks = controllers.split(',').any(|name| name == "freezer")
            || (hierarchy == "0" && controllers.is_empty());
        if !tracks || !path.contains("slurm") {
            return None;
        }
        let part = |prefix: &str| path.split('/').find_map(|part| part.strip_prefix(prefix));
        Some(BatchContainer { job: part("job_")?.parse().ok()?, step: part("step_")?.to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("9:freezer:/slurm/uid_1000/job_123/step_batch\n1:name=systemd:/x", Some((123, "batch")))]
    #[case("4:cpu,cpuacct:/\n3:freezer:/slurm_node7/uid_1000/job_9/step_0", Some((9, "0")))]
    #[case("0::/system.slice/slurmstepd.scope/job_4711/step_batch/user/task_0", Some((4711, "batch")))]
    #[case("0::/system.slice/n1_slurmstepd.scope/job_4711/step_3/user/task_0", Some((4711, "3")))]
    #[case("5:memory:/slurm/uid_1000/job_123/step_batch\n3:freezer:/", None)]
    #[case("0::/user.slice/user-1000.slice/session-3.scope", None)]
    #[case("0::/docker/job_1/step_2", None)]
    #[case("0::/system.slice/slurmd.service", None)]
    #[case("0::/system.slice/slurmstepd.scope/job_x/step_batch", None)]
    #[case("freezer", None)]
    #[case("", None)]
    fn containers(#[case] text: &str, #[case] expected: Option<(u32, &str)>) {
        let expected = expected.map(|(job, step)| BatchContainer { job, step: step.to_owned() });
        assert_eq!(signals_reach_children(text), expected.is_none());
        assert_eq!(parse(text), expected);
    }
}
