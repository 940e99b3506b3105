//! Services that hand transactions to miners and answer questions about the chain.

pub mod arc;
pub mod endpoints;
mod error;
pub mod explorer;
mod http;
mod secret;
mod service;

pub use error::{RequestName, ServiceError};
pub use http::{ApiKey, Endpoint, EndpointError, Patience};
pub use secret::SecretError;
pub use service::Service;
