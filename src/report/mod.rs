//! What people are shown of a chain.
