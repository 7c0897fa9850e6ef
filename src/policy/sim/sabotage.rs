//! Whether the judge has teeth: a ckwrap that does one thing wrong must be caught, and for the right reason.

use rstest::rstest;

use super::plan::Luck;
use super::tally::Wrong;
use super::world::World;

/// What a broken ckwrap would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sabotage {
    /// Submits a successor after it has requeued the job.
    RequeuesAndSubmits,
    /// Acts before what it announces is on the disk.
    NeverSyncs,
    /// Takes a checkpoint that is being written for a whole one.
    TakesPartForWhole,
    /// Goes on from the oldest checkpoint.
    TakesTheOldest,
    /// Runs although another job has had its turn.
    RunsWhatIsTaken,
    /// Does not mind that a later copy owns the chain.
    StaysWhenReplaced,
    /// Says that it will go on, and does nothing.
    OnlyPromises,
}

#[rstest]
#[case(Sabotage::RequeuesAndSubmits, Luck::Calm, Wrong::Doubled)]
#[case(Sabotage::NeverSyncs, Luck::Files, Wrong::Doubled)]
#[case(Sabotage::TakesPartForWhole, Luck::Program, Wrong::Lost)]
#[case(Sabotage::TakesTheOldest, Luck::Calm, Wrong::Lost)]
#[case(Sabotage::RunsWhatIsTaken, Luck::Events, Wrong::Doubled)]
#[case(Sabotage::StaysWhenReplaced, Luck::Events, Wrong::Doubled)]
#[case(Sabotage::OnlyPromises, Luck::Calm, Wrong::Stuck)]
fn is_caught(#[case] sabotage: Sabotage, #[case] luck: Luck, #[case] expected: Wrong) {
    let caught = (0..4000).find(|seed| {
        let mut world = World::new(*seed, luck);
        world.plan.sabotage = Some(sabotage);
        world.run();
        world.wrong.iter().any(|(wrong, _)| *wrong == expected)
    });
    assert!(caught.is_some(), "nobody has noticed {sabotage:?}");
    println!("{sabotage:?} is caught at seed {caught:?}");
}
