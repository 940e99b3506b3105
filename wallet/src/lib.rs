//! What a user owns and must not lose: keys, encrypted at rest.

pub mod keys;
