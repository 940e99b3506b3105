//! The file that says who is paid for which class: `docs/formats.md`, "Payouts".

use crate::advice::Advise as _;
use crate::files;
use crate::values::parse_address;
use anyhow::{Context as _, anyhow, bail};
use chain_types::{LockingScript, Satoshis};
use script_gen::{Payout, Payouts};
use serde::Deserialize;
use std::path::Path;

const FORMAT: &str = "provelock-payouts";
const VERSION: u32 = 1;
/// Far above any such file.
const MAX_LEN: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    /// Name of the public input that is the class.
    #[serde(default = "class")]
    input: String,
    #[serde(rename = "class")]
    classes: Vec<Entry>,
}

/// What one class pays, or several do alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    is: Classes,
    pay: Vec<Output>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Classes {
    One(usize),
    Several(Vec<usize>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    address: Option<String>,
    script: Option<String>,
    satoshis: u64,
}

fn class() -> String {
    prover::circuit::CLASS.to_owned()
}

/// Most classes that payouts can go by.
const MAX_CLASSES: usize = 128;

/// Reads a payouts file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Payouts> {
    let text = files::read_text(path, MAX_LEN)?;
    parse(&text)
        .with_context(|| format!("{} is not a usable payouts file", path.display()))
        .advise("correct the file; `provelock contract build --help` shows one")
}

fn parse(text: &str) -> anyhow::Result<Payouts> {
    let File { format, version, input, classes } = toml::from_str(text)?;
    if (format.as_str(), version) != (FORMAT, VERSION) {
        bail!("it is {format} version {version}, expected {FORMAT} version {VERSION}");
    }
    let mut by_class = vec![None; MAX_CLASSES];
    for (k, Entry { is, pay }) in classes.into_iter().enumerate() {
        let outputs = pay.iter().enumerate().map(|(n, output)| output.read().with_context(|| format!("class[{k}].pay[{n}]")));
        let outputs = outputs.collect::<anyhow::Result<Vec<_>>>()?;
        let named = match is {
            Classes::One(class) => vec![class],
            Classes::Several(classes) => classes,
        };
        for class in named {
            let slot = by_class.get_mut(class);
            let slot: &mut Option<_> =
                slot.ok_or_else(|| anyhow!("class[{k}].is: {class}, expected 0 to {}", MAX_CLASSES - 1))?;
            if slot.replace(outputs.clone()).is_some() {
                bail!("class[{k}].is: {class} has its outputs already");
            }
        }
    }
    // Classes beyond the list pay nobody either, and take no bytes of script.
    while by_class.last().is_some_and(Option::is_none) {
        by_class.pop();
    }
    Ok(Payouts::new(&input, by_class)?)
}

impl Output {
    fn read(&self) -> anyhow::Result<Payout> {
        let locking_script = match (&self.address, &self.script) {
            (Some(address), None) => {
                let address = parse_address(address).map_err(|problem| anyhow!("address {address:?}: {problem}"))?;
                LockingScript::p2pkh(&address.pubkey_hash.0)
            }
            (None, Some(script)) => {
                let bytes = hex::decode(script).map_err(|problem| anyhow!("script: not hex: {problem}"))?;
                if bytes.is_empty() {
                    bail!("script: empty, expected the bytes of a locking script in hex");
                }
                LockingScript::from_bytes(bytes)
            }
            (None, None) => bail!("neither address nor script is given, expected one of them"),
            (Some(_), Some(_)) => bail!("address and script are both given, expected one of them"),
        };
        let value = Satoshis(self.satoshis);
        // An output that can never be spent may carry data for nothing; any other of 0 satoshis is dust to a node.
        let is_data = locking_script.as_bytes().starts_with(&LockingScript::DATA_PREFIX);
        if (value == Satoshis(0) && !is_data) || value > Satoshis::MAX {
            bail!("satoshis: {}, expected 1 to {}", value.0, Satoshis::MAX.0);
        }
        Ok(Payout { value, locking_script })
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    const HEAD: &str = "format = \"provelock-payouts\"\nversion = 1\n";
    const ADDRESS: &str = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r";

    fn error(body: &str) -> String {
        format!("{:#}", parse(&format!("{HEAD}{body}")).unwrap_err())
    }

    #[test]
    fn parse__two_kinds_of_outputs__are_those_of_their_classes() {
        let text = format!(
            "{HEAD}[[class]]\nis = 0\npay = [{{ address = \"{ADDRESS}\", satoshis = 5 }}]\n\n[[class]]\nis = [2, 3]\n\
             pay = [{{ script = \"51\", satoshis = 7 }}, {{ script = \"006a\", satoshis = 0 }}]\n"
        );
        let payouts = parse(&text).unwrap();
        assert_eq!((payouts.input(), payouts.by_class().len()), ("class", 4), "none beyond the last that pays");
        let p2pkh = LockingScript::p2pkh(&parse_address(ADDRESS).unwrap().pubkey_hash.0);
        assert_eq!(payouts.outputs(0), Some(&[Payout { value: Satoshis(5), locking_script: p2pkh }][..]));
        assert_eq!(payouts.outputs(1), None);
        let outputs = payouts.outputs(3).unwrap();
        assert_eq!(outputs, payouts.outputs(2).unwrap());
        assert_eq!(outputs[0].locking_script.as_bytes(), [0x51]);
        assert_eq!((outputs[0].value, outputs[1].value), (Satoshis(7), Satoshis(0)));
    }

    #[test]
    fn parse__wrong_file__names_field_found_and_expected() {
        let one = |pay: &str| format!("[[class]]\nis = 1\npay = [{pay}]\n");
        for (body, parts) in [
            (one("{ satoshis = 1 }"), ["class[0].pay[0]", "neither address nor script"]),
            (one(&format!("{{ address = \"{ADDRESS}\", script = \"51\", satoshis = 1 }}")), ["class[0].pay[0]", "both given"]),
            (one("{ script = \"51\", satoshis = 0 }"), ["class[0].pay[0]", "satoshis: 0, expected 1 to"]),
            (one("{ script = \"51\", satoshis = 2100000000000001 }"), ["satoshis: 2100000000000001", "expected 1 to"]),
            (one("{ script = \"5x\", satoshis = 1 }"), ["class[0].pay[0]", "not hex"]),
            (one("{ script = \"\", satoshis = 1 }"), ["class[0].pay[0]", "script: empty"]),
            (one("{ address = \"m\", satoshis = 1 }"), ["address \"m\"", "class[0].pay[0]"]),
            (one("{ script = \"51\", satoshis = -1 }"), ["-1", "line 5"]),
            (one("{ script = \"51\", satoshis = 1, memo = 2 }"), ["unknown field `memo`", "line 5"]),
            (one(""), ["class 1", "no output"]),
            ("[[class]]\nis = 128\npay = []\n".to_owned(), ["class[0].is: 128", "expected 0 to 127"]),
            ("class = []\n".to_owned(), ["no class pays", ""]),
            (format!("{0}{0}", one("{ script = \"51\", satoshis = 1 }")), ["class[1].is: 1", "already"]),
        ] {
            let found = error(&body);
            assert!(parts.iter().all(|part| found.contains(part)), "{found:?} lacks one of {parts:?}");
        }
        let other = parse("format = \"provelock-payouts\"\nversion = 2\nclass = []\n").unwrap_err();
        assert!(other.to_string().contains("version 2, expected provelock-payouts version 1"), "{other}");
    }
}
