//! The lead that saves most, for a program that ends after its checkpoint and for one that goes on.
//!
//! Knows how long checkpoints took and how much work is at risk; neither the deadline nor what must happen after a checkpoint.

use std::time::Duration;

use super::forecast::{Forecast, Law};
use super::saves::Saves;

/// Points of the first, coarse look at all leads.
const POINTS: u32 = 160;
/// Steps of the second look, between the neighbours of the best of them.
const STEPS: u32 = 24;
/// The first of several requests comes so many times as early as an only one would: it is an insurance against tails that
/// few measurements cannot show, and costs little, as what is computed after it is saved by the next one.
const INSURANCE: f64 = 2.5;
/// A program that ends after its checkpoint pays for each second of a lead that is too long. As long as few measurements
/// leave much open, the lead is no longer than what the user set for the beginning, or so many times the longest seen.
const BEYOND_LONGEST: f64 = 2.5;
/// A further checkpoint is worth it if it saves at least so many times the time it takes itself.
const WORTH_IT: f64 = 0.5;

/// The lead in seconds after which most work is expected to be saved, and that work: the maximum of
/// `(at_risk - lead) * within(lead)`.
pub fn best(at_risk: f64, law: &impl Law) -> (f64, f64) {
    let work = |lead: f64| (at_risk - lead) * law.within(lead);
    let low = (law.median() / 8.0).min(at_risk / 2.0);
    if !(low > 0.0 && at_risk.is_finite()) {
        return (0.0, 0.0);
    }
    let ratio = (at_risk / low).powf(1.0 / f64::from(POINTS));
    let point = |k: u32| low * ratio.powi(i32::try_from(k).unwrap_or(i32::MAX));
    let by_work = |a: &u32, b: &u32| work(point(*a)).total_cmp(&work(point(*b)));
    let top = (0..POINTS).max_by(by_work).unwrap_or(0);
    let (mut from, mut to) = (point(top.saturating_sub(1)), point(top + 1));
    for _ in 0..STEPS {
        let third = (to - from) / 3.0;
        if work(from + third) < work(to - third) {
            from += third;
        } else {
            to -= third;
        }
    }
    let lead = f64::midpoint(from, to);
    (lead, work(lead))
}

/// Requests in one segment at the most, to a program that goes on: what a further one saves is next to nothing.
pub const REQUESTS: u32 = 3;

/// What is known before a request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Time from the last good checkpoint, or the start, to the moment by which the next must be complete.
    pub at_risk: Duration,
    /// How long checkpoints took.
    pub saves: &'a Saves,
    /// The lead until something was measured.
    pub initial: Duration,
    /// How long the program may take to notice a request. The quickest checkpoint may have been noticed at once.
    pub delay: Duration,
}

impl Request<'_> {
    /// The lead for a program that ends after its checkpoint.
    pub fn only(&self) -> Duration {
        let Some((forecast, longest)) = Forecast::of(self.saves).zip(self.saves.longest()) else {
            return self.initial.saturating_add(self.delay);
        };
        let (lead, _) = best(self.at_risk.as_secs_f64(), &forecast);
        let enough = self.initial.max(times(longest, BEYOND_LONGEST));
        self.noticed(span(lead).min(enough))
    }

    /// The lead of the first request to a program that goes on after its checkpoint and will be asked again.
    pub fn first(&self) -> Duration {
        let Some(forecast) = Forecast::of(self.saves) else {
            return times(self.initial, INSURANCE).saturating_add(self.delay);
        };
        let at_risk = self.at_risk.as_secs_f64();
        let (lead, _) = best(at_risk, &forecast);
        // An insurance does not cost more than a quarter of what it insures.
        self.noticed(span((lead * INSURANCE).min(lead.max(at_risk / 4.0))))
    }

    /// The lead of one more request after a checkpoint in the same segment; `None` where that is not worth it.
    pub fn later(&self) -> Option<Duration> {
        let forecast = Forecast::of(self.saves)?;
        let (lead, _) = best(self.at_risk.as_secs_f64(), &forecast);
        let lead = self.noticed(span(lead));
        let work = self.at_risk.saturating_sub(lead).as_secs_f64() * forecast.within(lead.as_secs_f64());
        (work >= WORTH_IT * forecast.median()).then_some(lead)
    }

    fn noticed(&self, lead: Duration) -> Duration {
        // Two that are cut off one after the other may leave a program with two files none: after the first, the lead is not
        // shortened below the initial one.
        let owed = self.saves.owed();
        let lead = if owed.is_zero() { lead } else { lead.max(owed).max(self.initial) };
        match self.saves.shortest() {
            Some(shortest) if !self.delay.is_zero() => lead.max(shortest.saturating_add(self.delay)),
            _ => lead,
        }
    }
}

