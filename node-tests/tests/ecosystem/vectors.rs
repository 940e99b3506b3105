//! The SDK's script machine on the pairs of scripts whose verdicts a real node has given.

use std::collections::BTreeMap;

use node_tests::contract::repository;
use serde::Deserialize;

use crate::tools::ask;

#[derive(Deserialize)]
struct Vectors {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    cases: Vec<Verdicts>,
}

/// The verdicts on one pair of scripts, by the mempool's rules and by a block's.
#[derive(Deserialize)]
struct Verdicts {
    name: String,
    policy: String,
    consensus: String,
}

/// Why the SDK judges otherwise than the node, for each way in which it does; none of our scripts comes near any.
fn difference(node: &str, sdk: &str) -> &'static str {
    match (node, sdk) {
        ("Script number overflow" | "Given operand is not a number within the valid range [-2^31...2^31]", "ok") => {
            "numbers have no greatest length"
        }
        ("ok", "Maximum BigInt size exceeded") => "a shift by very many bits fails",
        ("ok", "The public key is in an unknown format.") => "a key is read where the signature is empty",
        ("ok", "OP_CHECKSEQUENCEVERIFY lock time is unsatisfied.") => "OP_CHECKSEQUENCEVERIFY still counts",
        ("Opcode missing or not understood", "ok") => "what follows OP_RETURN is not read",
        _ => "unknown",
    }
}

#[test]
fn sdk__scripts_that_a_node_judged__differ_in_five_known_ways() {
    let path = repository("fixtures/script-vectors/vectors.json");
    let text = std::fs::read_to_string(&path).expect("a file of the repository");
    let vectors: Vectors = serde_json::from_str(&text).expect("the vectors' format");
    let group = vectors.groups.into_iter().find(|group| group.name == "default limits").expect("it is there");
    let answers: Vec<Verdicts> = ask("vectors.mjs", &path.canonicalize().expect("it is there"));
    assert_eq!(answers.len(), group.cases.len());

    let mut differences = BTreeMap::new();
    let mut agreed = 0;
    for (node, sdk) in group.cases.iter().zip(&answers) {
        assert_eq!(node.name, sdk.name);
        for (node, sdk) in [(&node.policy, &sdk.policy), (&node.consensus, &sdk.consensus)] {
            if (node == "ok") == (sdk == "ok") {
                agreed += 1;
            } else {
                *differences.entry(difference(node, sdk)).or_insert(0) += 1;
            }
        }
    }
    let expected = [
        ("OP_CHECKSEQUENCEVERIFY still counts", 1),
        ("a key is read where the signature is empty", 2),
        ("a shift by very many bits fails", 30),
        ("numbers have no greatest length", 8),
        ("what follows OP_RETURN is not read", 2),
    ];
    assert_eq!((agreed, differences), (1_207, expected.into()));
}
