//! Evaluates a program over polynomials in w: what every number of the script stands for.

use std::collections::HashMap;

use ark_bn254::Fq;
use ark_ff::Field;
use chain_types::Opcode;
use num_bigint::{BigInt, Sign};

use super::{Action, Leaf, Program, Statement};
use crate::poly::Poly;

fn to_field(n: &BigInt) -> Fq {
    let magnitude = Fq::from(n.magnitude().clone());
    if n.sign() == Sign::Minus { -magnitude } else { magnitude }
}

/// The polynomial that the value marked `target` stands for, given polynomials for leaves; `None` if it depends on a
/// leaf that is not given.
pub(crate) fn evaluate(program: &Program, leaves: &HashMap<Leaf, Poly>, target: Leaf) -> Option<Poly> {
    let mut values: Vec<Option<Poly>> =
        program.constants.iter().map(|c| c.as_ref().map(|n| Poly::scalar(to_field(n)))).collect();
    for (leaf, id) in &program.leaves {
        if let Some(poly) = leaves.get(leaf) {
            values[id.index()] = Some(poly.clone());
        }
    }
    let (_, target) = program.leaves.iter().find(|(leaf, _)| *leaf == target)?;
    for statement in &program.statements {
        let [result] = statement.results[..] else { continue };
        if values[result.index()].is_none() {
            values[result.index()] = step(statement, &values);
        }
        if result == *target {
            break;
        }
    }
    values[target.index()].take()
}

/// The value of one statement; `None` for anything but ring operations on known values.
fn step(statement: &Statement, values: &[Option<Poly>]) -> Option<Poly> {
    let arg = |k: usize| values[statement.args.get(k)?.index()].as_ref();
    match statement.action {
        Action::Commutative(Opcode::OP_ADD) => Some(arg(0)?.add(arg(1)?)),
        Action::Commutative(Opcode::OP_MUL) => Some(arg(0)?.mul(arg(1)?)),
        Action::Subtract => Some(arg(0)?.sub(arg(1)?)),
        Action::Op(Opcode::OP_2MUL) => Some(arg(0)?.add(arg(0)?)),
        Action::Op(Opcode::OP_1ADD) => Some(arg(0)?.add(&Poly::scalar(Fq::ONE))),
        Action::Op(Opcode::OP_1SUB) => Some(arg(0)?.sub(&Poly::scalar(Fq::ONE))),
        Action::Op(Opcode::OP_NEGATE) => Some(arg(0)?.neg()),
        // Congruent modulo q, or moved: the same polynomial.
        Action::Reduce | Action::Raise | Action::Stash | Action::Unstash => Some(arg(0)?.clone()),
        _ => None,
    }
}
