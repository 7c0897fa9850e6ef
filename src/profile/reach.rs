//! Who is sent a trigger's signal, so that every process that is meant gets it exactly once and nobody dies of it. Pure.
//!
//! Measured with Slurm 22.05.8, Open MPI 4.1.4 and torchrun of PyTorch 1.13: `srun` ends its step at once on TERM and HUP and
//! after a second INT; `mpirun` ends its ranks within two seconds of TERM, INT or HUP; both hand USR1 and USR2 on to
//! every rank, once. `torchrun` dies of USR1 and USR2 itself, and of TERM after its workers.

use crate::model::{Signal, Target};

/// A program that starts the ranks of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// Slurm's: the ranks are a job step.
    Srun,
    /// An MPI implementation's. Inside a Slurm job the ranks on other nodes belong to a step of its daemons.
    Mpirun,
    /// PyTorch's, on one node.
    Torchrun,
}

impl Starter {
    /// Its name for a reader.
    pub fn name(self) -> &'static str {
        match self {
            Self::Srun => "srun",
            Self::Mpirun => "mpirun",
            Self::Torchrun => "torchrun",
        }
    }

    /// Whether it hands this signal on to every rank, once, and lives on.
    pub fn forwards(self, signal: Signal) -> bool {
        matches!(self, Self::Srun | Self::Mpirun) && (signal == Signal::USR1 || signal == Signal::USR2)
    }

    /// What becomes of a program whose launcher is sent a signal that it does not hand on.
    pub fn harm(self) -> &'static str {
        match self {
            Self::Srun => "it would kill its ranks at once",
            Self::Mpirun => "it would kill its ranks within two seconds",
            Self::Torchrun => "it would end with its workers, or without them",
        }
    }

    /// Where such a signal should go instead.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Srun | Self::Mpirun => {
                "write `to: rank` (one rank of the program) or `to: ranks`, or use USR1 or USR2, which are handed on"
            }
            Self::Torchrun => "write `to: ranks`, or `to: rank`",
        }
    }
}

/// Where the program runs, as far as it matters for signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scene {
    /// The first program on the command line that starts ranks.
    pub starter: Option<Starter>,
    /// Another one behind it.
    pub inner: Option<Starter>,
    /// Whether this is a Slurm job.
    pub slurm: bool,
    /// Nodes of the allocation.
    pub nodes: u32,
    /// Tasks of the step that ckwrap itself is a task of; 0 where it is in none.
    pub tasks: u32,
}

/// A way to reach those who are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The process that ckwrap started.
    Leader,
    /// Its process group.
    Group,
    /// The first rank on this node.
    Rank,
    /// Every rank on this node, which are all there are.
    Ranks,
    /// The launcher, which hands it on; the ranks on this node show whether they listen.
    Launcher,
    /// The job step of the ranks, by Slurm.
    Step,
    /// None that would do no harm.
    Unusable(&'static str),
}

/// How `signal` is brought to the target `to`.
pub fn reach(signal: Signal, to: Target, scene: &Scene) -> Reach {
    match to {
        Target::Leader | Target::Launcher | Target::Group => match (scene.starter, to) {
            (Some(starter), _) if starter.forwards(signal) => Reach::Launcher,
            (Some(starter), _) => Reach::Unusable(starter.harm()),
            (None, Target::Group) => Reach::Group,
            (None, _) => Reach::Leader,
        },
        Target::Rank => Reach::Rank,
        Target::Ranks => ranks(signal, scene),
        Target::Step => step(scene),
    }
}

/// Whom a program is asked through that is known only to listen to some signal.
pub fn usual_target(scene: &Scene) -> Target {
    if scene.starter.is_some() || scene.tasks > 1 { Target::Ranks } else { Target::Leader }
}

/// Who is meant by the leader. What was put in front of the program (`timeout`, `strace`, another ckwrap) may have stayed as
/// its parent, and neither listens itself nor tells whether the program does: then it is the program, where that is found.
pub fn meant_by_leader(leader: i32, is_wrapped: bool, ranks: impl FnOnce() -> Vec<i32>) -> i32 {
    let behind = if is_wrapped { ranks() } else { Vec::new() };
    behind.first().copied().unwrap_or(leader)
}

fn ranks(signal: Signal, scene: &Scene) -> Reach {
    if !scene.slurm || (scene.nodes <= 1 && scene.tasks <= 1) {
        return Reach::Ranks;
    }
    match scene.starter {
        // The other tasks have a ckwrap of their own, which the step's signal passes through.
        _ if scene.tasks > 1 => step(scene),
        Some(Starter::Srun) => step(scene),
        Some(starter @ Starter::Mpirun) if starter.forwards(signal) => Reach::Launcher,
        Some(Starter::Mpirun) => Reach::Unusable(
            "mpirun hands only USR1 and USR2 on to the ranks of other nodes, and anything else kills them; `to: rank` \
             reaches one on this node",
        ),
        Some(Starter::Torchrun) | None => Reach::Ranks,
    }
}

fn step(scene: &Scene) -> Reach {
    let daemons = "the ranks of mpirun belong to a step of its daemons, which would be signalled too";
    let torchrun = "torchrun, which belongs to the step too, would not survive it";
    if !scene.slurm {
        return Reach::Unusable("there is no Slurm job, and so no job step");
    }
    match (scene.starter, scene.inner) {
        (Some(Starter::Mpirun), _) | (_, Some(Starter::Mpirun)) => Reach::Unusable(daemons),
        (Some(Starter::Torchrun), _) | (_, Some(Starter::Torchrun)) => Reach::Unusable(torchrun),
        (Some(Starter::Srun) | None, Some(Starter::Srun) | None) => Reach::Step,
    }
}

