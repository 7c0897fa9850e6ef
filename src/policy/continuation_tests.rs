//! Each mode against each kind of answer.

use rstest::rstest;

use super::super::event::{End, JobFacts};
use super::*;
use crate::model::Timestamp;

const TERMS: Terms = Terms {
    restart: 0,
    incomplete: true,
    expedite: true,
    next_index: false,
    doubtful: false,
    code: None,
    give_up: Instant(Duration::from_secs(100)),
};

fn at(seconds: u64) -> Now {
    Now { instant: Instant(Duration::from_secs(seconds)), wall: Timestamp(0) }
}

fn facts(phase: JobPhase, restarts: u32, time_limit: bool) -> JobAnswer {
    JobAnswer::Facts(JobFacts {
        phase,
        time_limit,
        preempted: false,
        restarts: Some(restarts),
        end: End::Unknown,
    })
}

fn unknown() -> StepAnswer {
    StepAnswer::Unknown("timed out".into())
}

fn refused(kind: Refused) -> StepAnswer {
    StepAnswer::Refused(kind, "no".into())
}

fn started(mode: Mode) -> Continuation {
    let mut continuation = Continuation::new(mode, TERMS);
    assert!(matches!(continuation.first(), Next::Intend(_)));
    continuation.begin();
    continuation
}

fn done(mode: Mode) -> Next {
    Next::End(Ending::Continued { mode, job: None, code: None })
}

#[test]
fn requeue_is_hastened_and_done() {
    let mut c = started(Mode::Requeue);
    assert_eq!(c.answer(at(0), StepAnswer::Done), Next::Do(Step::Hasten(HASTEN)));
    assert_eq!(c.answer(at(0), StepAnswer::Done), done(Mode::Requeue));
}

#[test]
fn a_requeue_that_timed_out_is_looked_up_and_not_repeated() {
    let mut c = started(Mode::Requeue);
    assert_eq!(c.answer(at(0), unknown()), Next::Look);
    assert_eq!(c.job(at(1), &facts(JobPhase::Completing, 1, false)), done(Mode::Requeue));
}

#[test]
fn a_requeue_proved_not_to_have_happened_is_tried_again() {
    let mut c = started(Mode::Requeue);
    assert_eq!(c.answer(at(0), unknown()), Next::Look);
    assert_eq!(
        c.job(at(1), &facts(JobPhase::Running, 0, false)),
        Next::Do(Step::Requeue { incomplete: true })
    );
}

#[test]
fn a_cancelled_job_is_not_resurrected() {
    let mut c = started(Mode::Requeue);
    assert_eq!(c.answer(at(0), StepAnswer::Done), Next::Do(Step::Hasten(HASTEN)));
    assert_eq!(c.answer(at(0), refused(Refused::NotPending)), Next::Look);
    assert_eq!(c.job(at(1), &facts(JobPhase::Completing, 0, false)), Next::End(Ending::Cancelled));
}

#[test]
fn at_the_time_limit_an_ended_job_is_requeued() {
    let mut c = started(Mode::Requeue);
    assert_eq!(c.answer(at(0), StepAnswer::Done), Next::Do(Step::Hasten(HASTEN)));
    assert_eq!(c.answer(at(0), refused(Refused::NotPending)), Next::Look);
    assert_eq!(
        c.job(at(1), &facts(JobPhase::Completing, 0, true)),
        Next::Do(Step::Requeue { incomplete: false })
    );
}

#[test]
fn no_requeue_is_taken_back_once() {
    let mut c = started(Mode::Auto);
    assert_eq!(c.answer(at(0), refused(Refused::Disabled)), Next::Do(Step::AllowRequeue));
    assert_eq!(c.answer(at(0), StepAnswer::Done), Next::Do(Step::Requeue { incomplete: true }));
    assert_eq!(c.answer(at(0), refused(Refused::Disabled)), Next::Intend(Mode::Successor));
}

