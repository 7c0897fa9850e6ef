//! Signals by number and name, real-time signals included.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Linux signal, 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Signal(i32);

/// Why a text is no [`Signal`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown signal `{0}`; write it as USR1, SIGUSR1, 10 or RTMIN+1")]
pub struct SignalError(pub String);

/// First real-time signal a program may use; glibc and musl keep 32 and 33 (musl 34) for themselves, and
/// both call 34 (musl 35) RTMIN. ckwrap names them as glibc does, as the programs it starts use glibc.
const RTMIN: i32 = 34;
const RTMAX: i32 = 64;

/// Names of signals 1 to 31 on Linux (signal(7), x86 and ARM numbering).
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

macro_rules! constants {
    ($($name:ident = $number:literal),* $(,)?) => {
        impl Signal {
            $(#[doc = concat!("SIG", stringify!($name))]
            pub const $name: Self = Self($number);)*
        }
    };
}

constants! {
    HUP = 1, INT = 2, QUIT = 3, KILL = 9, USR1 = 10, SEGV = 11, USR2 = 12, PIPE = 13, ALRM = 14, TERM = 15,
    CHLD = 17, CONT = 18, STOP = 19, TSTP = 20, TTIN = 21, TTOU = 22, WINCH = 28,
}

impl Signal {
    /// The signal with this number, if there is one.
    pub fn from_number(number: i32) -> Option<Self> {
        (1..=RTMAX).contains(&number).then_some(Self(number))
    }

    /// Its number, 1 to 64.
    pub fn number(self) -> i32 {
        self.0
    }

    /// Its bit in the masks of `/proc/PID/status` (`SigCgt` and the like).
    pub fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }
}

impl FromStr for Signal {
    type Err = SignalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || SignalError(text.to_owned());
        if let Ok(number) = text.parse::<i32>() {
            return Self::from_number(number).ok_or_else(unknown);
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(index) = NAMES.iter().position(|known| *known == name) {
            return i32::try_from(index + 1).ok().and_then(Self::from_number).ok_or_else(unknown);
        }
        match name {
            "CLD" => return Ok(Self::CHLD),
            "IOT" => return Ok(Self(6)),
            "POLL" => return Ok(Self(29)),
            _ => {}
        }
        let offset = |part: &str| if part.is_empty() { Some(0) } else { part.get(1..)?.parse::<u8>().ok() };
        let real_time = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
            (Some(part), _) if part.is_empty() || part.starts_with('+') => {
                offset(part).map(|n| RTMIN + i32::from(n))
            }
            (_, Some(part)) if part.is_empty() || part.starts_with('-') => {
                offset(part).map(|n| RTMAX - i32::from(n))
            }
            _ => None,
        };
        real_time.filter(|number| (RTMIN..=RTMAX).contains(number)).map(Self).ok_or_else(unknown)
    }
}

impl TryFrom<String> for Signal {
    type Error = SignalError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Signal> for String {
    fn from(signal: Signal) -> Self {
        signal.to_string()
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = usize::try_from(self.0 - 1).unwrap_or(usize::MAX);
        match (NAMES.get(index), self.0) {
            (Some(name), _) => write!(f, "SIG{name}"),
            (None, RTMIN) => f.write_str("SIGRTMIN"),
            (None, number) if number > RTMIN => write!(f, "SIGRTMIN+{}", number - RTMIN),
            (None, number) => write!(f, "{number}"),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("USR1", Some(10))]
    #[case("SIGUSR1", Some(10))]
    #[case("sigterm", Some(15))]
    #[case("10", Some(10))]
    #[case("RTMIN+1", Some(35))]
    #[case("SIGRTMAX-1", Some(63))]
    #[case("RTMIN+40", None)]
    #[case("RTMAX-60", None)]
    #[case("0", None)]
    #[case("65", None)]
    #[case("-9", None)]
    #[case("USR3", None)]
    #[case("", None)]
    fn parses(#[case] text: &str, #[case] number: Option<i32>) {
        assert_eq!(text.parse::<Signal>().ok().map(Signal::number), number);
    }

    #[test]
    fn every_signal_prints_as_what_it_parses_from() {
        for number in 1..=64 {
            let signal = Signal::from_number(number).unwrap();
            assert_eq!(signal.to_string().parse(), Ok(signal));
        }
    }
}
