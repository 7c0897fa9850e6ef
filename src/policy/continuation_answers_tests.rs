//! Every kind of answer at every stage, and every bound of time and tries.

use rstest::rstest;

use super::super::event::{End, JobFacts};
use super::*;
use crate::model::Timestamp;

use In::{Again, Answer, CallOff, Hurry, Job};

const TERMS: Terms = Terms {
    restart: 1,
    incomplete: true,
    expedite: true,
    next_index: false,
    doubtful: false,
    code: None,
    give_up: Instant(Duration::from_secs(100)),
};
const SUCCESSOR: JobId = JobId::Single(9);

/// What a continuation is given, and at which second.
#[derive(Debug, Clone)]
enum In {
    Answer(u64, StepAnswer),
    Job(u64, JobAnswer),
    Again,
    CallOff,
    Hurry(u64),
}

fn at(seconds: u64) -> Now {
    Now { instant: Instant(Duration::from_secs(seconds)), wall: Timestamp(0) }
}

/// The last thing wanted, after the intent was durable and all of this was given; and all that was told.
fn played(mode: Mode, terms: Terms, given: Vec<In>) -> (Next, Vec<Notice>) {
    let mut c = Continuation::new(mode, terms);
    let mut next = c.begin();
    for input in given {
        match input {
            Answer(now, answer) => next = c.answer(at(now), answer),
            Job(now, answer) => next = c.job(at(now), &answer),
            Again => next = c.again(),
            CallOff => c.call_off(),
            Hurry(until) => c.hurry(at(until).instant),
        }
    }
    (next, c.take_notices())
}

fn wanted(mode: Mode, terms: Terms, given: Vec<In>) -> Next {
    played(mode, terms, given).0
}

fn unknown() -> StepAnswer {
    StepAnswer::Unknown("hangs".into())
}

fn refused(kind: Refused) -> StepAnswer {
    StepAnswer::Refused(kind, "no".into())
}

fn facts(phase: JobPhase) -> JobFacts {
    JobFacts { phase, time_limit: false, preempted: false, restarts: Some(1), end: End::Unknown }
}

fn is(phase: JobPhase) -> JobAnswer {
    JobAnswer::Facts(facts(phase))
}

fn continued(mode: Mode, job: Option<JobId>, code: Option<u8>) -> Next {
    Next::End(Ending::Continued { mode, job, code })
}

fn failed(mode: Mode, unknown: bool, text: &str) -> Next {
    Next::End(Ending::Failed { mode, unknown, text: text.into() })
}

fn wait(until: u64) -> Next {
    Next::Wait(at(until).instant)
}

fn requeue() -> Next {
    Next::Do(Step::Requeue { incomplete: true })
}

const TASK: Terms = Terms { doubtful: true, ..TERMS };
const LAST: Terms = Terms { next_index: true, ..TERMS };
const CODE: Terms = Terms { code: Some(77), ..TERMS };

#[rstest]
#[case::requeue(Mode::Requeue, TERMS, requeue())]
#[case::at_the_limit(
    Mode::Requeue, Terms { incomplete: false, ..TERMS }, Next::Do(Step::Requeue { incomplete: false })
)]
#[case::automatic(Mode::Auto, TERMS, requeue())]
#[case::successor(Mode::Successor, TERMS, Next::Do(Step::FetchScript))]
#[case::last_task(Mode::Array, LAST, Next::Do(Step::FetchScript))]
#[case::doubtful_task(Mode::Array, TASK, Next::Do(Step::FindTasks))]
#[case::task(Mode::Array, TERMS, Next::Do(Step::FindTasks))]
#[case::local(Mode::Local, LAST, continued(Mode::Local, None, None))]
#[case::code(Mode::ExitCode, CODE, continued(Mode::ExitCode, None, Some(77)))]
#[case::code_of_the_site(Mode::ExitCode, TERMS, Next::Do(Step::RequeueExitCodes))]
#[case::none(Mode::None, TERMS, failed(Mode::None, false, "no continuation was wanted (continue.mode)"))]
fn begins(#[case] mode: Mode, #[case] terms: Terms, #[case] next: Next) {
    let mut c = Continuation::new(mode, terms);
    assert!(c.intends() && !c.acted());
    assert_eq!(c.first(), Next::Intend(if mode == Mode::Auto { Mode::Requeue } else { mode }));
    assert_eq!(c.begin(), next);
    let mut c = Continuation::new(mode, terms);
    c.call_off();
    assert_eq!(c.begin(), Next::End(Ending::Cancelled));
}