#[cfg(test)]
mod tests {

    use rstest::rstest;

    use super::*;

    const SRUN: Option<Starter> = Some(Starter::Srun);
    const MPI: Option<Starter> = Some(Starter::Mpirun);
    const TORCH: Option<Starter> = Some(Starter::Torchrun);
    const NO: Reach = Reach::Unusable("");

    /// One node; several nodes.
    #[rstest]
    #[case::leader(None, Signal::TERM, Target::Leader, Reach::Leader, Reach::Leader)]
    #[case::group(None, Signal::TERM, Target::Group, Reach::Group, Reach::Group)]
    #[case::launcher_is_the_leader(None, Signal::USR1, Target::Launcher, Reach::Leader, Reach::Leader)]
    #[case::plain_ranks(None, Signal::USR1, Target::Ranks, Reach::Ranks, Reach::Ranks)]
    #[case::script_step(None, Signal::USR1, Target::Step, Reach::Step, Reach::Step)]
    #[case::srun_leader(SRUN, Signal::USR1, Target::Leader, Reach::Launcher, Reach::Launcher)]
    #[case::srun_group(SRUN, Signal::USR2, Target::Group, Reach::Launcher, Reach::Launcher)]
    #[case::srun_term(SRUN, Signal::TERM, Target::Leader, NO, NO)]
    #[case::srun_hup(SRUN, Signal::HUP, Target::Launcher, NO, NO)]
    #[case::srun_int(SRUN, Signal::INT, Target::Group, NO, NO)]
    #[case::srun_rank(SRUN, Signal::TERM, Target::Rank, Reach::Rank, Reach::Rank)]
    #[case::srun_ranks(SRUN, Signal::TERM, Target::Ranks, Reach::Ranks, Reach::Step)]
    #[case::srun_step(SRUN, Signal::TERM, Target::Step, Reach::Step, Reach::Step)]
    #[case::mpirun_leader(MPI, Signal::USR1, Target::Leader, Reach::Launcher, Reach::Launcher)]
    #[case::mpirun_term(MPI, Signal::TERM, Target::Launcher, NO, NO)]
    #[case::mpirun_rank(MPI, Signal::TERM, Target::Rank, Reach::Rank, Reach::Rank)]
    #[case::mpirun_ranks(MPI, Signal::TERM, Target::Ranks, Reach::Ranks, NO)]
    #[case::mpirun_ranks_usr(MPI, Signal::USR2, Target::Ranks, Reach::Ranks, Reach::Launcher)]
    #[case::mpirun_step(MPI, Signal::USR1, Target::Step, NO, NO)]
    #[case::torchrun_leader(TORCH, Signal::USR1, Target::Leader, NO, NO)]
    #[case::torchrun_term(TORCH, Signal::TERM, Target::Launcher, NO, NO)]
    #[case::torchrun_ranks(TORCH, Signal::USR1, Target::Ranks, Reach::Ranks, Reach::Ranks)]
    #[case::torchrun_step(TORCH, Signal::USR1, Target::Step, NO, NO)]
    fn in_a_slurm_job(
        #[case] starter: Option<Starter>,
        #[case] signal: Signal,
        #[case] to: Target,
        #[case] one: Reach,
        #[case] several: Reach,
    ) {
        let way = |nodes| match reach(signal, to, &Scene { starter, slurm: true, nodes, ..Scene::default() })
        {
            Reach::Unusable(_) => NO,
            way => way,
        };
        assert_eq!((way(1), way(2)), (one, several));
    }

    #[rstest]
    #[case::no_step(Target::Step, SRUN, NO)]
    #[case::ranks(Target::Ranks, MPI, Reach::Ranks)]
    fn outside_of_slurm(#[case] to: Target, #[case] starter: Option<Starter>, #[case] expected: Reach) {
        let scene = Scene { starter, nodes: 1, ..Scene::default() };
        let way = match reach(Signal::TERM, to, &scene) {
            Reach::Unusable(_) => NO,
            way => way,
        };
        assert_eq!(way, expected);
    }

    #[rstest]
    #[case::own_child(Target::Leader, None, 4, Reach::Leader)]
    #[case::one_rank(Target::Rank, None, 4, Reach::Rank)]
    #[case::all_tasks(Target::Ranks, None, 4, Reach::Step)]
    #[case::alone(Target::Ranks, None, 1, Reach::Ranks)]
    #[case::torchrun_in_each(Target::Ranks, TORCH, 4, NO)]
    fn inside_a_step(
        #[case] to: Target,
        #[case] starter: Option<Starter>,
        #[case] tasks: u32,
        #[case] expected: Reach,
    ) {
        let scene = Scene { starter, slurm: true, nodes: 1, tasks, ..Scene::default() };
        let way = match reach(Signal::USR1, to, &scene) {
            Reach::Unusable(_) => NO,
            way => way,
        };
        assert_eq!(way, expected);
    }

    #[test]
    fn torchrun_in_the_tasks_of_a_step() {
        let scene = Scene { starter: SRUN, inner: TORCH, slurm: true, nodes: 2, tasks: 0 };
        assert!(matches!(reach(Signal::USR1, Target::Ranks, &scene), Reach::Unusable(_)));
        assert_eq!(reach(Signal::USR1, Target::Rank, &scene), Reach::Rank);
    }

    #[test]
    fn the_leader_is_the_program_behind_what_was_put_in_front_of_it() {
        assert_eq!(meant_by_leader(7, false, || vec![9]), 7);
        assert_eq!(meant_by_leader(7, true, || vec![9, 10]), 9);
        assert_eq!(meant_by_leader(7, true, Vec::new), 7);
    }
}
