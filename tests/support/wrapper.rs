//! What stands between the test and the program: nothing, or a supervisor.

use std::ffi::OsString;

/// The build under test: the one made with the tests, or the program that `CKWRAP_TEST_BINARY` names.
fn ckwrap() -> OsString {
    std::env::var_os("CKWRAP_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_ckwrap").into())
}

/// Words put before a command.
#[derive(Debug, Clone)]
pub(crate) struct Wrapper(Vec<OsString>);

impl Wrapper {
    /// No wrapper: how the program behaves by itself.
    pub(crate) fn bare() -> Self {
        Self(Vec::new())
    }

    /// `ckwrap --`, or the words of `CKWRAP_TEST_WRAPPER` (such as `tini -s --`), to compare with other supervisors.
    pub(crate) fn wrapped() -> Self {
        match std::env::var("CKWRAP_TEST_WRAPPER") {
            Ok(words) if !words.trim().is_empty() => {
                Self(words.split_whitespace().map(OsString::from).collect())
            }
            _ => Self(vec![ckwrap(), "--".into()]),
        }
    }

    /// `ckwrap OPTIONS --`: with options there is no other supervisor to compare with.
    pub(crate) fn ckwrap(options: &str) -> Self {
        let options = options.split_whitespace().map(OsString::from);
        Self(std::iter::once(ckwrap()).chain(options).chain(["--".into()]).collect())
    }

    /// The words.
    pub(crate) fn words(&self) -> &[OsString] {
        &self.0
    }
}
