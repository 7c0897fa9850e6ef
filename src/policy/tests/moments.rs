//! The plain parts by themselves: moments before an end, named timers, causes, and how much a notice matters.

use std::time::Duration;

use rstest::rstest;

use super::super::cause::Cause;
use super::super::deadline::{Grounds, Schedule, effective, retry_at};
use super::super::lead::Learned;
use super::super::timer::{Timer, Timers};
use super::super::*;
use super::bench::{at, facts, situation};
use super::settings;
use crate::model::{ContinuationMode, Instant, Now, Signal, Timestamp};

/// For a chain that has learned nothing yet.
fn plan(settings: &Settings, situation: &Situation) -> Schedule {
    Schedule::new(at(1000), Grounds { settings, situation, learned: &Learned::default() })
}

/// Of an allocation of 1000 s, in milliseconds: when the scheduler is asked once more, when the checkpoint is asked
/// for, when the child must be gone and when even in a write, and whether the lead was cut.
#[rstest]
#[case::usual(Lead::Fixed(Duration::from_secs(60)), Host::Slurm, None, 0, [937_000, 940_000, 985_000, 995_000], false)]
#[case::short_lead(Lead::Fixed(Duration::from_secs(20)), Host::Slurm, None, 0, [977_000, 980_000, 990_000, 995_000], false)]
#[case::without_slurm(Lead::Fixed(Duration::from_secs(60)), Host::Local, None, 0, [937_000, 940_000, 999_000, 999_000], false)]
#[case::short_without_slurm(Lead::Fixed(Duration::from_secs(2)), Host::Local, None, 0, [995_000, 998_000, 999_500, 999_500], false)]
#[case::without_anybody(Lead::Fixed(Duration::from_secs(60)), Host::Nobody, None, 0, [937_000, 940_000, 1_000_000, 1_000_000], false)]
#[case::own_margin(Lead::Fixed(Duration::from_secs(60)), Host::Slurm, Some(30), 0, [937_000, 940_000, 970_000, 995_000], false)]
#[case::margin_beyond_the_lead(Lead::Fixed(Duration::from_secs(60)), Host::Slurm, Some(90), 0, [937_000, 940_000, 940_000, 995_000], false)]
#[case::slow_to_notice(Lead::Fixed(Duration::from_secs(60)), Host::Slurm, None, 40, [897_000, 900_000, 985_000, 995_000], false)]
#[case::too_slow_to_notice(Lead::Fixed(Duration::from_secs(60)), Host::Slurm, None, 900, [247_000, 250_000, 985_000, 995_000], false)]
#[case::half(Lead::Fixed(Duration::from_secs(500)), Host::Slurm, None, 0, [497_000, 500_000, 985_000, 995_000], false)]
#[case::cut_to_half(Lead::Fixed(Duration::from_secs(501)), Host::Slurm, None, 0, [497_000, 500_000, 985_000, 995_000], true)]
#[case::a_guess_cut_to_a_quarter(Lead::Initial(Duration::from_secs(300)), Host::Slurm, None, 0, [747_000, 750_000, 985_000, 995_000], true)]
#[case::cut_with_its_margin(Lead::Fixed(Duration::from_secs(900)), Host::Slurm, Some(400), 0, [497_000, 500_000, 750_000, 995_000], true)]
fn moments_before_the_end(
    #[case] lead: Lead,
    #[case] host: Host,
    #[case] margin: Option<u64>,
    #[case] poll: u64,
    #[case] moments: [u64; 4],
    #[case] cut: bool,
) {
    let settings = Settings {
        lead,
        margin: margin.map(Duration::from_secs),
        poll: Duration::from_secs(poll),
        ..settings()
    };
    let plan = plan(&settings, &Situation { host, ..situation() });
    let expected = moments.map(|millis| Instant(Duration::from_millis(millis)));
    assert_eq!([plan.reread, plan.trigger, plan.stop, plan.last], expected);
    assert_eq!((plan.deadline, plan.cut), (at(1000), cut));
}

/// SIGKILL in a write would lose the previous checkpoint too: it waits for the end.
#[test]
fn what_cannot_be_killed_safely_has_until_the_end() {
    let plan = plan(&Settings { kill_safe: false, ..settings() }, &situation());
    assert_eq!((plan.stop, plan.last), (at(985), at(1000)));
}

#[rstest]
#[case::none(None, None, None)]
#[case::own(None, Some(5), Some(5))]
#[case::of_the_scheduler(Some(7), None, Some(7))]
#[case::own_is_earlier(Some(7), Some(5), Some(5))]
#[case::own_is_later(Some(5), Some(7), Some(5))]
fn the_earlier_end_counts(
    #[case] scheduler: Option<u64>,
    #[case] own: Option<u64>,
    #[case] end: Option<u64>,
) {
    assert_eq!(effective(scheduler.map(at), own.map(at)), end.map(at));
}

#[rstest]
#[case(0, 15)]
#[case(1, 30)]
#[case(5, 480)]
#[case(6, 600)]
#[case(40, 600)]
fn no_answer_is_asked_for_ever_later(#[case] tries: u32, #[case] seconds: u64) {
    let now = Now { instant: at(100), wall: Timestamp(0) };
    assert_eq!(retry_at(now, tries), at(100 + seconds));
}