#[test]
fn silence_ends_as_unknown_and_falls_back_to_nothing_that_could_double() {
    let mut c = started(Mode::Auto);
    let mut next = c.answer(at(0), unknown());
    let mut now = 0;
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(rounds < 100, "no end");
        next = match next {
            Next::Look => c.job(at(now), &JobAnswer::Unknown("hangs".into())),
            Next::Wait(until) => {
                now = until.0.as_secs();
                c.again()
            }
            Next::End(ending) => {
                assert!(matches!(ending, Ending::Failed { unknown: true, mode: Mode::Requeue, .. }));
                break;
            }
            other => panic!("{other:?}"),
        };
    }
    assert!(now <= 100);
}

#[test]
fn a_submission_that_timed_out_is_found_by_its_token() {
    let mut c = started(Mode::Successor);
    let job = JobId::Single(9);
    assert!(matches!(c.answer(at(0), StepAnswer::Done), Next::Do(Step::Submit { .. })));
    assert_eq!(c.answer(at(0), unknown()), Next::Do(Step::FindSuccessor));
    assert_eq!(c.answer(at(0), StepAnswer::Job(job)), Next::Do(Step::MoveDependents(job)));
    assert_eq!(
        c.answer(at(0), StepAnswer::Done),
        Next::End(Ending::Continued { mode: Mode::Successor, job: Some(job), code: None })
    );
}

#[test]
fn a_submission_is_repeated_only_after_proof_of_absence() {
    let mut c = started(Mode::Successor);
    c.answer(at(0), StepAnswer::Done);
    assert_eq!(c.answer(at(0), unknown()), Next::Do(Step::FindSuccessor));
    assert!(matches!(c.answer(at(0), unknown()), Next::Wait(_)));
    assert_eq!(c.again(), Next::Do(Step::FindSuccessor));
    // It may have waited in the controller's queue behind the look-up.
    assert_eq!(c.answer(at(9), StepAnswer::Absent), Next::Wait(Instant(Duration::from_secs(14))));
    assert_eq!(c.again(), Next::Do(Step::FindSuccessor));
    assert!(matches!(c.answer(at(14), StepAnswer::Absent), Next::Do(Step::Submit { .. })));
}

#[test]
fn without_time_for_proof_nothing_is_submitted_again() {
    let mut c = started(Mode::Successor);
    c.answer(at(90), StepAnswer::Done);
    assert_eq!(c.answer(at(97), unknown()), Next::Do(Step::FindSuccessor));
    let next = c.answer(at(98), StepAnswer::Absent);
    assert!(matches!(next, Next::End(Ending::Failed { unknown: true, .. })), "{next:?}");
}

#[rstest]
#[case(vec![99], Next::End(Ending::Continued { mode: Mode::ExitCode, job: None, code: Some(99) }))]
#[case(vec![], Next::End(Ending::Failed {
    mode: Mode::ExitCode,
    unknown: false,
    text: "this site requeues no exit code (RequeueExit is not set)".into(),
}))]
fn exit_codes(#[case] codes: Vec<u8>, #[case] next: Next) {
    assert_eq!(started(Mode::ExitCode).answer(at(0), StepAnswer::Codes(codes)), next);
}

#[rstest]
#[case(Mode::Requeue, true, true)]
#[case(Mode::Requeue, false, false)]
#[case(Mode::Successor, true, false)]
#[case(Mode::Local, false, true)]
fn without_a_journal_nothing_is_done_that_could_double(
    #[case] mode: Mode,
    #[case] progress: bool,
    #[case] acts: bool,
) {
    let next = Continuation::new(mode, TERMS).without_journal(progress);
    assert_eq!(!matches!(next, Next::End(Ending::Failed { .. })), acts);
}

#[rstest]
#[case::requeue(Mode::Requeue, 0)]
#[case::requeue_answered(Mode::Requeue, 1)]
#[case::submission(Mode::Successor, 1)]
fn a_command_that_does_not_return_in_time_leaves_the_end_unknown(#[case] mode: Mode, #[case] steps: usize) {
    let mut c = started(mode);
    for _ in 0..steps {
        c.answer(at(0), StepAnswer::Done);
    }
    assert!(matches!(c.again(), Next::End(Ending::Failed { unknown: true, .. })));
}
