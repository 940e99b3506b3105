//! Where the services that BSV wallets commonly use are found. Every client takes any other base URL.

/// ARC of TAAL for the main network, which wants an API key (<https://docs.taal.com/core-products/transaction-processing/arc-endpoints>).
pub const ARC_MAIN: &str = "https://arc.taal.com";

/// ARC of TAAL for the test network.
pub const ARC_TEST: &str = "https://arc-test.taal.com";

/// WhatsOnChain for the main network (<https://docs.taal.com/core-products/whatsonchain>).
pub const EXPLORER_MAIN: &str = "https://api.whatsonchain.com/v1/bsv/main";

/// WhatsOnChain for the test network.
pub const EXPLORER_TEST: &str = "https://api.whatsonchain.com/v1/bsv/test";
