//! The words after `scripts/bench waste`.

use std::time::{SystemTime, UNIX_EPOCH};

/// What is wanted.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) json: bool,
    pub(crate) check: bool,
    pub(crate) runs: u32,
    pub(crate) plot: Option<String>,
    seed: Option<u64>,
}

impl Arguments {
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self { runs: 50, ..Self::default() };
        let mut words = words;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--json" => arguments.json = true,
                "--check" => arguments.check = true,
                "--plot" => arguments.plot = Some(value()?),
                "--seed" => arguments.seed = Some(number(&value()?)?),
                "--runs" => arguments.runs = number(&value()?)?.clamp(1, 100_000).try_into().unwrap_or(1),
                // By cargo itself.
                "--bench" => {}
                _ => return Err(format!("{word} is not an option; see scripts/bench waste --help")),
            }
        }
        Ok(arguments)
    }

    /// A fixed one, and one that nothing was tuned to.
    pub(crate) fn seeds(&self) -> Vec<u64> {
        let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(2, |since| since.as_secs());
        self.seed.map_or_else(|| vec![1, fresh()], |seed| vec![seed])
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number"))
}
