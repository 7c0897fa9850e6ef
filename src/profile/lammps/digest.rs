//! A short name for a text: whether an input is still the one that a checkpoint came from.

/// FNV-1a, 64 bits: no defence against malice, and none is needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a text, told apart from the next one.
    pub(super) fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Ten hexadecimal digits.
    pub(super) fn text(self) -> String {
        let all = format!("{:016x}", self.0);
        all.chars().take(10).collect()
    }
}
