//! The durable record of a chain.
