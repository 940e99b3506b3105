//! zkml's networks.
