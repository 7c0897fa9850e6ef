//! Places where tests let ckwrap's own code fail. In a release build there are none.

/// Panics where `CKWRAP_FAILPOINT` says so: `PLACE`, or `PLACE:N` for the N-th time it is passed, counted from 1.
pub fn failpoint(place: &'static str) {
    #[cfg(debug_assertions)]
    armed::pass(place);
    #[cfg(not(debug_assertions))]
    let _ = place;
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Failpoint {
        place: String,
        left: AtomicU32,
    }

    pub(super) fn pass(place: &'static str) {
        static FAILPOINT: OnceLock<Option<Failpoint>> = OnceLock::new();
        let Some(armed) = FAILPOINT.get_or_init(read) else { return };
        // It stays at 0: one fault, not a storm.
        let passed = |left: u32| left.checked_sub(1);
        if armed.place == place
            && armed.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, passed) == Ok(1)
        {
            panic!("failpoint {place}");
        }
    }

    fn read() -> Option<Failpoint> {
        let text = std::env::var("CKWRAP_FAILPOINT").ok()?;
        let (place, count) = text.split_once(':').unwrap_or((&text, "1"));
        Some(Failpoint { place: place.to_owned(), left: AtomicU32::new(count.parse().ok()?) })
    }
}
