//! Every contract of the library under the rules of each profile, with a coin, its claim and its refund.

use std::sync::OnceLock;

use chain_types::{FeeRate, Instruction, LockingScript, Profile, UnlockingScript};
use contracts::Signed;
use ledger::EmbeddedLedger;
use node_tests::{
    contract::lock,
    scenario::{Scenario, scenarios},
};
use script_gen::{ContractArtifact, ContractDefinition, ScryptArtifact};
use tx_builder::Transaction;

/// A contract with what others are asked about it.
pub(crate) struct Subject {
    /// `settlement, chronicle`.
    pub(crate) name: String,
    /// Name of its definition.
    pub(crate) definition: &'static str,
    pub(crate) profile: Profile,
    pub(crate) locking_script: LockingScript,
    /// The artifact, as sCrypt has them.
    pub(crate) artifact: String,
    /// The values in the script that the artifact's constructor takes.
    pub(crate) values: Vec<Vec<u8>>,
    pub(crate) claim: Signed,
    pub(crate) refund: Signed,
}

impl Subject {
    fn of(scenario: &Scenario) -> Self {
        let Scenario { definition, contract, artifact, .. } = scenario;
        let profile = contract.profile();
        let mut ledger = EmbeddedLedger::new(FeeRate::DEFAULT).with_profile(profile);
        let coin = lock(&mut ledger, contract.locking_script());
        let values = ScryptArtifact::constructor_values(contract).into_iter();
        Self {
            name: format!("{}, {}", scenario.name(), profile.name()),
            definition,
            profile,
            locking_script: contract.locking_script().clone(),
            artifact: ScryptArtifact::new(artifact, contract).to_json(),
            values: values.map(|(_, value)| value).collect(),
            claim: scenario.claim(&coin),
            refund: scenario.refund(&coin),
        }
    }
}

/// All contracts, by the rules of Genesis and by those of Chronicle; made once.
pub(crate) fn subjects() -> &'static [Subject] {
    static SUBJECTS: OnceLock<Vec<Subject>> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        let both = |scenario| {
            let genesis = Subject::of(&scenario);
            [genesis, Subject::of(&under_chronicle(scenario))]
        };
        scenarios().into_iter().flat_map(both).collect()
    })
}

/// The same contract for the rules of Chronicle.
pub(crate) fn under_chronicle(scenario: Scenario) -> Scenario {
    let definition = ContractDefinition::named(scenario.definition).expect("a contract of the library");
    let vk = scenario.case.verifying_key.inner();
    let terms = scenario.contract.terms().clone();
    let (artifact, contract) = ContractArtifact::build(&definition.with_profile(Profile::Chronicle), vk, terms)
        .expect("the rules do not matter to terms");
    let evidence = scenario.case.evidence(&contract, scenario.prover.pubkey_hash());
    Scenario { contract, artifact, evidence, ..scenario }
}

/// The pushes of the script that spends a transaction's coin.
pub(crate) fn pushes(transaction: &Transaction) -> Vec<Vec<u8>> {
    let script = UnlockingScript::from_bytes(transaction.input[0].script_sig.to_bytes());
    let push = |item| match item {
        Ok((_, Instruction::Push { data, .. })) => data,
        other => panic!("{other:?}"),
    };
    script.instructions().map(push).collect()
}

/// The transaction with other pushes.
pub(crate) fn with_pushes(mut transaction: Transaction, pushes: &[Vec<u8>]) -> Transaction {
    let mut script = UnlockingScript::default();
    pushes.iter().for_each(|push| script.push_slice(push));
    transaction.input[0].script_sig = script.into_bytes().into();
    transaction
}
