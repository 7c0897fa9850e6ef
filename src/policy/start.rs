//! Whether a segment may start at all, and from which checkpoint.

use crate::model::CheckpointId;

use super::settings::Settings;
use super::situation::Past;

/// What is known before anything has been started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartFacts {
    /// The journal says that the work is done.
    pub finished: bool,
    /// The journal says that the chain was stopped, and why.
    pub stopped: Option<String>,
    /// Whether this job is the continuation that the journal expects, and not a new try by the user.
    pub expected: bool,
    /// This place in the chain was taken by another job already.
    pub taken: bool,
    /// This very allocation has run another command as this chain.
    pub other_command: bool,
    /// The journal says that there was a valid checkpoint once.
    pub had_checkpoint: bool,
    /// Valid checkpoints now, best first.
    pub valid: Vec<CheckpointId>,
    /// Checkpoints from which restarts failed, with how often in a row.
    pub failed_starts: Vec<(CheckpointId, u32)>,
    /// Checkpoints that are on record as not to be used again.
    pub quarantined: Vec<CheckpointId>,
    /// Checkpoints of which copies are kept, newest first.
    pub kept: Vec<CheckpointId>,
    /// Whether it could not be told which checkpoints there are, and why.
    pub unknown: Option<String>,
    /// Whose checkpoints these are, where another chain that is not over has written them.
    pub claimed: Option<String>,
    /// Whether it is known where checkpoints lie.
    pub knows_checkpoints: bool,
    /// The user wants to start from scratch.
    pub fresh: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Run, from this checkpoint or from the beginning; those passed over are named.
    Run {
        /// The one to start from.
        checkpoint: Option<CheckpointId>,
        /// Those from which too many restarts failed.
        quarantined: Vec<CheckpointId>,
        /// Whether a copy of it must be made first: the program could destroy the only one.
        keep: bool,
    },
    /// Put this copy back in place of what is damaged, then decide again.
    Restore {
        /// The checkpoint that was copied.
        kept: CheckpointId,
        /// Whole ones that are not to be used.
        quarantined: Vec<CheckpointId>,
    },
    /// Say so and end well; an array chain also cancels its pending tasks.
    AlreadyFinished,
    /// Say so and end well, without a continuation.
    AlreadyStopped(String),
    /// Another job has taken this place in the chain: end well without running anything.
    Taken,
    /// No checkpoint is left that may be used: the chain is stopped, and why. Only who submits it again goes on.
    Exhausted(String),
    /// Do not start, and say why.
    Refuse(String),
}

