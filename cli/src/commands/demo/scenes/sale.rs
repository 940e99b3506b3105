//! `model-sale`: the buyer's coins open for the key that decrypts a good network, and for nothing else.

use super::bounty::{WANTED, certificate_facts, hidden_line};
use super::{accuracy_line, facts, model_facts};
use crate::commands::demo::scene::{Lie, Scene, ScenePayee, Step};
use crate::commands::demo::statement::Statement;
use crate::commands::demo::world::{CERTIFIED, World};
use crate::output::Output;
use crate::values::grouped;
use anyhow::Context as _;
use prover::circuit::SALE_KEY;
use prover::sale::{Ciphertext, SaleKey};
use prover::{Circuit, Model};
use serde_json::json;
