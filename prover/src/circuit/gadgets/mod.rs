//! Circuit building blocks, each with its price in constraints. Why each is sound: `docs/math/circuit.md`.

pub(crate) mod activation;
pub(crate) mod argmax;
pub(crate) mod divide;
pub(crate) mod max_pool;
pub(crate) mod pack;
pub(crate) mod product;
pub(crate) mod range;
pub(crate) mod sponge;

#[cfg(test)]
mod tests;
