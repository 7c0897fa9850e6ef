//! The moments that follow from a deadline.

use rstest::rstest;

use super::*;
use crate::model::{Signal, Target, Timestamp};
use crate::policy::tests::{bench::situation, settings};

#[rstest]
#[case::on_the_millisecond(5_000, 10_000)]
#[case::between(5_400, 11_000)]
#[case::at_the_most(5_999, 12_497)]
fn waits_that_begin_together_do_not_end_together(#[case] micros: u64, #[case] milliseconds: u128) {
    let now = Now { instant: Instant(Duration::from_micros(micros)), wall: Timestamp(0) };
    assert_eq!(spread(now, Duration::from_secs(10)).as_millis(), milliseconds);
}

const INITIAL: Duration = Duration::from_secs(300);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn auto(effect: Effect) -> Settings {
    Settings { lead: Lead::Initial(INITIAL), effect, ..settings() }
}

fn learned(saves: &[u64], continuations: &[u64]) -> Learned {
    let spans = |list: &[u64]| list.iter().copied().map(seconds).collect::<Vec<_>>();
    Learned { saves: spans(saves).into_iter().collect(), continuations: spans(continuations) }
}

/// For an allocation that ends after so many seconds.
fn schedule(end: u64, settings: &Settings, learned: &Learned) -> Schedule {
    let grounds = Grounds { settings, situation: &situation(), learned };
    Schedule::new(Instant(seconds(end)), grounds)
}

/// How long before the deadline each moment is: trigger, stop, last.
fn ahead(schedule: &Schedule) -> [u64; 3] {
    [schedule.trigger, schedule.stop, schedule.last].map(|at| schedule.deadline.since(at).as_secs())
}

#[rstest]
#[case::as_set(Lead::Fixed(seconds(60)), 4000, [60, 15, 5])]
#[case::half_at_the_most(Lead::Fixed(seconds(600)), 1000, [500, 15, 5])]
#[case::initial(Lead::Initial(seconds(60)), 4000, [60, 15, 5])]
#[case::a_quarter_at_the_most(Lead::Initial(seconds(600)), 1000, [250, 15, 5])]
#[case::short(Lead::Initial(seconds(600)), 40, [10, 5, 5])]
fn with_nothing_measured(#[case] lead: Lead, #[case] end: u64, #[case] expected: [u64; 3]) {
    let schedule = schedule(end, &Settings { lead, ..settings() }, &Learned::default());
    assert_eq!(ahead(&schedule), expected);
    assert_eq!((schedule.basis, schedule.too_slow), (None, None));
    assert_eq!(schedule.deadline.since(schedule.reread).as_secs(), expected[0] + 3);
}

#[rstest]
#[case::cut(1000, true)]
#[case::by_less_than_a_second(1199, false)]
#[case::not_cut(2000, false)]
fn a_cut_is_told_apart(#[case] end: u64, #[case] cut: bool) {
    let settings = Settings { lead: Lead::Fixed(seconds(600)), ..settings() };
    assert_eq!(schedule(end, &settings, &Learned::default()).cut, cut);
}

#[rstest]
#[case::short(0, 60)]
#[case::added(30, 90)]
#[case::up_to_three_quarters(10_000, 3000)]
fn the_time_to_notice_is_added_to_a_guess(#[case] poll: u64, #[case] expected: u64) {
    let settings = Settings { poll: seconds(poll), ..settings() };
    assert_eq!(ahead(&schedule(4000, &settings, &Learned::default()))[0], expected);
}

#[test]
fn one_that_goes_on_is_asked_as_an_insurance_before_anything_is_measured() {
    let schedule = |effect, end| schedule(end, &auto(effect), &Learned::default());
    assert_eq!(ahead(&schedule(Effect::Stop, 10_000))[0], 300);
    assert_eq!(ahead(&schedule(Effect::Continue, 10_000))[0], 750);
    assert_eq!(ahead(&schedule(Effect::Continue, 1000))[0], 250);
}

#[test]
fn what_was_measured_counts_more_than_the_initial_lead_and_less_than_a_set_one() {
    let known = learned(&[12, 11, 13, 12, 14, 12], &[]);
    let found = schedule(14_400, &auto(Effect::Stop), &known);
    assert!((30..90).contains(&found.lead.as_secs()), "{:?}", found.lead);
    assert_eq!(found.trigger, found.deadline.before(found.lead));
    assert_eq!(found.basis, Basis::of(&known.saves));
    assert_eq!(schedule(14_400, &settings(), &known).lead, seconds(60));
    assert_eq!(schedule(14_400, &settings(), &known).basis, None);
    let first = schedule(14_400, &auto(Effect::Continue), &known);
    assert!(first.lead + seconds(15) > found.lead * 2, "{first:?}");
}

