//! The words of a `limit` trigger: the program's own limit, given to it at its start. Pure.

use std::ffi::OsString;
use std::time::Duration;

/// `words` with the time left filled in: `{hours_left}` in ten-thousandths, `{minutes_left}` and `{seconds_left}`
/// whole; all rounded down, so that the program stops early rather than late.
pub fn words(words: &[String], left: Duration) -> Vec<OsString> {
    let seconds = left.as_secs();
    // In units of 0.36 s, for four decimals without floating point.
    let units = left.as_millis() / 360;
    let hours = format!("{}.{:04}", units / 10_000, units % 10_000);
    let fill = |word: &String| {
        word.replace("{hours_left}", &hours)
            .replace("{minutes_left}", &(seconds / 60).to_string())
            .replace("{seconds_left}", &seconds.to_string())
            .into()
    };
    words.iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(5400.0, "1.5000")]
    #[case(3599.99, "0.9999")]
    #[case(0.1, "0.0000")]
    #[case(360_000.0, "100.0000")]
    fn hours(#[case] seconds: f64, #[case] text: &str) {
        let filled = words(&["-maxh".into(), "{hours_left}".into()], Duration::from_secs_f64(seconds));
        assert_eq!(filled, ["-maxh", text]);
    }

    #[test]
    fn minutes_and_seconds() {
        let filled = words(&["{minutes_left}:{seconds_left}".into()], Duration::from_secs(119));
        assert_eq!(filled, ["1:119"]);
        assert_eq!(words(&["{hours_left}".into()], Duration::MAX).len(), 1);
    }
}
