//! What ARC says of a transaction.

use tx_builder::{BlockHash, MerklePath, Txid};

/// How far a transaction has got, in ARC's words and order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArcStatus {
    /// ARC does not know it, or not yet.
    Unknown,
    /// It waits to be looked at.
    Queued,
    /// It has arrived.
    Received,
    /// ARC keeps it, and sends it again until it is seen.
    Stored,
    /// Nodes were told of it.
    AnnouncedToNetwork,
    /// A node asked for it.
    RequestedByNetwork,
    /// A node was sent it.
    SentToNetwork,
    /// A node took it.
    AcceptedByNetwork,
    /// A node has it but not all that it spends.
    SeenInOrphanMempool,
    /// Nodes tell each other of it: it is in mempools.
    SeenOnNetwork,
    /// So is another transaction that spends one of the same coins. One of them will be mined.
    DoubleSpendAttempted,
    /// A node refused it.
    Rejected,
    /// Its block is not part of the longest chain (any more). ARC sends it again.
    MinedInStaleBlock,
    /// It is in a block of the longest chain.
    Mined,
}

impl ArcStatus {
    /// Every status.
    pub const ALL: [Self; 14] = [
        Self::Unknown,
        Self::Queued,
        Self::Received,
        Self::Stored,
        Self::AnnouncedToNetwork,
        Self::RequestedByNetwork,
        Self::SentToNetwork,
        Self::AcceptedByNetwork,
        Self::SeenInOrphanMempool,
        Self::SeenOnNetwork,
        Self::DoubleSpendAttempted,
        Self::Rejected,
        Self::MinedInStaleBlock,
        Self::Mined,
    ];

    /// ARC's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Queued => "QUEUED",
            Self::Received => "RECEIVED",
            Self::Stored => "STORED",
            Self::AnnouncedToNetwork => "ANNOUNCED_TO_NETWORK",
            Self::RequestedByNetwork => "REQUESTED_BY_NETWORK",
            Self::SentToNetwork => "SENT_TO_NETWORK",
            Self::AcceptedByNetwork => "ACCEPTED_BY_NETWORK",
            Self::SeenInOrphanMempool => "SEEN_IN_ORPHAN_MEMPOOL",
            Self::SeenOnNetwork => "SEEN_ON_NETWORK",
            Self::DoubleSpendAttempted => "DOUBLE_SPEND_ATTEMPTED",
            Self::Rejected => "REJECTED",
            Self::MinedInStaleBlock => "MINED_IN_STALE_BLOCK",
            Self::Mined => "MINED",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// The block that holds a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinedIn {
    /// The block.
    pub block: BlockHash,
    /// Number of blocks before it.
    pub height: u32,
}

/// What ARC says of a transaction, when asked or of its own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which transaction.
    pub txid: Txid,
    /// How far it has got.
    pub status: ArcStatus,
    /// The block it is in. With [`ArcStatus::MinedInStaleBlock`], the stale one.
    pub mined_in: Option<MinedIn>,
    /// Proof that it stands in a block of that height and of the path's root. ARC's word, until the root is compared
    /// with the header's.
    pub merkle_path: Option<MerklePath>,
    /// Transactions that spend one of the same coins.
    pub rivals: Vec<Txid>,
    /// Further words, for instance why a node refused it.
    pub detail: Option<String>,
}