/// Decides whether and from where a segment starts.
///
/// A chain that was stopped stays stopped for the jobs it had under way; a job the user submits anew is a
/// wish to go on.
pub fn start(facts: &StartFacts, past: &Past, settings: &Settings) -> Start {
    // To go on from them would double the other's work, and to set them aside would take them away from it.
    if let (Some(text), false) = (&facts.claimed, facts.taken) {
        return Start::Refuse(text.clone());
    }
    // The wish to begin anew stands in the batch script, so a job whose turn is over brings it along too.
    if facts.fresh && !facts.taken {
        if let Some(text) = &facts.unknown {
            return Start::Refuse(format!("--fresh cannot set aside what cannot be looked at: {text}"));
        }
        return Start::Run { checkpoint: None, quarantined: Vec::new(), keep: false };
    }
    if facts.other_command {
        return Start::Refuse(
            "another command has run as this chain already, and both would be taken for one; \
             give each a name of its own: ckwrap --chain NAME -- COMMAND"
                .into(),
        );
    }
    if facts.finished {
        return Start::AlreadyFinished;
    }
    if facts.taken {
        return Start::Taken;
    }
    if let (Some(reason), true) = (&facts.stopped, facts.expected) {
        return Start::AlreadyStopped(reason.clone());
    }
    if past.lost >= settings.max_failures && facts.expected {
        return Start::AlreadyStopped(format!(
            "{} segments in a row ended without a word (continue.max_failures)",
            past.lost
        ));
    }
    if let Some(text) = &facts.unknown {
        return Start::Refuse(format!("it cannot be told which checkpoints there are: {text}"));
    }
    // A person who submits a stopped chain again has mended something: what was counted before counts no more.
    let judged_anew = facts.stopped.is_some() && !facts.expected;
    let bad = |id: &CheckpointId| {
        if judged_anew {
            return false;
        }
        let failed =
            |(failed, times): &(CheckpointId, u32)| *times >= settings.max_stalls && failed.is_copy_of(id);
        facts.failed_starts.iter().any(failed) || facts.quarantined.iter().any(|other| other.is_copy_of(id))
    };
    let (quarantined, good): (Vec<_>, Vec<_>) = facts.valid.iter().cloned().partition(bad);
    let copy = facts.kept.iter().find(|kept| !bad(kept));
    match (good.into_iter().next(), copy) {
        (Some(checkpoint), _) => {
            let keep = settings.keeps && !facts.kept.iter().any(|kept| kept.is_copy_of(&checkpoint));
            Start::Run { checkpoint: Some(checkpoint), quarantined, keep }
        }
        (None, Some(kept)) => Start::Restore { kept: kept.clone(), quarantined },
        // Copies that could be used would have been.
        (None, None) if !quarantined.is_empty() || !facts.kept.is_empty() => Start::Exhausted(format!(
            "restarts from every checkpoint that is there have failed {} times, or said that it is bad (`retry`)",
            settings.max_stalls
        )),
        (None, None) if facts.knows_checkpoints && facts.had_checkpoint => Start::Refuse(
            "this chain had a checkpoint, and now no valid one is there; starting from scratch would throw its work away; \
             put the checkpoint back, or start anew with --fresh"
                .into(),
        ),
        (None, None) => Start::Run { checkpoint: None, quarantined, keep: false },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    fn id(name: &str) -> CheckpointId {
        CheckpointId { path: name.into(), size: 1, modified_ns: 1, inode: 1 }
    }

    fn facts() -> StartFacts {
        StartFacts { knows_checkpoints: true, expected: true, ..StartFacts::default() }
    }

    #[test]
    fn the_first_start_needs_no_checkpoint() {
        let run = Start::Run { checkpoint: None, quarantined: vec![], keep: false };
        assert_eq!(start(&facts(), &Past::default(), &settings()), run);
    }

    #[test]
    fn a_chain_that_had_a_checkpoint_never_starts_from_scratch_silently() {
        let facts = StartFacts { had_checkpoint: true, ..facts() };
        assert!(matches!(start(&facts, &Past::default(), &settings()), Start::Refuse(_)));
        let fresh = StartFacts { fresh: true, ..facts };
        assert!(matches!(start(&fresh, &Past::default(), &settings()), Start::Run { checkpoint: None, .. }));
    }

    #[test]
    fn nothing_begins_anew_beside_checkpoints_that_cannot_be_looked_at() {
        let facts = StartFacts { fresh: true, unknown: Some("it hangs".into()), ..facts() };
        assert!(matches!(start(&facts, &Past::default(), &settings()), Start::Refuse(_)));
    }

    #[rstest::rstest]
    fn checkpoints_of_another_chain_are_neither_used_nor_set_aside(#[values(false, true)] fresh: bool) {
        let claimed = Some("it is another's".to_owned());
        let facts = StartFacts { expected: false, claimed, valid: vec![id("a")], fresh, ..facts() };
        assert_eq!(start(&facts, &Past::default(), &settings()), Start::Refuse("it is another's".into()));
    }

    #[test]
    fn a_second_command_in_a_job_is_not_taken_for_the_first_that_is_finished() {
        let facts = StartFacts { finished: true, other_command: true, ..facts() };
        assert!(matches!(start(&facts, &Past::default(), &settings()), Start::Refuse(_)));
    }

    #[test]
    fn a_checkpoint_that_kills_its_restarts_is_passed_over() {
        let facts =
            StartFacts { valid: vec![id("a"), id("b")], failed_starts: vec![(id("a"), 2)], ..facts() };
        let run = Start::Run { checkpoint: Some(id("b")), quarantined: vec![id("a")], keep: false };
        assert_eq!(start(&facts, &Past::default(), &settings()), run);
    }

    #[test]
    fn with_every_checkpoint_passed_over_the_reason_is_not_that_there_is_none() {
        let facts = StartFacts {
            valid: vec![id("a")],
            failed_starts: vec![(id("a"), 2)],
            had_checkpoint: true,
            ..facts()
        };
        let Start::Exhausted(text) = start(&facts, &Past::default(), &settings()) else { panic!() };
        assert!(text.contains("2 times"), "{text}");
        let said_to_be_bad = StartFacts { quarantined: vec![id("a")], failed_starts: vec![], ..facts };
        assert!(matches!(start(&said_to_be_bad, &Past::default(), &settings()), Start::Exhausted(_)));
    }

    fn keeping() -> Settings {
        Settings { keeps: true, ..settings() }
    }

    #[test]
    fn the_only_checkpoint_is_copied_before_the_program_can_destroy_it() {
        let facts = StartFacts { valid: vec![id("a")], ..facts() };
        let keep = |facts: &StartFacts| match start(facts, &Past::default(), &keeping()) {
            Start::Run { keep, .. } => keep,
            other => panic!("{other:?}"),
        };
        assert!(keep(&facts));
        // What was restored has another inode.
        let copy = CheckpointId { inode: 9, ..id("a") };
        assert!(!keep(&StartFacts { kept: vec![copy], ..facts.clone() }));
        assert!(keep(&StartFacts { kept: vec![CheckpointId { modified_ns: 0, ..id("a") }], ..facts }));
    }

    #[test]
    fn a_copy_takes_the_place_of_what_is_damaged_or_kills_its_restarts_but_not_one_of_the_same() {
        let older = CheckpointId { modified_ns: 0, inode: 7, ..id("a") };
        let kept = vec![id("a"), older.clone()];
        let damaged = StartFacts { kept: kept.clone(), had_checkpoint: true, ..facts() };
        let restore = |kept: CheckpointId, quarantined| Start::Restore { kept, quarantined };
        assert_eq!(start(&damaged, &Past::default(), &keeping()), restore(id("a"), vec![]));
        let deadly = StartFacts { valid: vec![id("a")], failed_starts: vec![(id("a"), 2)], ..damaged };
        let expected = restore(older.clone(), vec![id("a")]);
        assert_eq!(start(&deadly, &Past::default(), &keeping()), expected);
        let quarantined = StartFacts {
            failed_starts: vec![],
            quarantined: vec![CheckpointId { inode: 0, ..id("a") }],
            ..deadly
        };
        assert_eq!(start(&quarantined, &Past::default(), &keeping()), expected);
        let none_left = StartFacts { quarantined: vec![id("a"), older], ..quarantined };
        assert!(matches!(start(&none_left, &Past::default(), &keeping()), Start::Exhausted(_)));
        // Only copies are there, and by none of them it can go on.
        let copies = StartFacts { valid: vec![], ..none_left };
        assert!(matches!(start(&copies, &Past::default(), &keeping()), Start::Exhausted(_)));
    }

    #[test]
    fn the_users_fresh_of_long_ago_does_not_give_a_taken_place_back() {
        let facts = StartFacts { fresh: true, taken: true, valid: vec![id("a")], ..facts() };
        assert_eq!(start(&facts, &Past::default(), &settings()), Start::Taken);
    }

    #[test]
    fn who_submits_a_stopped_chain_again_has_judged_its_failures() {
        let facts = StartFacts { valid: vec![id("a")], failed_starts: vec![(id("a"), 2)], ..facts() };
        let Start::Exhausted(why) = start(&facts, &Past::default(), &settings()) else { panic!() };
        let stopped = StartFacts { stopped: Some(why), ..facts };
        assert!(matches!(start(&stopped, &Past::default(), &settings()), Start::AlreadyStopped(_)));
        let again = StartFacts { expected: false, ..stopped };
        assert!(matches!(
            start(&again, &Past::default(), &settings()),
            Start::Run { checkpoint: Some(_), .. }
        ));
    }

    #[test]
    fn an_unreadable_directory_is_not_an_empty_one() {
        let facts = StartFacts { unknown: Some("stale handle".into()), ..facts() };
        assert!(matches!(start(&facts, &Past::default(), &settings()), Start::Refuse(_)));
    }

    #[test]
    fn finished_and_stopped_chains_do_not_run() {
        let finished = StartFacts { finished: true, ..facts() };
        assert_eq!(start(&finished, &Past::default(), &settings()), Start::AlreadyFinished);
        let stopped = StartFacts { stopped: Some("cancelled".into()), ..facts() };
        assert!(matches!(start(&stopped, &Past::default(), &settings()), Start::AlreadyStopped(_)));
        let anew = StartFacts { expected: false, ..stopped };
        assert!(matches!(start(&anew, &Past::default(), &settings()), Start::Run { .. }));
    }

    /// Segments that were lost without a word, for the job that is expected or one that the user submits.
    #[rstest::rstest]
    #[case::one_less(2, true, true)]
    #[case::as_many_as_failures_may_be(3, true, false)]
    #[case::submitted_anew(9, false, true)]
    fn a_chain_whose_segments_end_without_a_word_stops(
        #[case] lost: u32,
        #[case] expected: bool,
        #[case] runs: bool,
    ) {
        let facts = StartFacts { expected, ..facts() };
        let past = Past { lost, ..Past::default() };
        match start(&facts, &past, &settings()) {
            Start::Run { .. } => assert!(runs),
            Start::AlreadyStopped(why) => assert!(!runs && why.starts_with("3 segments"), "{why}"),
            other => panic!("{other:?}"),
        }
    }

    /// Only a chain that was stopped, and that somebody has submitted since, is judged anew.
    #[rstest::rstest]
    #[case::never_stopped(None, false)]
    #[case::stopped(Some("it stalled".to_owned()), true)]
    fn what_kills_its_restarts_is_passed_over_by_a_job_submitted_anew_too(
        #[case] stopped: Option<String>,
        #[case] used: bool,
    ) {
        let valid = vec![id("a"), id("b")];
        let failed_starts = vec![(id("a"), 2), (id("b"), 1)];
        let facts = StartFacts { expected: false, stopped, valid, failed_starts, ..facts() };
        let (first, quarantined) = if used { ("a", vec![]) } else { ("b", vec![id("a")]) };
        let run = Start::Run { checkpoint: Some(id(first)), quarantined, keep: false };
        assert_eq!(start(&facts, &Past::default(), &settings()), run);
    }
}
