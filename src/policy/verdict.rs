//! What a segment's end means: finished, unfinished or failed.

use crate::model::ChildExit;

use super::event::{Answer, Assessment};

/// What a segment's end means for the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The work is done.
    Finished,
    /// More is to be done, and the program stopped as it should.
    Unfinished,
    /// The program failed.
    Failed,
}

/// What was asked of the child before it ended, and what it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// A trigger reached it, or the scheduler's SIGTERM did.
    pub to_checkpoint: bool,
    /// ckwrap told it to end.
    pub to_end: bool,
    /// A checkpoint newer than the request is there and whole; `None`: cannot be told.
    pub fresh: Option<bool>,
    /// The program has said that its work is done.
    pub says_finished: bool,
    /// It requeues its job by itself, and may have saved and done so at a warning of Slurm's that ckwrap knows nothing of.
    pub requeues_itself: bool,
}

impl Verdict {
    /// The verdict on an end.
    ///
    /// Exit codes alone do not tell finished from interrupted (GROMACS exits 1 after a clean stop, LAMMPS 0
    /// after an unfinished one), so the profile's own rule comes first. The program's own word comes next, with exit
    /// code 0: what failed after it (a result that could not be written) may have been part of the work. A rule's
    /// clear no is stronger than the word, which any script around the program can say: unfinished work that
    /// is taken for finished is noticed by nobody, the reverse costs a restart or two and is told.
    pub fn on(exit: ChildExit, rules: &Assessment, asked: Asked) -> Self {
        match rules.finished {
            Answer::Yes => Self::Finished,
            Answer::No => Self::unless_finished(exit, rules.stopped, asked, false),
            Answer::Unknown if asked.says_finished && exit.is_success() => Self::Finished,
            Answer::Unknown => Self::unless_finished(exit, rules.stopped, asked, true),
        }
    }

    fn unless_finished(exit: ChildExit, stopped: bool, asked: Asked, could_be: bool) -> Self {
        if stopped || asked.to_end {
            return Self::Unfinished;
        }
        match (exit.is_success(), asked.to_checkpoint) {
            (true, false) if could_be && !asked.requeues_itself => Self::Finished,
            (true, _) => Self::Unfinished,
            // A program may leave with any code after a checkpoint that is proved good.
            (false, true) if asked.fresh == Some(true) && matches!(exit, ChildExit::Code(_)) => {
                Self::Unfinished
            }
            (false, _) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::model::Signal;

    const OK: ChildExit = ChildExit::Code(0);
    const ONE: ChildExit = ChildExit::Code(1);
    const SEGV: ChildExit = ChildExit::Signal(Signal::SEGV);
    const QUIET: Asked = Asked {
        to_checkpoint: false,
        to_end: false,
        fresh: Some(false),
        says_finished: false,
        requeues_itself: false,
    };
    const REQUEUES: Asked = Asked { requeues_itself: true, ..QUIET };
    const SAVED: Asked = Asked { to_checkpoint: true, to_end: false, fresh: Some(true), ..QUIET };
    const UNSAVED: Asked = Asked { to_checkpoint: true, to_end: false, fresh: Some(false), ..QUIET };
    const UNSEEN: Asked = Asked { to_checkpoint: true, to_end: false, fresh: None, ..QUIET };
    const SAYS: Asked = Asked { says_finished: true, ..SAVED };
    const SAYS_ENDED: Asked = Asked { says_finished: true, ..ENDED };
    const ENDED: Asked = Asked { to_checkpoint: true, to_end: true, fresh: Some(false), ..QUIET };

    #[rstest]
    #[case::done_by_itself(OK, Answer::Unknown, false, QUIET, Verdict::Finished)]
    #[case::perhaps_requeued(OK, Answer::Unknown, false, REQUEUES, Verdict::Unfinished)]
    #[case::requeues_and_done(OK, Answer::Yes, false, REQUEUES, Verdict::Finished)]
    #[case::requeues_and_says_so(OK, Answer::Unknown, false, Asked { says_finished: true, ..REQUEUES }, Verdict::Finished)]
    #[case::done_by_rule(ONE, Answer::Yes, false, SAVED, Verdict::Finished)]
    #[case::stopped_by_its_own_limit(OK, Answer::No, false, QUIET, Verdict::Unfinished)]
    #[case::zero_after_a_request(OK, Answer::Unknown, false, SAVED, Verdict::Unfinished)]
    #[case::eighty_five(ChildExit::Code(85), Answer::Unknown, true, UNSEEN, Verdict::Unfinished)]
    #[case::gromacs_after_term(ONE, Answer::No, false, SAVED, Verdict::Unfinished)]
    #[case::crash(ONE, Answer::Unknown, false, QUIET, Verdict::Failed)]
    #[case::crash_in_the_save(SEGV, Answer::Unknown, false, UNSAVED, Verdict::Failed)]
    #[case::crash_after_the_save(SEGV, Answer::Unknown, false, SAVED, Verdict::Failed)]
    #[case::code_without_proof(ONE, Answer::Unknown, false, UNSEEN, Verdict::Failed)]
    #[case::ended_by_us(ChildExit::Signal(Signal::KILL), Answer::Unknown, false, ENDED, Verdict::Unfinished)]
    #[case::by_its_word(OK, Answer::Unknown, false, SAYS, Verdict::Finished)]
    #[case::by_its_word_against_a_sign_of_a_stop(OK, Answer::Unknown, true, SAYS, Verdict::Finished)]
    #[case::by_its_word_while_being_ended(OK, Answer::Unknown, false, SAYS_ENDED, Verdict::Finished)]
    #[case::a_word_that_the_rule_denies(OK, Answer::No, false, SAYS, Verdict::Unfinished)]
    #[case::a_word_before_a_failure(ONE, Answer::Unknown, false, Asked { says_finished: true, ..QUIET }, Verdict::Failed)]
    #[case::a_word_and_killed(
        ChildExit::Signal(Signal::KILL),
        Answer::Unknown,
        false,
        SAYS_ENDED,
        Verdict::Unfinished
    )]
    fn verdicts(
        #[case] exit: ChildExit,
        #[case] finished: Answer,
        #[case] stopped: bool,
        #[case] asked: Asked,
        #[case] verdict: Verdict,
    ) {
        assert_eq!(Verdict::on(exit, &Assessment { finished, stopped, retry: None }, asked), verdict);
    }
}
