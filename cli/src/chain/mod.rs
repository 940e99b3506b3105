//! Chains that transactions go to: a node, or services; or a file, and nobody.

mod ancestors;
mod coins;
mod connect;
mod disclosure;
mod order;
mod progress;

pub(crate) use connect::{Connected, connect};
pub(crate) use disclosure::{ADVICE as DISCLOSURE_ADVICE, Disclosing};
pub(crate) use order::{ChainDestination, Destination, Kind, Order, Sent, deployment_in, open_of, open_wallet};
pub(crate) use progress::{follow, how_it_stands, is_taken};