#[rstest]
#[case::requeue(Mode::Requeue, TERMS, true, true)]
#[case::requeue_uncounted(Mode::Requeue, TERMS, false, false)]
#[case::code(Mode::ExitCode, CODE, true, true)]
#[case::code_uncounted(Mode::ExitCode, CODE, false, false)]
#[case::task(Mode::Array, TERMS, true, true)]
#[case::task_uncounted(Mode::Array, TERMS, false, false)]
#[case::last_task(Mode::Array, LAST, true, false)]
#[case::successor(Mode::Successor, TERMS, true, false)]
#[case::local(Mode::Local, TERMS, false, true)]
#[case::none(Mode::None, TERMS, true, false)]
fn begins_without_a_journal(
    #[case] mode: Mode,
    #[case] terms: Terms,
    #[case] progress: bool,
    #[case] acts: bool,
) {
    let begun = Continuation::new(mode, terms).begin();
    let next = Continuation::new(mode, terms).without_journal(progress);
    assert_eq!(next, if acts { begun } else { failed(mode, false, "the journal cannot be written") });
}

#[test]
fn a_requeue_counts_as_sent_from_its_call_on_and_nothing_else_does() {
    let mut c = Continuation::new(Mode::Auto, TERMS);
    let mut seen = vec![(c.intends(), c.acted())];
    c.begin();
    seen.push((c.intends(), c.acted()));
    c.answer(at(0), refused(Refused::Disabled));
    seen.push((c.intends(), c.acted()));
    c.answer(at(0), StepAnswer::Done);
    seen.push((c.intends(), c.acted()));
    c.answer(at(0), refused(Refused::Other));
    seen.push((c.intends(), c.acted()));
    c.begin();
    seen.push((c.intends(), c.acted()));
    let expected =
        [(true, false), (false, true), (false, false), (false, true), (true, false), (false, false)];
    assert_eq!(seen, expected);
    assert_eq!(c.give_up(), at(100).instant);
    c.hurry(at(120).instant);
    assert_eq!(c.give_up(), at(100).instant);
    c.hurry(at(80).instant);
    assert_eq!(c.give_up(), at(80).instant);
}

#[rstest]
#[case::done(vec![Answer(0, StepAnswer::Done)], Next::Do(Step::Hasten(HASTEN)))]
#[case::pending_already(vec![Answer(0, refused(Refused::AlreadyPending))], continued(Mode::Requeue, None, None))]
#[case::over(vec![Answer(0, refused(Refused::NotPending))], Next::Look)]
#[case::refused(vec![Answer(0, refused(Refused::Other))], failed(Mode::Requeue, false, "no"))]
#[case::nonsense(
    vec![Answer(0, StepAnswer::Absent)],
    failed(Mode::Requeue, false, "unexpected answer Absent at Requeue { incomplete: true }")
)]
#[case::forbidden(vec![Answer(0, refused(Refused::Disabled))], Next::Do(Step::AllowRequeue))]
#[case::allowing_refused(
    vec![Answer(0, refused(Refused::Disabled)), Answer(0, refused(Refused::Disabled))],
    failed(Mode::Requeue, false, "no")
)]
#[case::allowing_hangs(vec![Answer(0, refused(Refused::Disabled)), Answer(2, unknown())], wait(3))]
#[case::allowing_again(
    vec![Answer(0, refused(Refused::Disabled)), Answer(2, unknown()), Again],
    Next::Do(Step::AllowRequeue)
)]
#[case::allowing_hangs_to_the_end(
    vec![Answer(0, refused(Refused::Disabled)), Answer(100, unknown())],
    failed(Mode::Requeue, false, "hangs")
)]
#[case::allowing_does_not_return(
    vec![Answer(0, refused(Refused::Disabled)), Again],
    failed(Mode::Requeue, false, "the scheduler's command did not return in time")
)]
#[case::allowed_and_called_off(
    vec![Answer(0, refused(Refused::Disabled)), CallOff, Answer(1, StepAnswer::Done)],
    Next::End(Ending::Cancelled)
)]
#[case::hastening_refused(vec![Answer(0, StepAnswer::Done), Answer(0, refused(Refused::Other))], Next::Look)]
#[case::hastening_hangs(vec![Answer(0, StepAnswer::Done), Answer(0, unknown())], Next::Look)]
#[case::refused_after_it_was_called_off(
    vec![CallOff, Answer(0, refused(Refused::Other))],
    Next::End(Ending::Cancelled)
)]
#[case::looks_again(vec![Answer(0, unknown()), Job(0, JobAnswer::Unknown("?".into())), Again], Next::Look)]
fn a_requeue_is_answered(#[case] given: Vec<In>, #[case] next: Next) {
    assert_eq!(wanted(Mode::Requeue, TERMS, given), next);
}