fn times(span: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(span.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const INITIAL: Duration = Duration::from_secs(300);

    fn seconds(list: &[u64]) -> Saves {
        list.iter().copied().map(Duration::from_secs).collect()
    }

    fn request(at_risk: Duration, saves: &Saves) -> Request<'_> {
        Request { at_risk, saves, initial: INITIAL, delay: Duration::ZERO }
    }

    /// A law whose best lead is known: 1 - exp(-x/m), best at m (R/m + 1 - W(e^(R/m + 1))), W being Lambert's function.
    struct Exponential(f64);

    impl Law for Exponential {
        fn within(&self, seconds: f64) -> f64 {
            1.0 - (-seconds.max(0.0) / self.0).exp()
        }

        fn median(&self) -> f64 {
            self.0 * 2.0_f64.ln()
        }
    }

    /// Equal chances from 0 to a: best at min(a, R/2).
    struct Uniform(f64);

    impl Law for Uniform {
        fn within(&self, seconds: f64) -> f64 {
            (seconds / self.0).clamp(0.0, 1.0)
        }

        fn median(&self) -> f64 {
            self.0 / 2.0
        }
    }

    #[rstest]
    #[case::one_hour(20.0, 3600.0, 103.4)]
    #[case::one_day(60.0, 86_400.0, 435.9)]
    fn best_of_exponential(#[case] mean: f64, #[case] at_risk: f64, #[case] expected: f64) {
        let (lead, work) = best(at_risk, &Exponential(mean));
        assert!((lead - expected).abs() < 0.5, "{lead}");
        assert!((work - (at_risk - lead) * Exponential(mean).within(lead)).abs() < 1e-9);
    }

    /// Nothing near it is better, wherever it lies between the points that are tried first.
    #[rstest]
    #[case::of_eight(8.0, 1000.0)]
    #[case::tiny(0.08, 100.0)]
    #[case::tiny_in_a_day(0.01, 86_400.0)]
    #[case::near_the_whole(300.0, 1000.0)]
    fn nothing_near_the_best_is_better(
        #[case] median: f64,
        #[case] at_risk: f64,
        #[values(1.0, 1.013, 1.029, 1.041, 1.057)] factor: f64,
    ) {
        let law = Exponential(median * factor / 2.0_f64.ln());
        let (lead, work) = best(at_risk, &law);
        for near in [0.7, 0.9, 0.99, 0.999, 1.001, 1.01, 1.1, 1.4] {
            let other = (at_risk - lead * near) * law.within(lead * near);
            assert!(other < work, "{lead} {work}: {near} {other}");
        }
    }

    /// Half of the median of ten seconds is five, and four and a half are left.
    #[test]
    fn less_than_half_of_what_it_takes_is_not_worth_it() {
        let saves = seconds(&[10; 50]);
        let delay = Duration::from_secs(30);
        let later = |left| Request { delay, ..request(Duration::from_millis(left), &saves) }.later();
        assert_eq!((later(44_500), later(45_500).is_some()), (None, true));
    }

    #[rstest]
    #[case::all_fit(10.0, 1000.0, 10.0)]
    #[case::half_of_the_time(1000.0, 400.0, 200.0)]
    fn best_of_uniform(#[case] longest: f64, #[case] at_risk: f64, #[case] expected: f64) {
        let (lead, _) = best(at_risk, &Uniform(longest));
        assert!((lead / expected - 1.0).abs() < 0.01, "{lead}");
    }

    #[rstest]
    #[case::nothing(0.0)]
    #[case::less(-1.0)]
    #[case::endless(f64::INFINITY)]
    #[case::no_number(f64::NAN)]
    fn with_no_sensible_time_at_risk_there_is_no_lead(#[case] at_risk: f64) {
        assert_eq!(best(at_risk, &Uniform(10.0)), (0.0, 0.0));
    }

    #[test]
    fn until_something_is_measured_the_initial_lead_holds() {
        let none = Saves::new();
        let delay = Duration::from_secs(7);
        let request = Request { delay, ..request(HOUR, &none) };
        assert_eq!(request.only(), INITIAL + delay);
        assert_eq!(request.first(), INITIAL * 5 / 2 + delay);
        assert_eq!(request.later(), None);
    }

    #[rstest]
    #[case::quick(&[2, 2, 3, 2, 2, 2], HOUR, 4, 12)]
    #[case::usual(&[20, 25, 18, 30, 22, 21, 19, 27, 24, 20], HOUR * 24, 60, 150)]
    #[case::slow(&[240, 250, 230, 240, 245], HOUR * 24, 500, 1500)]
    #[case::a_day_is_more_at_risk_than_an_hour(&[60; 10], HOUR * 24, 180, 250)]
    #[case::an_hour(&[60; 10], HOUR, 100, 150)]
    fn leads_lie_where_they_are_expected(
        #[case] list: &[u64],
        #[case] at_risk: Duration,
        #[case] least: u64,
        #[case] most: u64,
    ) {
        let saves = seconds(list);
        let lead = request(at_risk, &saves).only().as_secs();
        assert!((least..most).contains(&lead), "{lead}");
    }

    #[test]
    fn little_knowledge_does_not_cost_a_program_that_ends_much() {
        let (short, long) = (seconds(&[20]), seconds(&[400]));
        assert_eq!(request(HOUR * 24, &short).only(), INITIAL);
        assert_eq!(request(HOUR * 24, &long).only(), Duration::from_secs(1000));
        assert!(request(HOUR * 24, &short).first() > INITIAL * 2);
    }

    #[test]
    fn the_first_of_several_is_an_insurance_of_up_to_a_quarter_of_what_is_at_risk() {
        let saves = seconds(&[20, 25, 18, 30, 22, 21, 19, 27, 24, 20]);
        let (only, first) = (request(HOUR, &saves).only(), request(HOUR, &saves).first());
        assert!((first.as_secs_f64() / only.as_secs_f64() - 2.5).abs() < 1e-6, "{first:?} {only:?}");
        let slow = seconds(&[500, 600, 550]);
        let (only, _) = best(HOUR.as_secs_f64(), &Forecast::of(&slow).unwrap());
        assert_eq!(request(HOUR, &slow).first(), span(only));
        let between = seconds(&[250, 260, 240, 250, 250, 255, 245, 250, 250, 250]);
        assert_eq!(request(HOUR, &between).first(), HOUR / 4);
    }

    #[rstest]
    #[case::much_left(600, true)]
    #[case::as_long_as_it_takes(20, false)]
    #[case::nothing_left(0, false)]
    fn one_more_where_it_is_worth_it(#[case] left: u64, #[case] worth: bool) {
        let saves = seconds(&[20, 25, 18, 30, 22]);
        let later = request(Duration::from_secs(left), &saves).later();
        assert_eq!(later.is_some(), worth, "{later:?}");
        assert!(later.is_none_or(|lead| lead < Duration::from_secs(left)));
    }

    /// With a fixed lead of 30 s for 20 s of writing, one more saves what is computed before it: 10 s is the limit.
    #[rstest]
    #[case::more_than_half_of_what_it_takes(72, true)]
    #[case::less(67, false)]
    fn worth_it_is_half_of_what_it_takes(#[case] left: u64, #[case] worth: bool) {
        let saves = seconds(&[20; 50]);
        let delay = Duration::from_secs(40);
        let later = Request { delay, ..request(Duration::from_secs(left), &saves) }.later();
        assert_eq!(later, worth.then_some(Duration::from_secs(60)));
    }

    #[test]
    fn a_program_that_looks_rarely_is_asked_so_much_earlier() {
        let saves = seconds(&[2, 3, 2, 2, 2]);
        let asked = |delay| Request { delay: Duration::from_secs(delay), ..request(HOUR, &saves) };
        assert_eq!(asked(60).only(), Duration::from_secs(62));
        assert_eq!(asked(60).first(), Duration::from_secs(62));
        assert_eq!(asked(60).later(), Some(Duration::from_secs(62)));
        assert_eq!(asked(1).only(), asked(0).only());
    }

    #[test]
    fn after_one_that_was_cut_off_the_next_is_given_twice_as_much() {
        let mut saves = seconds(&[1; 20]);
        let before = request(HOUR, &saves);
        assert!(before.only() < Duration::from_secs(10));
        saves.note_unfinished(Duration::from_secs(200));
        assert_eq!(request(HOUR, &saves).only(), Duration::from_secs(400));
        assert_eq!(request(HOUR, &saves).first(), Duration::from_secs(400));
        assert_eq!(request(HOUR, &saves).later(), Some(Duration::from_secs(400)));
        saves.note(Duration::from_secs(1));
        assert!(request(HOUR, &saves).only() < Duration::from_secs(100));
    }

    #[test]
    fn after_one_that_was_cut_off_the_lead_is_not_shortened_below_the_initial_one() {
        let mut saves = seconds(&[1; 20]);
        saves.note_unfinished(Duration::from_secs(2));
        let request = request(HOUR, &saves);
        assert_eq!([request.only(), request.first(), request.later().unwrap()], [INITIAL; 3]);
    }

    /// Whatever was measured: a lead is a number, and no longer than what there is.
    #[rstest]
    fn absurd_measurements_give_a_lead_all_the_same(
        #[values(&[0], &[0; 50], &[u64::MAX], &[1, u64::MAX], &[10, 10, 10, 10, 1_000_000_000])]
        list: &[u64],
        #[values(0, 1, 3600, 86_400, u64::MAX)] at_risk: u64,
    ) {
        let saves = seconds(list);
        let at_risk = Duration::from_secs(at_risk);
        let request = request(at_risk, &saves);
        for lead in [Some(request.only()), Some(request.first()), request.later()].into_iter().flatten() {
            assert!(lead <= at_risk, "{lead:?}");
        }
    }

    #[test]
    fn one_absurd_measurement_among_many_does_not_eat_the_allocation() {
        let mut list = vec![10; 20];
        list.push(3600);
        let saves = seconds(&list);
        let lead = request(HOUR * 4, &saves).only();
        assert!(lead < HOUR / 4, "{lead:?}");
    }

    #[test]
    fn numbers_that_are_too_large_for_a_time_are_none() {
        assert_eq!(times(Duration::MAX, 2.0), Duration::MAX);
        assert_eq!(times(Duration::from_secs(3), 2.5), Duration::from_millis(7500));
        assert_eq!(span(f64::NAN), Duration::ZERO);
        assert_eq!(span(-1.0), Duration::ZERO);
    }
}
