//! Layers of settings and their origins.
