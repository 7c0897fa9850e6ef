//! Student's t distribution for a whole number of degrees of freedom.
//!
//! Knows nothing of checkpoints. For whole numbers the distribution function is a finite sum of powers of a cosine (Abramowitz
//! and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4): exact, short, and nothing that has to converge.

use std::f64::consts::PI;

/// The probability that a t-distributed variable is at most `t`. Never outside of 0 to 1, whatever `t` is.
pub(super) fn cdf(t: f64, degrees: u32) -> f64 {
    if t.is_nan() {
        return 0.5;
    }
    let degrees = degrees.max(1);
    let angle = (t.abs() / f64::from(degrees).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    // The probability between -|t| and |t|.
    let between = if degrees.is_multiple_of(2) {
        sine * powers(cosine, 1.0, 1, degrees / 2)
    } else {
        2.0 / PI * (angle + sine * powers(cosine, cosine, 2, (degrees - 1) / 2))
    };
    let at_most = if t < 0.0 { (1.0 - between) / 2.0 } else { f64::midpoint(1.0, between) };
    at_most.clamp(0.0, 1.0)
}

/// So many terms, each the one before times the squared cosine and k/(k+1) with k growing by two.
fn powers(cosine: f64, first: f64, k: u32, terms: u32) -> f64 {
    let mut term = first;
    let mut sum = 0.0;
    let mut k = k;
    for _ in 0..terms {
        sum += term;
        term *= cosine * cosine * f64::from(k) / f64::from(k + 1);
        k += 2;
    }
    sum
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Values of the usual tables, to their last digit.
    #[rstest]
    #[case::one(1, 1.0, 0.75)]
    #[case::one_far_out(1, 318.308_838_985_554_3, 0.999)]
    #[case::two(2, 2.919_985_580_353_726, 0.95)]
    #[case::three(3, 5.840_909_309_732_855, 0.995)]
    #[case::three_in_the_middle(3, 0.276_670_662_332_689_9, 0.6)]
    #[case::four(4, 7.173_182_219_782_31, 0.999)]
    #[case::five(5, 2.570_581_835_636_314, 0.975)]
    #[case::twelve(12, 3.929_633_264_618_96, 0.999)]
    #[case::thirty(30, 1.697_260_886_593_957, 0.95)]
    #[case::fifty_one(51, 2.007_583_770_315_836, 0.975)]
    fn as_in_the_tables(#[case] degrees: u32, #[case] t: f64, #[case] expected: f64) {
        assert!((cdf(t, degrees) - expected).abs() < 1e-9, "{}", cdf(t, degrees));
        assert!((cdf(-t, degrees) - (1.0 - expected)).abs() < 1e-9, "{}", cdf(-t, degrees));
    }

    #[rstest]
    fn its_middle_and_its_ends(#[values(0, 1, 2, 3, 10, 53)] degrees: u32) {
        assert!((cdf(0.0, degrees) - 0.5).abs() < 1e-15);
        assert!(cdf(f64::INFINITY, degrees) > 0.999_999_999);
        assert!(cdf(f64::NEG_INFINITY, degrees) < 1e-9);
        assert!((cdf(f64::NAN, degrees) - 0.5).abs() < 1e-15);
    }

    #[rstest]
    fn it_grows(#[values(1, 2, 3, 8, 9, 52)] degrees: u32) {
        let at = |step: i32| cdf(f64::from(step) / 10.0, degrees);
        assert!((-200..200).all(|step| at(step) <= at(step + 1) + 1e-15));
        assert!((-30..30).all(|step| at(step) < at(step + 1)));
    }
}
