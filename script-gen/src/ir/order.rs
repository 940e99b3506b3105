//! Rearranges the statements of units: bytes change, meaning does not.
//!
//! In which order independent statements are laid out decides how far values have to be moved. The orders here were found
//! by simulated annealing over the length of whole scripts (`ir/search.rs`), one for all units of a fragment.

use std::ops::Range;

use chain_types::Profile;

use super::Program;

/// An order for all units of a fragment that have as many statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitOrder<'a> {
    /// Last part of the fragment's path.
    pub(crate) fragment: &'a str,
    /// Which of the statements as recorded stands at each place.
    pub(crate) statements: &'a [u8],
}

impl UnitOrder<'_> {
    /// Whether the order is for this unit.
    pub(crate) fn fits(&self, program: &Program, unit: &Range<usize>) -> bool {
        let path = &program.fragments[program.statements[unit.start].fragment];
        self.statements.len() == unit.len() && path.rsplit('/').next() == Some(self.fragment)
    }
}

/// Rearranges all units that `orders` has an order for.
pub(crate) fn arrange(program: &mut Program, orders: &[UnitOrder<'_>]) {
    for unit in program.units.clone() {
        let Some(order) = orders.iter().find(|order| order.fits(program, &unit)) else { continue };
        let recorded = program.statements[unit.clone()].to_vec();
        let arranged: Vec<_> = order.statements.iter().map(|k| recorded[usize::from(*k)].clone()).collect();
        program.statements.splice(unit, arranged);
    }
}

/// Whether every value of a unit is made before it is used, and the alternative stack is used as recorded, if its
/// statements stand in this order.
#[cfg(any(test, feature = "search"))]
pub(crate) fn is_valid(program: &Program, unit: &Range<usize>, order: &[u8]) -> bool {
    use super::{Action, Id};

    let recorded = &program.statements[unit.clone()];
    let mut unmade: Vec<Id> = recorded.iter().flat_map(|statement| statement.results.clone()).collect();
    let alt: Vec<usize> =
        (0..recorded.len()).filter(|k| matches!(recorded[*k].action, Action::Stash | Action::Unstash)).collect();
    let mut alt_left = alt.iter();
    order.iter().all(|k| {
        let k = usize::from(*k);
        let statement = &recorded[k];
        let made = statement.args.iter().all(|arg| !unmade.contains(arg));
        unmade.retain(|id| !statement.results.contains(id));
        made && (!alt.contains(&k) || alt_left.next() == Some(&k))
    })
}

/// The orders for scripts of this profile.
pub(crate) const fn orders(profile: Profile) -> &'static [UnitOrder<'static>] {
    match profile {
        Profile::Genesis => GENESIS,
        Profile::Chronicle => CHRONICLE,
    }
}

/// Found over the verifier with one input of 232 bits, from which the one without inputs differs little.
#[rustfmt::skip]
const GENESIS: &[UnitOrder<'_>] = &[
    UnitOrder { fragment: "doubling", statements: &[19, 20, 23, 24, 25, 26, 27, 21, 22, 28, 2, 3, 13, 14, 15, 16, 17, 11, 12, 18, 30, 31, 29, 32, 0, 34, 1, 33, 35, 4, 5, 6, 7, 8, 9, 10] },
    UnitOrder { fragment: "addition", statements: &[0, 1, 6, 7, 2, 3, 4, 5, 8, 9, 12, 13, 14, 18, 19, 22, 23, 24, 25, 26, 20, 21, 27, 10, 11, 29, 30, 28, 31, 33, 15, 32, 34, 16, 17] },
    UnitOrder { fragment: "power", statements: &[0, 1, 2, 3] },
    UnitOrder { fragment: "chunk", statements: &[0, 10, 1, 2, 3, 4, 6, 5, 7, 8, 9, 11, 12] },
    UnitOrder { fragment: "placement", statements: &[2, 0, 1, 4, 3] },
    UnitOrder { fragment: "public_input", statements: &[0, 1, 2, 4, 3, 6, 5] },
    UnitOrder { fragment: "public_input", statements: &[0, 1, 2, 3, 5, 7, 4, 6] },
];

/// The same under the rules since Chronicle.
#[rustfmt::skip]
const CHRONICLE: &[UnitOrder<'_>] = &[
    UnitOrder { fragment: "doubling", statements: &[2, 12, 13, 14, 15, 16, 10, 11, 17, 3, 4, 5, 6, 7, 8, 9, 18, 21, 22, 23, 24, 25, 19, 20, 28, 29, 27, 26, 0, 30, 32, 31, 1, 33] },
    UnitOrder { fragment: "addition", statements: &[17, 20, 21, 22, 23, 24, 18, 19, 25, 0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 9, 10, 27, 28, 26, 30, 32, 29, 31, 16] },
    UnitOrder { fragment: "power", statements: &[1, 0, 2, 3] },
    UnitOrder { fragment: "placement", statements: &[0, 4, 2, 1, 3] },
    UnitOrder { fragment: "public_input", statements: &[0, 1, 3, 5, 2, 4] },
    UnitOrder { fragment: "public_input", statements: &[0, 1, 2, 4, 6, 3, 5] },
];