/// The lead is what the checkpoint needs and the margin after it, however short the one or the other is.
#[rstest]
#[case::usual(None, Host::Slurm, &[], 15, 5)]
#[case::learned(None, Host::Slurm, &[1, 4, 2], 8, 5)]
#[case::never_less(None, Host::Slurm, &[0], 5, 5)]
#[case::set(Some(40), Host::Slurm, &[1], 40, 5)]
#[case::local(None, Host::Local, &[4], 1, 1)]
#[case::nobody(None, Host::Nobody, &[4], 0, 0)]
fn the_margin_is_learned_too(
    #[case] margin: Option<u64>,
    #[case] host: Host,
    #[case] continuations: &[u64],
    #[case] stop: u64,
    #[case] last: u64,
) {
    let known = learned(&[2, 2, 2], continuations);
    let settings = Settings { margin: margin.map(seconds), ..auto(Effect::Stop) };
    let with = |host| {
        let situation = Situation { host, ..situation() };
        Schedule::new(
            Instant(seconds(14_400)),
            Grounds { settings: &settings, situation: &situation, learned: &known },
        )
    };
    assert_eq!(ahead(&with(host))[1..], [stop, last]);
    // At nearly the same risk the checkpoint itself is given the same.
    let bare = with(host).lead.as_secs_f64() - f64::from(u32::try_from(stop).unwrap());
    let other = schedule(14_400, &Settings { margin: None, ..settings.clone() }, &known).lead.as_secs_f64();
    let other_margin =
        known.continuations.iter().max().map_or(15.0, |most| (most.as_secs_f64() * 2.0).max(5.0));
    assert!((bare - (other - other_margin)).abs() < 0.1, "{bare} {other}");
}

#[test]
fn a_program_that_may_be_killed_at_no_time_has_until_the_deadline() {
    let settings = Settings { kill_safe: false, ..auto(Effect::Stop) };
    assert_eq!(ahead(&schedule(14_400, &settings, &learned(&[2, 2, 2], &[])))[2], 0);
}

#[rstest]
#[case::it_fits(&[20, 20, 20], 1000, None)]
#[case::longer_than_half_of_it_all(&[700, 700, 700], 1000, Some(700))]
fn a_checkpoint_that_no_longer_fits_is_noticed(
    #[case] saves: &[u64],
    #[case] end: u64,
    #[case] too_slow: Option<u64>,
) {
    let found = schedule(end, &auto(Effect::Stop), &learned(saves, &[]));
    assert!(found.lead <= seconds(end / 2));
    assert_eq!(
        found.too_slow.map(|span| span.as_secs_f64().round()),
        too_slow.map(|span| seconds(span).as_secs_f64())
    );
    assert!(found.stop > found.trigger);
}

#[rstest]
#[case::there_is_time(54, false)]
#[case::there_is_none(56, true)]
fn a_set_lead_that_is_too_short_is_noticed(#[case] took: u64, #[case] too_slow: bool) {
    let known = learned(&[took, took, took], &[]);
    assert_eq!(schedule(4000, &settings(), &known).too_slow.is_some(), too_slow);
}

#[rstest]
#[case::no_time_at_all(1)]
#[case::hardly_any(20)]
fn a_learned_lead_is_half_of_the_allocation_at_the_most(#[case] end: u64) {
    let found = schedule(end, &auto(Effect::Stop), &learned(&[100, 200], &[50]));
    assert_eq!(found.lead, seconds(end) / 2);
    assert_eq!(found.deadline.since(found.stop), (seconds(end) / 4).min(seconds(60)));
}

#[test]
fn a_checkpoint_in_no_time_is_given_a_second_all_the_same() {
    let found = schedule(14_400, &auto(Effect::Stop), &learned(&[0; 50], &[0]));
    assert_eq!(found.lead, seconds(6));
}

#[test]
fn a_program_that_looks_rarely_is_asked_earlier() {
    let known = learned(&[2; 10], &[]);
    let settings = Settings { poll: seconds(60), ..auto(Effect::Stop) };
    assert_eq!(schedule(14_400, &settings, &known).lead, seconds(60 + 2 + 15));
}

