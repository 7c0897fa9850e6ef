//! Chains that once went wrong, each under the name of what it showed.