#[test]
fn timers_are_taken_when_due_the_earliest_first() {
    let mut timers = Timers::default();
    assert_eq!((timers.next(), timers.take_due(at(9))), (None, None));
    timers.set(Timer::Reread, at(5));
    timers.set(Timer::Fence, at(3));
    timers.set(Timer::Kill, at(8));
    assert_eq!(
        (timers.next(), timers.at(Timer::Kill), timers.at(Timer::Stop)),
        (Some(at(3)), Some(at(8)), None)
    );
    assert_eq!(timers.take_due(at(2)), None);
    let taken: Vec<_> = std::iter::from_fn(|| timers.take_due(at(5))).collect();
    assert_eq!((taken, timers.next()), (vec![Timer::Fence, Timer::Reread], Some(at(8))));
    timers.stop(Timer::Kill);
    assert_eq!(timers.next(), None);
    timers.set(Timer::Stop, at(1));
    timers.stop_all();
    assert_eq!(timers, Timers::default());
}

/// Whether the scheduler goes on by itself, and whether the chain ends.
#[rstest]
#[case(Cause::Completed, false, false)]
#[case(Cause::Deadline, false, false)]
#[case(Cause::TimeLimit, false, false)]
#[case(Cause::PreemptedRequeued, true, false)]
#[case(Cause::Preempted, false, false)]
#[case(Cause::RequeuedByOther, true, false)]
#[case(Cause::Cancelled, false, true)]
#[case(Cause::Asked, false, true)]
#[case(Cause::Unknown, false, true)]
fn what_follows_from_a_cause(#[case] cause: Cause, #[case] goes_on: bool, #[case] ends: bool) {
    assert_eq!((cause.scheduler_continues(), cause.ends_chain()), (goes_on, ends));
}

/// A job that is no longer known was cancelled; a count that is not known, or no higher, is no requeue.
#[rstest]
#[case::gone(JobAnswer::Gone, Cause::Cancelled)]
#[case::no_count(JobAnswer::Facts(JobFacts { restarts: None, ..facts(JobPhase::Running) }), Cause::Asked)]
#[case::same_count(JobAnswer::Facts(JobFacts { restarts: Some(2), ..facts(JobPhase::Suspended) }), Cause::Asked)]
#[case::higher(JobAnswer::Facts(JobFacts { restarts: Some(3), ..facts(JobPhase::Running) }), Cause::RequeuedByOther)]
#[case::ended(JobAnswer::Facts(facts(JobPhase::Ended)), Cause::Cancelled)]
fn causes_in_a_job_restarted_twice(#[case] answer: JobAnswer, #[case] cause: Cause) {
    assert_eq!(Cause::of_term(&answer, 2), cause);
}

#[rstest]
#[case(Notice::OwnerLost, Level::Error)]
#[case(Notice::NotContinued { unknown: false, text: String::new() }, Level::Error)]
#[case(Notice::LeadCut { wanted: Duration::ZERO, lead: Duration::ZERO }, Level::Warning)]
#[case(Notice::NotAskable, Level::Warning)]
#[case(Notice::Hint(Signal::USR1), Level::Debug)]
#[case(Notice::Announced("a".into()), Level::Debug)]
#[case(Notice::Finished, Level::Info)]
fn how_much_a_notice_matters(#[case] notice: Notice, #[case] level: Level) {
    assert_eq!(notice.level(), level);
}

#[rstest]
#[case::tenths(9_949, "9s 900ms")]
#[case::up_to_ten(9_950, "10s")]
#[case::seconds(10_499, "10s")]
#[case::up(10_500, "11s")]
fn times_are_told_no_finer_than_they_matter(#[case] millis: u64, #[case] words: &str) {
    let notice = Notice::Saved { path: "a".into(), took: Some(Duration::from_millis(millis)) };
    assert_eq!(notice.to_string(), format!("checkpoint a complete after {words}"));
}

#[rstest]
#[case(ContinuationMode::Requeue, "requeue")]
#[case(ContinuationMode::Successor, "a successor job")]
#[case(ContinuationMode::Array, "the next task of the array")]
#[case(ContinuationMode::ExitCode, "the exit code")]
#[case(ContinuationMode::Local, "the next segment")]
#[case(ContinuationMode::None, "nothing")]
fn a_way_on_in_words(#[case] mode: ContinuationMode, #[case] words: &str) {
    assert_eq!(Notice::Continued { mode, job: None }.to_string(), format!("unfinished; goes on by {words}"));
}

/// Advice that the text gives already is not given twice.
#[rstest]
#[case("submit the same script", "the chain stops here: submit the same script")]
#[case(
    "it crashed",
    "the chain stops here: it crashed; what was saved is kept; when the cause is mended, submit the same script again to go on"
)]
fn a_stop_says_how_to_go_on(#[case] text: &str, #[case] words: &str) {
    assert_eq!(Notice::Stopped(text.into()).to_string(), words);
}
