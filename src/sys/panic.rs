//! Panics of ckwrap's own code: caught where something better than dying can be done.
//!
//! Knows nothing of what that is.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook};

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A mistake of ckwrap's own: what was wrong and where in the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic(String);

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error: {}", self.0)
    }
}

/// From here on a panic is remembered for [`guarded`] and prints nothing by itself.
pub(super) fn remember_panics() {
    set_hook(Box::new(|info| {
        let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line()));
        let text = format!("{}{}", words(info.payload()), place.unwrap_or_default());
        // Without the thread's memory, which is going, there is still the payload.
        let _ = LAST.try_with(|last| last.replace(Some(text)));
    }));
}

/// Runs `work`; a panic in it ends there.
///
/// What `work` has left half done is the caller's to judge.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = LAST.try_with(RefCell::take).ok().flatten().unwrap_or_else(|| words(&*payload));
        // A payload whose end panics again must not undo what was caught.
        std::mem::forget(payload);
        Panic(text)
    })
}

/// Lets what was caught by [`guarded`] go on, in the thread that can deal with it.
pub fn resume(panic: Panic) -> ! {
    resume_unwind(Box::new(panic.0))
}

fn words(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason given".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_panic_comes_back() {
        assert_eq!(guarded(|| 7), Ok(7));
    }

    #[test]
    fn a_panic_is_told_with_its_reason() {
        let told = guarded(|| -> u8 { panic!("no {}", "luck") }).map_err(|panic| panic.to_string());
        assert!(told.as_ref().is_err_and(|text| text.starts_with("internal error: no luck")), "{told:?}");
    }
}
