//! Public inputs as users write them: `NAME=VALUE`, by the names that a verifying key gives them.

use crate::advice::Advise as _;
use anyhow::anyhow;
use ark_bn254::Fr;
use prover::groth16::{NamedValue, VerifyingKey};
use prover::public::PublicInput;
use script_gen::{ContractDefinition, FixedInput, InputTerm, OpenTerm};
use statement::{BINDING, Class, FIELD_BITS};
use std::collections::BTreeMap;

/// What the public input is called that says a class.
const CLASS: &str = "class";

/// A public input with its value as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedText {
    name: String,
    value: String,
}

/// Reads `NAME=VALUE`; name and value are judged where the key is known.
pub(crate) fn parse_public(text: &str) -> Result<NamedText, String> {
    let wrong = || format!("found {text:?}, expected NAME=VALUE, such as class=7");
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    if name.is_empty() || value.is_empty() {
        return Err(wrong());
    }
    if name == BINDING {
        return Err("binding is made of the spender's key and the nonce: give those".to_owned());
    }
    Ok(NamedText { name: name.to_owned(), value: value.to_owned() })
}

/// All public inputs of a key, the binding first.
pub(crate) fn names_and_bits(vk: &VerifyingKey) -> Vec<(&str, u32)> {
    vk.circuit().public_inputs.iter().map(|input| (input.name.as_str(), input.bits)).collect()
}

/// What `--class` and `--public` say together.
pub(crate) fn given(class: Option<Class>, public: &[NamedText]) -> Vec<NamedText> {
    let class = class.map(|class| NamedText { name: CLASS.to_owned(), value: class.to_string() });
    class.into_iter().chain(public.iter().cloned()).collect()
}

/// The public inputs among `given`, in its order, each checked against the key.
pub(crate) fn known(vk: &VerifyingKey, given: &[NamedText]) -> anyhow::Result<Vec<FixedInput>> {
    let (model, inputs) = (&vk.circuit().model, others(vk));
    let names = || inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut known: Vec<FixedInput> = Vec::new();
    for NamedText { name, value } in given {
        let input = inputs.iter().find(|input| input.name == *name);
        let input = input
            .ok_or_else(|| anyhow!("public input {name}: the verifying key of {model} has none of that name"))
            .advise(format!("name one that it has: {}", names()))?;
        if known.iter().any(|other| other.name() == name) {
            return Err(anyhow!("public input {name} is given twice")).advise("give it once");
        }
        let is_bare_hex = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let advice = if is_bare_hex {
            format!("hex digits need 0x before them: 0x{value}")
        } else {
            "correct the value".to_owned()
        };
        known.push(FixedInput::parse(name, input.bits, value).map_err(anyhow::Error::from).advise(advice)?);
    }
    Ok(known)
}

/// How every public input of the key but the binding enters a contract, in its order: with one of the values in `fixed`,
/// or open, if `definition` or the user in `open` says so. A name in `open` without an index stands for its whole row.
pub(crate) fn terms(
    vk: &VerifyingKey,
    definition: &ContractDefinition,
    fixed: &[FixedInput],
    open: &[String],
) -> anyhow::Result<Vec<InputTerm>> {
    let names: Vec<_> = others(vk).iter().map(|input| input.name.as_str()).collect();
    definition.check_names(&names).advise(
        "take a key of the circuit that this contract is for, or another --contract: `provelock contract list`",
    )?;
    if let Some(unknown) =
        open.iter().find(|wanted| !names.iter().any(|name| is_named(name, core::slice::from_ref(wanted))))
    {
        return Err(anyhow!("--open {unknown}: the verifying key has no public input of that name"))
            .advise(format!("name one that it has: {}", listed_names(names.into_iter())));
    }
    let term = |PublicInput { name, bits }: &PublicInput| {
        let value = fixed.iter().find(|input| input.name() == name);
        let is_asked = is_named(name, open);
        let is_open = is_asked || !definition.may_be_fixed(name);
        match (value, is_open) {
            (Some(value), false) => Ok(InputTerm::Fixed(value.clone())),
            (None, true) => Ok(InputTerm::Open(OpenTerm::new(name, *bits)?)),
            (Some(_), true) => Err(anyhow!("public input {name} has a value, but is given by the spend"))
                .advise(format!("leave out {}", if is_asked { "--open, or the value" } else { "the value" })),
            (None, false) => {
                let or_open = if definition.may_be_open(name) { format!(", --open {name}") } else { String::new() };
                Err(anyhow!("public input {name} has no value, expected one below 2^{bits}")).advise(format!(
                    "add --public {name}=VALUE{or_open}, or take all values from a proof with --proof FILE"
                ))
            }
        }
    };
    others(vk).iter().map(term).collect()
}