#[test]
fn a_requeue_that_is_not_hastened_is_looked_at() {
    let terms = Terms { expedite: false, ..TERMS };
    assert_eq!(wanted(Mode::Requeue, terms, vec![Answer(0, StepAnswer::Done)]), Next::Look);
}

#[rstest]
#[case::pending(is(JobPhase::Pending), continued(Mode::Requeue, None, None))]
#[case::put_back(
    JobAnswer::Facts(JobFacts { restarts: Some(2), ..facts(JobPhase::Running) }),
    continued(Mode::Requeue, None, None)
)]
#[case::as_before(is(JobPhase::Running), requeue())]
#[case::suspended(is(JobPhase::Suspended), requeue())]
#[case::uncounted(JobAnswer::Facts(JobFacts { restarts: None, ..facts(JobPhase::Running) }), requeue())]
#[case::cancelled(is(JobPhase::Completing), Next::End(Ending::Cancelled))]
#[case::ended(is(JobPhase::Ended), Next::End(Ending::Cancelled))]
#[case::at_the_limit(
    JobAnswer::Facts(JobFacts { time_limit: true, ..facts(JobPhase::Ended) }),
    Next::Do(Step::Requeue { incomplete: false })
)]
#[case::preempted(
    JobAnswer::Facts(JobFacts { preempted: true, ..facts(JobPhase::Completing) }),
    Next::Do(Step::Requeue { incomplete: false })
)]
#[case::gone(JobAnswer::Gone, Next::End(Ending::Cancelled))]
#[case::no_answer(JobAnswer::Unknown("?".into()), wait(1))]
#[case::odd(is(JobPhase::Other), wait(1))]
fn a_requeue_is_looked_for(#[case] answer: JobAnswer, #[case] next: Next) {
    assert_eq!(wanted(Mode::Requeue, TERMS, vec![Answer(0, unknown()), Job(0, answer)]), next);
}

#[rstest]
#[case::running(is(JobPhase::Running), requeue())]
#[case::at_the_limit(
    JobAnswer::Facts(JobFacts { time_limit: true, ..facts(JobPhase::Ended) }),
    Next::Do(Step::Requeue { incomplete: false })
)]
fn a_requeue_that_does_not_happen_is_tried_five_times(#[case] answer: JobAnswer, #[case] again: Next) {
    let mut c = Continuation::new(Mode::Requeue, TERMS);
    c.begin();
    for _ in 1..5 {
        assert_eq!(c.answer(at(0), unknown()), Next::Look);
        assert_eq!(c.job(at(0), &answer), again);
    }
    assert_eq!(c.answer(at(0), unknown()), Next::Look);
    assert_eq!(c.job(at(0), &answer), failed(Mode::Requeue, false, "hangs"));
}

#[test]
fn an_odd_state_is_told_at_the_end() {
    let given = vec![Answer(0, unknown()), Job(100, is(JobPhase::Other))];
    let next = wanted(Mode::Requeue, TERMS, given);
    assert_eq!(next, failed(Mode::Requeue, true, "the job is in an unknown state"));
}

