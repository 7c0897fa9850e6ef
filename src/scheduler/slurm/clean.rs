//! Environments for Slurm's commands: what a job inherits must not steer them.
//!
//! A submitted job that sees its predecessor's `SLURM_RESTART_COUNT` or `SLURM_CPU_BIND` believes it; so does
//! `sbatch` itself of `SBATCH_*`. `--export=NONE` does not stop `SLURM_*` (sbatch(1)).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::sys::absolute_only;

type Variable = (OsString, OsString);

/// Set by Slurm, its commands and the process managers of MPI for one job or one rank.
const JOB_PREFIXES: [&str; 14] = [
    "SLURM_",
    "SLURMD_",
    "SLURMSTEPD_",
    "SBATCH_",
    "SRUN_",
    "SALLOC_",
    "SQUEUE_",
    "SCONTROL_",
    "SCANCEL_",
    "PMI",
    "OMPI_",
    "PRTE_",
    "HYDRA",
    "HYDI_",
];

/// The way to the controller and the user's key to it: not facts about one job.
const WAY_TO_CONTROLLER: [&str; 2] = ["SLURM_CONF", "SLURM_JWT"];

/// Change what the commands print, which jobs they show, or which cluster they ask.
const OUTPUT_PREFIXES: [&str; 7] = ["SQUEUE_", "SCONTROL_", "SCANCEL_", "SACCT_", "SBATCH_", "SINFO_", "LC_"];
const OUTPUT_NAMES: [&str; 6] =
    ["LANG", "LANGUAGE", "SLURM_TIME_FORMAT", "SLURM_BITSTR_LEN", "SLURM_CLUSTERS", "SLURM_DEBUG_FLAGS"];

/// Make the loader put something else into a command: what a user loads into the program is not meant for Slurm's.
const LOADER: [&str; 2] = ["LD_PRELOAD", "LD_AUDIT"];

/// The environment to submit with: this job's own without all that belongs to this job alone.
///
/// `CKWRAP_*` goes too, as a program may submit jobs of its own; `set` is put in its place, such as the
/// successor's `CKWRAP_CHAIN` and `CKWRAP_TOKEN`, and options of the user's that must live on.
pub fn clean(
    environment: impl IntoIterator<Item = Variable>,
    set: impl IntoIterator<Item = Variable>,
) -> Vec<Variable> {
    let environment: Vec<Variable> = environment.into_iter().collect();
    let set: Vec<Variable> = set.into_iter().collect();
    // Outside of mpirun, `OMPI_MCA_*` are the user's settings; inside, most come from mpirun.
    let under_mpirun = environment.iter().any(|(name, _)| name == "OMPI_COMM_WORLD_RANK");
    let mut clean: Vec<Variable> = environment
        .into_iter()
        .filter(|(name, _)| !set.iter().any(|(other, _)| other == name))
        .filter(|(name, _)| !belongs_to_job(name, under_mpirun))
        .collect();
    clean.extend(set);
    clean
}

fn belongs_to_job(name: &OsStr, under_mpirun: bool) -> bool {
    if WAY_TO_CONTROLLER.iter().any(|kept| name == *kept) {
        return false;
    }
    if has_prefix(name, "OMPI_MCA_") && !under_mpirun {
        return false;
    }
    // A socket of this node, whose owner has never heard of another job.
    name == "NOTIFY_SOCKET"
        || has_prefix(name, "CKWRAP_")
        || JOB_PREFIXES.iter().any(|prefix| has_prefix(name, prefix))
}

/// The environment to ask with: answers in English, times in seconds since the epoch, nothing hidden, and no library from
/// the run directory.
///
/// `SLURM_TIME_FORMAT=%s` works from 20.11 to 26.05; without it times are local and ambiguous.
pub fn for_query(environment: impl IntoIterator<Item = Variable>) -> Vec<Variable> {
    let changes_output = |name: &OsStr| {
        OUTPUT_NAMES.iter().any(|other| name == *other)
            || OUTPUT_PREFIXES.iter().any(|prefix| has_prefix(name, prefix))
    };
    let loads = |name: &OsStr| LOADER.iter().any(|other| name == *other);
    let kept = environment.into_iter().filter(|(name, _)| !changes_output(name) && !loads(name));
    let mut asking: Vec<Variable> = kept
        .map(|(name, value)| {
            let is_list = name == "PATH" || name == "LD_LIBRARY_PATH";
            let value = if is_list { absolute_only(&value) } else { value };
            (name, value)
        })
        .collect();
    asking.push(("LC_ALL".into(), "C".into()));
    asking.push(("SLURM_TIME_FORMAT".into(), "%s".into()));
    asking
}

fn has_prefix(name: &OsStr, prefix: &str) -> bool {
    name.as_bytes().starts_with(prefix.as_bytes())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<Variable> {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[rstest]
    #[case("SLURM_RESTART_COUNT", false)]
    #[case("SLURM_CPU_BIND", false)]
    #[case("SLURMD_NODENAME", false)]
    #[case("SBATCH_OPEN_MODE", false)]
    #[case("SRUN_DEBUG", false)]
    #[case("PMIX_RANK", false)]
    #[case("PMI_RANK", false)]
    #[case("OMPI_COMM_WORLD_SIZE", false)]
    #[case("HYDRA_PROXY", false)]
    #[case("CKWRAP_SEGMENT", false)]
    #[case("NOTIFY_SOCKET", false)]
    #[case("SLURM_CONF", true)]
    #[case("SLURM_JWT", true)]
    #[case("OMPI_MCA_btl", true)]
    #[case("PATH", true)]
    #[case("SLURMY", true)]
    fn what_a_successor_inherits(#[case] name: &str, #[case] kept: bool) {
        assert_eq!(clean(variables(&[(name, "1")]), []).len(), usize::from(kept));
    }

    #[test]
    fn markers_replace_inherited_ones() {
        let inherited = variables(&[("CKWRAP_TOKEN", "old"), ("HOME", "/h")]);
        let set = variables(&[("CKWRAP_TOKEN", "new")]);
        assert_eq!(clean(inherited, set), variables(&[("HOME", "/h"), ("CKWRAP_TOKEN", "new")]));
    }

    #[test]
    fn mpirun_settings_go_where_mpirun_made_them() {
        let inside = variables(&[("OMPI_MCA_ess_base_vpid", "0"), ("OMPI_COMM_WORLD_RANK", "0")]);
        assert_eq!(clean(inside, []), []);
    }

    #[test]
    fn questions_are_asked_in_one_format() {
        let own = variables(&[
            ("LANG", "de_DE"),
            ("LC_TIME", "de_DE"),
            ("SLURM_TIME_FORMAT", "relative"),
            ("SQUEUE_FORMAT", "%i"),
            ("SCONTROL_ALL", "1"),
            ("SLURM_CONF", "/c"),
        ]);
        let asking = variables(&[("SLURM_CONF", "/c"), ("LC_ALL", "C"), ("SLURM_TIME_FORMAT", "%s")]);
        assert_eq!(for_query(own), asking);
    }
}
