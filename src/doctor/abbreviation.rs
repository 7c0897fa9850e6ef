//! Abbreviated options of sbatch, such as `--open=append`. It takes any beginning that only one option has (`getopt_long(3)`).

/// The long options of sbatch(1), 22.05 to 25.05.
const NAMES: [&str; 104] = [
    "account",
    "acctg-freq",
    "array",
    "batch",
    "bb",
    "bbf",
    "begin",
    "chdir",
    "cluster-constraint",
    "clusters",
    "comment",
    "constraint",
    "container",
    "container-id",
    "contiguous",
    "core-spec",
    "cores-per-socket",
    "cpu-freq",
    "cpus-per-gpu",
    "cpus-per-task",
    "deadline",
    "delay-boot",
    "dependency",
    "distribution",
    "error",
    "exclude",
    "exclusive",
    "export",
    "export-file",
    "extra",
    "extra-node-info",
    "get-user-env",
    "gid",
    "gpu-bind",
    "gpu-freq",
    "gpus",
    "gpus-per-node",
    "gpus-per-socket",
    "gpus-per-task",
    "gres",
    "gres-flags",
    "help",
    "hint",
    "hold",
    "ignore-pbs",
    "input",
    "job-name",
    "kill-on-invalid-dep",
    "licenses",
    "mail-type",
    "mail-user",
    "mcs-label",
    "mem",
    "mem-bind",
    "mem-per-cpu",
    "mem-per-gpu",
    "mincpus",
    "network",
    "nice",
    "no-kill",
    "no-requeue",
    "nodefile",
    "nodelist",
    "nodes",
    "ntasks",
    "ntasks-per-core",
    "ntasks-per-gpu",
    "ntasks-per-node",
    "ntasks-per-socket",
    "open-mode",
    "output",
    "overcommit",
    "oversubscribe",
    "oom-kill-step",
    "parsable",
    "partition",
    "power",
    "prefer",
    "priority",
    "profile",
    "propagate",
    "qos",
    "quiet",
    "reboot",
    "requeue",
    "reservation",
    "resv-ports",
    "segment",
    "signal",
    "sockets-per-node",
    "spread-job",
    "switches",
    "test-only",
    "thread-spec",
    "threads-per-core",
    "time",
    "time-min",
    "tmp",
    "tres-bind",
    "tres-per-task",
    "uid",
    "use-min-nodes",
    "verbose",
    "wait",
];

/// The option that is meant, where only one can be.
pub(super) fn whole(name: &str) -> Option<&'static str> {
    if let Some(known) = NAMES.iter().find(|known| **known == name) {
        return Some(known);
    }
    let mut meant = NAMES.iter().filter(|known| known.starts_with(name));
    match (meant.next(), meant.next()) {
        (Some(one), None) if !name.is_empty() => Some(one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("open", Some("open-mode"))]
    #[case("requ", Some("requeue"))]
    #[case("time", Some("time"))]
    #[case("tim", None)]
    #[case("no", None)]
    #[case("", None)]
    #[case("hetjob", None)]
    fn names(#[case] name: &str, #[case] meant: Option<&str>) {
        assert_eq!(whole(name), meant);
    }
}
