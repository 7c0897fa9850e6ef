//! How a chain has gone, in a form that does not grow with its segments: a look at a very long one needs little memory.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::trace::{Sample, Trace};
use super::{Account, Totals, accounts};
use crate::journal::History;
use crate::model::Timestamp;

/// So many of the latest segments are looked at for what is usual.
const LATEST: usize = 100;

/// How a chain has gone.
#[derive(Debug)]
pub(in crate::report) struct Course<'a> {
    pub(in crate::report) totals: Totals,
    /// The latest segments, oldest first.
    pub(in crate::report) latest: VecDeque<Account<'a>>,
    /// How long before its deadline a checkpoint was last asked for.
    pub(in crate::report) lead: Option<Duration>,
    /// Time of computing until each word of progress towards the present goal, and what was done then.
    pub(in crate::report) points: Vec<(Duration, f64)>,
    /// The last word.
    pub(in crate::report) last: Option<Sample>,
    /// Segments in all.
    pub(in crate::report) segments: usize,
}

impl<'a> Course<'a> {
    /// Of this chain; `running` as in [`accounts`].
    pub(in crate::report) fn of(
        history: &'a History,
        trace: &'a Trace,
        running: bool,
        now: Timestamp,
    ) -> Self {
        let mut course = Self {
            totals: Totals::default(),
            latest: VecDeque::with_capacity(LATEST + 1),
            lead: None,
            points: Vec::new(),
            last: None,
            segments: history.segments.len(),
        };
        let samples = trace.progress();
        course.last = samples.last().copied();
        let mut samples = samples.iter().peekable();
        let mut computed = Duration::ZERO;
        for (place, account) in accounts(history, trace, running, now).enumerate() {
            while let Some(sample) = samples.next_if(|sample| sample.segment <= place) {
                course.point(sample, computed.saturating_add(sample.at - account.segment.started));
            }
            computed = computed.saturating_add(account.until - account.segment.started);
            course.totals.add(&account);
            course.lead = account.lead.or(course.lead);
            course.latest.push_back(account);
            if course.latest.len() > LATEST {
                course.latest.pop_front();
            }
        }
        course
    }

    fn point(&mut self, sample: &Sample, computed: Duration) {
        let Some(total) = self.last.map(|last| last.progress.total()) else { return };
        if (sample.progress.total() - total).abs() <= total * 1e-9 {
            self.points.push((computed, sample.progress.done()));
        }
    }
}
