//! What the tests of this part share.

pub(super) mod chain;
