//! Which scheduler a segment runs under.

use std::fmt;
use std::str::FromStr;

/// Where continuations come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Slurm.
    Slurm,
    /// The embedded scheduler: the next segment starts in the same process.
    Local,
    /// None: a transparent supervisor.
    None,
}

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EngineChoice {
    /// Slurm inside a Slurm job, else none.
    Auto,
    /// This one.
    Fixed(Engine),
}

/// Why a text is no [`EngineChoice`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown engine `{0}`; write auto, slurm, local or none")]
pub struct EngineError(pub String);

impl EngineChoice {
    /// The engine to use; `in_slurm_job` says whether `SLURM_JOB_ID` is set.
    pub fn resolve(self, in_slurm_job: bool) -> Engine {
        match self {
            Self::Fixed(engine) => engine,
            Self::Auto if in_slurm_job => Engine::Slurm,
            Self::Auto => Engine::None,
        }
    }
}

impl FromStr for EngineChoice {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "slurm" => Ok(Self::Fixed(Engine::Slurm)),
            "local" => Ok(Self::Fixed(Engine::Local)),
            "none" => Ok(Self::Fixed(Engine::None)),
            _ => Err(EngineError(text.to_owned())),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slurm => "slurm",
            Self::Local => "local",
            Self::None => "none",
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("auto", true, Some(Engine::Slurm))]
    #[case("auto", false, Some(Engine::None))]
    #[case("slurm", false, Some(Engine::Slurm))]
    #[case("local", true, Some(Engine::Local))]
    #[case("none", true, Some(Engine::None))]
    #[case("pbs", true, None)]
    #[case("", true, None)]
    fn engines(#[case] text: &str, #[case] in_job: bool, #[case] engine: Option<Engine>) {
        assert_eq!(text.parse::<EngineChoice>().ok().map(|choice| choice.resolve(in_job)), engine);
    }
}
