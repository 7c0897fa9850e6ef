//! Text of a job's dependencies, as squeue prints it and sbatch takes it.
//!
//! Printed as `afterok:11(unfulfilled),afterany:5_*(failed)`, or with `?` between where one is enough
//! (measured on 22.05.8 and 25.05.8); the words in parentheses are not taken back.

use std::fmt;

use crate::model::JobId;

/// What a job waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    clauses: Vec<Clause>,
    any: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    /// `afterok`, `afterany`, … or `singleton`.
    kind: String,
    /// What it names: `11`, `5_3`, `5_*`, with `+MINUTES` behind `after`; empty for `singleton`.
    job: Option<String>,
}

impl Dependency {
    /// From squeue's `%E`; `None` for no dependency or text that is not understood.
    pub fn from_text(text: &str) -> Option<Self> {
        let any = text.contains('?');
        if any && text.contains(',') {
            return None;
        }
        let separator = if any { '?' } else { ',' };
        let clauses = text.trim().split(separator).map(Clause::from_text).collect::<Option<_>>()?;
        Some(Self { clauses, any })
    }

    /// Whether it names this job. A dependency on a whole array (`5_*`) names no task of it, as the other
    /// tasks belong to it as well.
    pub fn names(&self, job: JobId) -> bool {
        let name = job.to_string();
        self.clauses.iter().any(|clause| clause.names(&name))
    }

    /// The same with `to` in the place of `from`.
    #[must_use]
    pub fn moved(&self, from: JobId, to: JobId) -> Self {
        let (from, to) = (from.to_string(), to.to_string());
        let mut moved = self.clone();
        for clause in moved.clauses.iter_mut().filter(|clause| clause.names(&from)) {
            let delay = clause.job.as_deref().and_then(|job| job.split_once('+')).map(|(_, delay)| delay);
            clause.job = Some(delay.map_or_else(|| to.clone(), |delay| format!("{to}+{delay}")));
        }
        moved
    }
}

impl Clause {
    fn from_text(text: &str) -> Option<Self> {
        let text = match text.split_once('(') {
            Some((clause, state)) if state.ends_with(')') => clause,
            Some(_) => return None,
            None => text,
        };
        let (kind, job) = match text.split_once(':') {
            Some((kind, job)) => (kind, Some(job)),
            None => (text, None),
        };
        let known = match job {
            None => kind == "singleton",
            Some(job) => {
                let plain = |c: char| c.is_ascii_digit() || matches!(c, '_' | '*' | '+');
                !kind.is_empty()
                    && kind.bytes().all(|byte| byte.is_ascii_lowercase())
                    && job.starts_with(|c: char| c.is_ascii_digit())
                    && job.chars().all(plain)
            }
        };
        known.then(|| Self { kind: kind.to_owned(), job: job.map(str::to_owned) })
    }

    fn names(&self, job: &str) -> bool {
        let Some(own) = self.job.as_deref() else { return false };
        own.split('+').next() == Some(job)
    }
}

impl fmt::Display for Dependency {
    /// As sbatch and `scontrol update` take it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, clause) in self.clauses.iter().enumerate() {
            if index > 0 {
                f.write_str(if self.any { "?" } else { "," })?;
            }
            f.write_str(&clause.kind)?;
            if let Some(job) = &clause.job {
                write!(f, ":{job}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const NEW: JobId = JobId::Single(90);

    #[rstest]
    #[case("afterok:11(unfulfilled)", "11", "afterok:90")]
    #[case("afterok:11(unfulfilled),afterany:12(unfulfilled)", "11", "afterok:90,afterany:12")]
    #[case("afterok:11(unfulfilled)?afterany:12(failed)", "12", "afterok:11?afterany:90")]
    #[case("afterany:5_3(unfulfilled)", "5_3", "afterany:90")]
    #[case("after:11+5(unfulfilled)", "11", "after:90+5")]
    #[case("singleton(unfulfilled),afterok:11(unfulfilled)", "11", "singleton,afterok:90")]
    #[case("afterok:11", "11", "afterok:90")]
    fn moved_to_the_successor(#[case] text: &str, #[case] from: &str, #[case] moved: &str) {
        let from = from.parse().unwrap();
        let dependency = Dependency::from_text(text).unwrap();
        assert!(dependency.names(from));
        assert_eq!(dependency.moved(from, NEW).to_string(), moved);
    }

    #[rstest]
    #[case("afterok:110(unfulfilled)", "11")]
    #[case("afterok:5_*(unfulfilled)", "5_3")]
    #[case("afterok:5_31(unfulfilled)", "5_3")]
    #[case("singleton(unfulfilled)", "11")]
    fn other_jobs_are_left_alone(#[case] text: &str, #[case] job: &str) {
        let job = job.parse().unwrap();
        let dependency = Dependency::from_text(text).unwrap();
        assert!(!dependency.names(job));
        assert_eq!(dependency.moved(job, NEW), dependency);
    }

    #[rstest]
    #[case("(null)")]
    #[case("")]
    #[case("afterok:")]
    #[case("afterok:x")]
    #[case("a,b?c")]
    fn what_is_not_understood_is_none(#[case] text: &str) {
        assert_eq!(Dependency::from_text(text), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            drop(Dependency::from_text(&text).map(|found| found.moved(NEW, NEW).to_string()));
        }
    }
}
