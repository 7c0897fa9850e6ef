//! How many steps lie between two restart files, which is also how long a stop may take.
//!
//! It follows from the input alone: every segment of a chain must use the same, since LAMMPS builds its neighbour lists
//! anew at each restart file.

/// LAMMPS' own interval for sorting atoms (`atom_modify sort`).
pub(super) const SORT: u64 = 1000;

/// Where nothing is known of the length of the runs.
const DEFAULT: u64 = 1000;

/// Of the longest run's steps: a hundredth, at most 1000 of them, and no less than a ten-thousandth of the run.
/// A whole number times `sort`, the interval the user sorts atoms in, where there is one.
pub(super) fn interval(longest: Option<u64>, sort: Option<u64>) -> u64 {
    let wanted = longest.map_or(DEFAULT, |steps| (steps / 100).clamp(10, 1000).max(steps / 10_000));
    multiple(round(wanted), sort)
}

/// The next multiple of `of`.
pub(super) fn multiple(interval: u64, of: Option<u64>) -> u64 {
    match of {
        Some(of) if of > 0 => interval.div_ceil(of).saturating_mul(of),
        _ => interval,
    }
}

/// The next smaller of 1, 2, 5, 10, 20, ...
fn round(steps: u64) -> u64 {
    let mut power = 1_u64;
    while steps / 10 >= power {
        power *= 10;
    }
    [5, 2].into_iter().map(|digit| digit * power).find(|value| *value <= steps).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, None, 1000)]
    #[case(Some(250), None, 10)]
    #[case(Some(5000), None, 50)]
    #[case(Some(30_000), None, 200)]
    #[case(Some(1_000_000), None, 1000)]
    #[case(Some(100_000_000), None, 10_000)]
    #[case(Some(5000), Some(30), 60)]
    #[case(Some(5000), Some(0), 50)]
    #[case(Some(u64::MAX), None, 1_000_000_000_000_000)]
    fn intervals(#[case] longest: Option<u64>, #[case] sort: Option<u64>, #[case] expected: u64) {
        assert_eq!(interval(longest, sort), expected);
    }
}