#[test]
fn waits_grow_to_sixteen_seconds() {
    let mut c = Continuation::new(Mode::Requeue, Terms { give_up: at(1000).instant, ..TERMS });
    c.begin();
    c.answer(at(0), unknown());
    let waits: Vec<Next> = (0..7)
        .map(|_| {
            let next = c.job(at(10), &JobAnswer::Unknown("?".into()));
            assert_eq!(c.again(), Next::Look);
            next
        })
        .collect();
    assert_eq!(waits, [11, 12, 14, 18, 26, 26, 26].map(wait));
}

#[rstest]
#[case::the_last_moment(99, wait(100))]
#[case::too_late(100, failed(Mode::Requeue, true, "?"))]
fn no_wait_goes_beyond_the_end(#[case] now: u64, #[case] next: Next) {
    let given = vec![Answer(0, unknown()), Job(now, JobAnswer::Unknown("?".into()))];
    assert_eq!(wanted(Mode::Requeue, TERMS, given.clone()), next);
    let hurried = [vec![Hurry(now)], given].concat();
    assert_eq!(wanted(Mode::Requeue, TERMS, hurried), failed(Mode::Requeue, true, "?"));
}

/// Up to the submission.
fn fetched(then: Vec<In>) -> Vec<In> {
    [vec![Answer(0, StepAnswer::Done)], then].concat()
}

fn submit(next_index: bool) -> Next {
    Next::Do(Step::Submit { next_index })
}

fn made() -> Next {
    continued(Mode::Successor, Some(SUCCESSOR), None)
}

const LATE: &str = "the scheduler's command did not return in time";

#[rstest]
#[case::fetched(fetched(vec![]), submit(false))]
#[case::fetching_hangs(vec![Answer(0, unknown())], wait(1))]
#[case::fetching_again(vec![Answer(0, unknown()), Again], Next::Do(Step::FetchScript))]
#[case::fetching_hangs_to_the_end(vec![Answer(100, unknown())], failed(Mode::Successor, false, "hangs"))]
#[case::fetching_does_not_return(vec![Again], failed(Mode::Successor, false, LATE))]
#[case::fetched_and_called_off(vec![CallOff, Answer(0, StepAnswer::Done)], Next::End(Ending::Cancelled))]
#[case::made(fetched(vec![Answer(0, StepAnswer::Job(SUCCESSOR))]), Next::Do(Step::MoveDependents(SUCCESSOR)))]
#[case::made_and_called_off(fetched(vec![CallOff, Answer(0, StepAnswer::Job(SUCCESSOR))]), made())]
#[case::hangs(fetched(vec![Answer(0, unknown())]), Next::Do(Step::FindSuccessor))]
#[case::refused(fetched(vec![Answer(0, refused(Refused::Other))]), failed(Mode::Successor, false, "no"))]
#[case::does_not_return(fetched(vec![Again]), failed(Mode::Successor, true, LATE))]
#[case::finding_does_not_return(
    fetched(vec![Answer(0, unknown()), Again]),
    failed(Mode::Successor, true, LATE)
)]
#[case::finding_refused(fetched(vec![Answer(0, unknown()), Answer(3, refused(Refused::Other))]), wait(4))]
#[case::proof_in_the_last_moment(fetched(vec![Answer(0, unknown()), Answer(95, StepAnswer::Absent)]), wait(100))]
#[case::no_time_for_proof(
    fetched(vec![Answer(0, unknown()), Answer(96, StepAnswer::Absent)]),
    failed(Mode::Successor, true, "hangs")
)]
#[case::moved(fetched(vec![Answer(0, StepAnswer::Job(SUCCESSOR)), Answer(0, StepAnswer::Done)]), made())]
#[case::moving_does_not_return(fetched(vec![Answer(0, StepAnswer::Job(SUCCESSOR)), Again]), made())]
fn a_submission_is_answered(#[case] given: Vec<In>, #[case] next: Next) {
    assert_eq!(wanted(Mode::Successor, TERMS, given), next);
}

