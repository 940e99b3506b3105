//! What holds for every spend of a contract or a verifier.

use chain_types::Profile;

/// What a spend must keep under a profile, beside the scripts.
pub(crate) const fn spend_rule(profile: Profile) -> Option<&'static str> {
    match profile {
        Profile::Genesis => None,
        Profile::Chronicle => {
            Some("mine the output after the Chronicle upgrade, and spend it with a transaction of version 2")
        }
    }
}
