//! Chains that once went wrong, each as what happened: a quiet plan with just these blows, under whatever luck is left.

use rstest::rstest;

use super::blows::{Blow, When};
use super::outcome;
use super::plan::{Luck, Plan};
use super::rng::Rng;
use super::world::World;
use crate::model::ContinuationMode as Mode;

/// Runs a quiet plan after a change with many seeds for all that is still left to luck.
fn holds(change: impl Fn(&mut Plan)) {
    for seed in 0..20 {
        let mut rng = Rng::new(seed);
        let mut plan = Plan::draw(&mut rng, Luck::Calm);
        plan.site.limit = 3_600_000;
        plan.program.work = 9_000_000;
        change(&mut plan);
        let run = |talks| {
            let mut world = World::with(rng.clone(), Luck::Events, plan.clone());
            world.talks = talks;
            (outcome(&mut world), world)
        };
        if run(false).0.is_some() {
            let (wrong, world) = run(true);
            panic!("seed {seed}: {wrong:?}\n{}", world.story());
        }
    }
}

const AT_ONCE: When = When::After(900_000);

#[rstest]
#[case::the_old_copy_lives_on_for_hours(vec![(0, AT_ONCE, Blow::NodeFails { lives: 30_000_000, cut_off: true })])]
#[case::the_old_copy_still_reaches_slurm(vec![(0, AT_ONCE, Blow::NodeFails { lives: 30_000_000, cut_off: false })])]
#[case::the_file_system_hangs_through_the_end(vec![(0, When::After(3_500_000), Blow::Hang(400_000_000))])]
#[case::power_is_lost_while_an_old_copy_is_waited_for(vec![
    (0, AT_ONCE, Blow::NodeFails { lives: 30_000_000, cut_off: true }),
    (1, When::After(10_000), Blow::PowerLoss),
])]
#[case::power_is_lost_right_after_the_act(vec![(0, When::Act(1), Blow::PowerLoss)])]
#[case::requeued_by_an_administrator_in_the_same_second(vec![(0, When::Act(0), Blow::AdminRequeue)])]
#[case::submitted_once_more_by_hand(vec![(0, AT_ONCE, Blow::Resubmit), (1, AT_ONCE, Blow::Resubmit)])]
#[case::suspended_and_resumed(vec![(0, AT_ONCE, Blow::Suspend(5_000_000))])]
#[case::the_clock_is_set_back(vec![(0, AT_ONCE, Blow::ClockStep(-3_600_000))])]
fn goes_on_or_says_why(#[case] blows: Vec<(u64, When, Blow)>) {
    for mode in [Mode::Auto, Mode::Successor, Mode::Array] {
        holds(|plan| {
            plan.settings.mode = mode;
            plan.blows.clone_from(&blows);
        });
    }
}

/// A copy of the checkpoint took all the time that a preemption without a grace time leaves.
#[test]
fn cancelled_by_a_preemption_while_a_copy_is_made() {
    holds(|plan| {
        plan.settings.keeps = true;
        plan.site.grace = None;
        plan.site.preempt_cancels = true;
        plan.blows = vec![(0, AT_ONCE, Blow::Preempt)];
    });
}

/// A task that was put back took the tasks after it, which had had their turn, for waiting ones.
#[test]
fn an_array_task_that_was_put_back_is_the_last() {
    holds(|plan| {
        plan.settings.mode = Mode::Array;
        plan.program.work = 30_000_000;
        plan.blows = vec![(1, AT_ONCE, Blow::AdminRequeue)];
    });
}

/// The controller was away just when somebody cancelled a job without an end whose program had stopped itself: it ran for ever.
#[test]
fn who_cancels_an_endless_job_while_the_controller_is_away_tries_again() {
    holds(|plan| {
        plan.program.stops_itself = true;
        plan.blows = vec![
            (0, When::After(10_000), Blow::Unlimited),
            (0, When::After(36_005_000), Blow::Outage(24_000)),
        ];
    });
}
