//! All integration tests, in one binary.

mod conformance;
mod heat;
mod support;