/// Whether `name` is one of these, or in a row that one of them names without an index.
pub(crate) fn is_named(name: &str, wanted: &[String]) -> bool {
    let row = name.split('[').next();
    wanted.iter().any(|wanted| wanted == name || Some(wanted.as_str()) == row)
}

/// The public inputs but the binding of a proof that the key accepts: in its order, of its names.
pub(crate) fn of_accepted(vk: &VerifyingKey, public_inputs: &[NamedValue]) -> anyhow::Result<Vec<FixedInput>> {
    let values = public_inputs.iter().skip(1).map(|input| input.value);
    let inputs = others(vk).iter().zip(values);
    inputs.map(|(PublicInput { name, bits }, value)| Ok(FixedInput::new(name, *bits, value)?)).collect()
}

/// Names and values of a proof's public inputs but the binding; how wide they are, only its key knows.
pub(crate) fn of_proof(public_inputs: &[NamedValue]) -> anyhow::Result<Vec<FixedInput>> {
    let others = public_inputs.iter().filter(|input| input.name != BINDING);
    others.map(|NamedValue { name, value }| named(name, *value)).collect()
}

fn named(name: &str, value: Fr) -> anyhow::Result<FixedInput> {
    Ok(FixedInput::new(name, FIELD_BITS, value)?)
}

fn others(vk: &VerifyingKey) -> &[PublicInput] {
    vk.circuit().public_inputs.get(1..).unwrap_or_default()
}

/// For programs: value by name.
pub(crate) fn by_name(inputs: &[FixedInput]) -> BTreeMap<String, String> {
    inputs.iter().map(|input| (input.name().to_owned(), input.value_text())).collect()
}

/// Most numbered inputs of one name that are listed one by one.
const MAX_LISTED: usize = 4;

/// For people: `class = 7, min_score = 3`; of many such as `input[0]` only how many they are.
pub(crate) fn listed(inputs: &BTreeMap<String, String>) -> String {
    let mut parts = Vec::new();
    for (base, names) in by_base(inputs.keys().map(String::as_str)) {
        match names.len() {
            0..=MAX_LISTED => parts.extend(names.iter().map(|name| format!("{name} = {}", inputs[*name]))),
            n => parts.push(format!("{base}[..] ({n} values)")),
        }
    }
    parts.join(", ")
}

/// For people, names alone.
pub(crate) fn listed_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut parts = Vec::new();
    for (base, names) in by_base(names) {
        match names.len() {
            0..=MAX_LISTED => parts.extend(names.into_iter().map(str::to_owned)),
            n => parts.push(format!("{base}[0] to {base}[{}]", n - 1)),
        }
    }
    parts.join(", ")
}

/// Names that differ in their number only stand together.
fn by_base<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in names {
        let base = name.split('[').next().unwrap_or(name);
        match groups.last_mut().filter(|(last, _)| *last == base) {
            Some((_, names)) => names.push(name),
            None => groups.push((base, vec![name])),
        }
    }
    groups
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn parse_public__names_and_values__are_split_at_the_first_equals_sign() {
        let parsed = parse_public("logits[0]=0x1f").unwrap();
        assert_eq!((parsed.name.as_str(), parsed.value.as_str()), ("logits[0]", "0x1f"));
        for wrong in ["class", "=7", "class=", ""] {
            assert!(parse_public(wrong).unwrap_err().contains("expected NAME=VALUE"), "{wrong}");
        }
        assert!(parse_public("binding=1").unwrap_err().contains("the spender's key and the nonce"));
    }

    #[test]
    fn listed__inputs__are_named() {
        let inputs = [named("class", Fr::from(7)).unwrap(), named("min_score", Fr::from(30)).unwrap()];
        assert_eq!(listed(&by_name(&inputs)), "class = 7, min_score = 30");
        let many: Vec<_> = (0..12).map(|k| named(&format!("input[{k}]"), Fr::from(k)).unwrap()).collect();
        assert_eq!(listed(&by_name(&many)), "input[..] (12 values)");
        assert_eq!(listed(&by_name(&many[..2])), "input[0] = 0, input[1] = 1");
        assert_eq!(listed_names(["class", "input[0]"].into_iter()), "class, input[0]");
        assert_eq!(listed_names(many.iter().map(|input| input.name())), "input[0] to input[11]");
    }
}