#[test]
fn a_submission_that_does_not_happen_is_tried_five_times() {
    let mut c = Continuation::new(Mode::Auto, TERMS);
    c.begin();
    c.answer(at(0), refused(Refused::Other));
    c.begin();
    assert_eq!(c.answer(at(0), StepAnswer::Done), submit(false));
    for attempt in 1..=5 {
        assert_eq!(c.answer(at(0), unknown()), Next::Do(Step::FindSuccessor));
        assert_eq!(c.answer(at(0), StepAnswer::Absent), wait(5));
        assert_eq!(c.again(), Next::Do(Step::FindSuccessor));
        let next = if attempt < 5 { submit(false) } else { Next::Intend(Mode::ExitCode) };
        assert_eq!(c.answer(at(5), StepAnswer::Absent), next);
    }
    let notices = c.take_notices();
    assert_eq!(notices.last(), Some(&Notice::Fallback { mode: Mode::Successor, text: "hangs".into() }));
    assert!(c.take_notices().is_empty() && c.intends());
}

#[rstest]
#[case::hangs(Answer(0, unknown()), Some("could not be made to wait for its successor 9: hangs"))]
#[case::refused(
    Answer(0, refused(Refused::Other)),
    Some("could not be made to wait for its successor 9: no")
)]
#[case::does_not_return(
    Again,
    Some("may not wait for its successor 9: the scheduler's command did not return in time")
)]
#[case::done(Answer(0, StepAnswer::Done), None)]
fn dependents_that_are_not_moved_are_told(#[case] given: In, #[case] told: Option<&str>) {
    let given = fetched(vec![Answer(0, StepAnswer::Job(SUCCESSOR)), given]);
    let (next, notices) = played(Mode::Successor, TERMS, given);
    assert_eq!(next, made());
    let expected = told.map(|text| Notice::Leftover(format!("jobs that wait for this one {text}")));
    assert_eq!(notices, expected.into_iter().collect::<Vec<_>>());
}

#[rstest]
#[case::left(TASK, vec![Answer(0, StepAnswer::Done)], continued(Mode::Array, None, None))]
#[case::hangs(TASK, vec![Answer(0, unknown())], wait(1))]
#[case::refused(TASK, vec![Answer(0, refused(Refused::Other))], wait(1))]
#[case::again(TASK, vec![Answer(0, unknown()), Again], Next::Do(Step::FindTasks))]
#[case::does_not_return(TASK, vec![Again], failed(Mode::Array, true, LATE))]
#[case::no_doubt_and_no_answer(TERMS, vec![Answer(0, unknown())], continued(Mode::Array, None, None))]
#[case::no_doubt_and_no_return(TERMS, vec![Again], continued(Mode::Array, None, None))]
#[case::the_next_one(LAST, vec![Answer(0, StepAnswer::Done)], submit(true))]
fn tasks_are_answered(#[case] terms: Terms, #[case] given: Vec<In>, #[case] next: Next) {
    assert_eq!(wanted(Mode::Array, terms, given), next);
}

#[rstest]
#[case::hangs(vec![Answer(0, unknown())], wait(1))]
#[case::again(vec![Answer(0, unknown()), Again], Next::Do(Step::RequeueExitCodes))]
#[case::hangs_to_the_end(vec![Answer(100, unknown())], failed(Mode::ExitCode, false, "hangs"))]
#[case::does_not_return(vec![Again], failed(Mode::ExitCode, false, LATE))]
#[case::several(vec![Answer(0, StepAnswer::Codes(vec![98, 99]))], continued(Mode::ExitCode, None, Some(98)))]
fn exit_codes_are_answered(#[case] given: Vec<In>, #[case] next: Next) {
    assert_eq!(wanted(Mode::ExitCode, TERMS, given), next);
}

#[test]
fn an_unanswered_requeue_or_submission_is_told() {
    let told = vec![Notice::Unanswered("hangs".into())];
    assert_eq!(played(Mode::Requeue, TERMS, vec![Answer(0, unknown())]).1, told);
    assert_eq!(played(Mode::Successor, TERMS, fetched(vec![Answer(0, unknown())])).1, told);
}