fn again(safe: u64, settings: &Settings, known: &Learned) -> Option<Schedule> {
    let grounds = Grounds { settings, situation: &situation(), learned: known };
    Schedule::again(Instant(seconds(10_000)), Instant(seconds(safe)), grounds)
}

#[test]
fn again_as_late_as_what_is_left_is_worth() {
    let known = learned(&[20, 22, 18, 21], &[]);
    let next = again(9000, &auto(Effect::Continue), &known).unwrap();
    assert!((50..140).contains(&next.lead.as_secs()), "{next:?}");
    assert_eq!(next.trigger, next.deadline.before(next.lead));
    assert_eq!(ahead(&next)[1..], [15, 5]);
    let later = again(9850, &auto(Effect::Continue), &known).unwrap();
    assert!(later.lead < next.lead, "{later:?}");
    assert_eq!(again(9960, &auto(Effect::Continue), &known), None);
    assert_eq!(again(10_000, &auto(Effect::Continue), &known), None);
    assert_eq!(again(20_000, &auto(Effect::Continue), &known), None);
}

#[test]
fn again_only_where_the_lead_is_learned() {
    let known = learned(&[20, 22, 18, 21], &[]);
    let set = Settings { lead: Lead::Fixed(INITIAL), ..auto(Effect::Continue) };
    assert_eq!(again(9000, &set, &known), None);
    assert_eq!(again(9000, &auto(Effect::Continue), &Learned::default()), None);
}

#[rstest]
#[case::yes(|_: &mut Settings| (), true)]
#[case::ends(|settings: &mut Settings| settings.effect = Effect::Stop, false)]
#[case::a_kill_would_harm(|settings: &mut Settings| settings.kill_safe = false, false)]
#[case::writes_over_its_only_one(|settings: &mut Settings| settings.keeps = true, false)]
#[case::lead_is_set(|settings: &mut Settings| settings.lead = Lead::Fixed(INITIAL), false)]
#[case::cannot_be_asked(|settings: &mut Settings| settings.triggers = vec![Trigger::Wait], false)]
#[case::by_a_limit(|settings: &mut Settings| settings.triggers = vec![Trigger::Limit(Vec::new())], false)]
#[case::by_one_of_them(
    |settings: &mut Settings| settings.triggers.insert(0, Trigger::Wait),
    true
)]
fn who_is_asked_again(#[case] change: fn(&mut Settings), #[case] expected: bool) {
    let mut settings = auto(Effect::Continue);
    settings.triggers = vec![Trigger::Signal { signal: Signal::USR1, to: Target::Leader }];
    change(&mut settings);
    assert_eq!(settings.asks_again(), expected);
}

/// Of a short lead the local margin takes a quarter, that under Slurm half.
#[rstest]
#[case::local(Host::Local, 2, 500)]
#[case::local_at_most(Host::Local, 60, 1000)]
#[case::slurm(Host::Slurm, 8, 4000)]
fn a_short_guess_is_shared_with_the_margin(#[case] host: Host, #[case] lead: u64, #[case] margin: u64) {
    let settings = Settings { lead: Lead::Fixed(seconds(lead)), ..settings() };
    let (situation, learned) = (Situation { host, ..situation() }, &Learned::default());
    let grounds = Grounds { settings: &settings, situation: &situation, learned };
    let found = Schedule::new(Instant(seconds(4000)), grounds);
    assert_eq!(found.deadline.since(found.stop), Duration::from_millis(margin));
}

/// A save that is cut off would take the only checkpoint with it: 5 minutes, or more where one took long.
#[rstest]
#[case::quick(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 10_000, 300)]
#[case::slow(&[1, 200, 1], 10_000, 615)]
#[case::a_quarter_of_a_short_one(&[1], 1000, 250)]
#[case::slow_in_a_short_one(&[100], 1000, 315)]
#[case::half_at_the_most(&[400], 1000, 500)]
fn whoever_stakes_all_is_given_no_less_than_at_first(
    #[case] saves: &[u64],
    #[case] end: u64,
    #[case] lead: u64,
) {
    let settings = Settings { kill_safe: false, ..auto(Effect::Stop) };
    let plan = schedule(end, &settings, &learned(saves, &[]));
    assert_eq!(plan.lead, seconds(lead));
    assert_eq!(plan.basis.map(|basis| basis.checkpoints), Some(saves.len()));
    let copied = Settings { keeps: true, ..settings };
    assert!(schedule(end, &copied, &learned(saves, &[])).lead < seconds(lead) || saves == [400]);
}
