//! From a contract and its coin to transactions that are ready to send: locking, claims, settlements, refunds.
//!
//! A [`Contract`](script_gen::Contract) is a locking script with two ways out: a **claim** for whoever has a proof, and a
//! **refund** for whoever put the coin there, from a lock time on. [`lock`] pays into it. [`Locked`] is the coin it made;
//! its methods spend it. [`Evidence`] is a proof as the script takes it.
//!
//! | the contract pays | spent by |
//! |---|---|
//! | the prover | [`Locked::claim`] |
//! | the prover, if its signer has signed a public input | [`Locked::attest`] by the signer, then [`Locked::claim_attested`] |
//! | by class | [`Locked::settle`], by anybody |
//! | nobody until the lock time | [`Locked::refund`] |
//!
//! Whoever signs says where the coins go ([`Spender`]); the outputs of a settlement are the contract's.
//!
//! What is handed out has been run on the script machine under the rules and limits a node applies before it relays;
//! the piece of the script that fails is named. What only a chain knows is left to the chain: whether the coin exists and
//! is unspent, and whether the lock time of a refund is reached. Ask it before a claim that gives something away is sent:
//! [`Disclosure::check`].
//!
//! # A whole contract
//!
//! ```
//! use chain_types::{FeeRate, Satoshis};
//! use contracts::{Evidence, Locked, Purse, lock};
//! use ledger::{Chain as _, EmbeddedLedger, mature_coin};
//! use prover::circuit::{Answer, CLASS, Claim};
//! use prover::groth16::{prove, setup};
//! use prover::{Circuit, CircuitSpec, Dataset, Model, infer};
//! use rand::rngs::OsRng;
//! use script_gen::{Contract, FixedInput, LockTime, Refund, Target, Terms};
//! use statement::Nonce;
//! use std::path::Path;
//! use tx_builder::SigningKey;
//!
//! // Setup, once for a network: the key that contracts are made of, and the one that makes proofs.
//! let model = Model::load(Path::new("../models/mnist-tiny"))?;
//! let circuit = Circuit::inference(&model, &CircuitSpec::of(&model))?;
//! let (proving_key, vk) = setup(&circuit, &mut OsRng)?;
//!
//! // Lock: the funder pays whoever shows that the network calls some image a seven, or takes it back after block 200.
//! let funder = SigningKey::random(&mut OsRng);
//! let mut chain = EmbeddedLedger::new(FeeRate::DEFAULT);
//! let coin = mature_coin(&mut chain, funder.pubkey_hash())?;
//! let seven = FixedInput::parse(CLASS, 4, "7")?;
//! let refund = Refund { recipient: funder.pubkey_hash(), lock_time: LockTime::new(200)? };
//! let terms = Terms::pay_prover([seven.into()], Nonce(*b"doc test"), refund);
//! let contract = Contract::new(vk.inner(), terms, Target::GENESIS)?;
//! let purse = Purse { key: &funder, coins: &[coin] };
//! let deployment = lock(&contract, Satoshis(100_000), &purse, FeeRate::DEFAULT)?;
//! chain.broadcast(&deployment.transaction)?;
//!
//! // Prove: the image stays with the prover; the proof names whom it is for.
//! let prover = SigningKey::random(&mut OsRng);
//! let folder = Path::new("../models/data/mnist");
//! let set = Dataset::load(&folder.join("t10k-images-idx3-ubyte.gz"), &folder.join("t10k-labels-idx1-ubyte.gz"))?;
//! let (image, _) = set.iter().find(|(_, label)| *label == 7).ok_or("no seven")?;
//! let input = model.input().tensor(image)?;
//! let class = infer(&model, &input)?.class;
//! let assignment = circuit.assign(&Claim {
//!     binding: &contract.binding(prover.pubkey_hash()),
//!     model: &model,
//!     model_salt: None,
//!     inputs: &[input],
//!     input_salts: &[],
//!     answer: &Answer::Class(vec![class]),
//! })?;
//! let proof = prove(&proving_key, &circuit, &assignment, &mut OsRng)?;
//!
//! // Claim.
//! let evidence = Evidence::new(&contract, proof.inner(), assignment.public_inputs())?;
//! let locked = Locked::of(&contract, &deployment.transaction)?;
//! let claim = locked.claim(&prover, &evidence, FeeRate::DEFAULT)?;
//! chain.broadcast(&claim.transaction)?;
//! assert_eq!(claim.transaction.output[0].value.to_sat(), 100_000 - claim.fee.0);
//!
//! // A thief who sees the claim has the proof, but it names the prover.
//! assert!(locked.claim(&SigningKey::random(&mut OsRng), &evidence, FeeRate::DEFAULT).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! One program for each contract of the library is below `contracts/examples`.
//!
//! # How a script sees its transaction
//!
//! Refunds, settlements and attested claims are checked by introspection (`docs/math/introspection.md`): the script takes
//! one signature hash in four. This crate tries lock times, or for a refund the free part of the sequence, until the hash
//! will do. Every input of a claim keeps the highest sequence, so that the transaction is final whatever its lock time: a
//! node that keeps an early refund aside takes no other spend of the coin but such a one.

mod attestation;
mod attestation_file;
mod deployment;
mod disclosure;
mod error;
mod evidence;
mod grind;
mod locked;
mod reading;
mod signed;
mod spender;

pub use attestation::{AttestationFault, SignedCommitment};
pub use attestation_file::AttestationFileError;
pub use deployment::{Purse, SettlementFee, check_amount, lock, settlement_fees};
pub use disclosure::{Disclosure, DisclosureError, discloses};
pub use error::{LockError, SpendError, Way};
pub use evidence::Evidence;
pub use locked::Locked;
pub use signed::{CheckError, Signed, check, fragment_name, fragment_names, spend_version};
pub use spender::Spender;
