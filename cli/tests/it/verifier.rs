//! Proofs of other tools, from their files to scripts that open.

use crate::common::{Run, run_in, workshop};
use chain_types::{LockingScript, UnlockingScript};
use foreign_tools::{Circuit, Tool};
use script_vm::{Machine, NoSignatures};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// A folder of the test's own.
pub(crate) struct Bench {
    pub(crate) folder: PathBuf,
}

impl Bench {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("verifier").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// With the files that one tool wrote for one circuit.
    pub(crate) fn with(name: &str, tool: Tool, circuit: Circuit) -> Self {
        let bench = Self::new(name);
        let kept = foreign_tools::fixtures_folder().join(tool.folder()).join(circuit.folder());
        for file in fs::read_dir(kept).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), bench.folder.join(file.file_name())).unwrap();
        }
        bench
    }

    pub(crate) fn run(&self, arguments: &str) -> Run {
        run_in(&self.folder, &format!("verifier {arguments} --format json"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), content).unwrap();
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }

    /// Runs the locking script of a verifier's file with an unlocking script in hex, without the program.
    #[track_caller]
    fn opens(&self, verifier: &str, unlocking: &str) {
        let artifact: Value = serde_json::from_str(&self.text(verifier)).unwrap();
        let bytes = |text: &str| hex::decode(text.trim()).unwrap();
        let locking = LockingScript::from_bytes(bytes(artifact["locking_script"].as_str().unwrap()));
        let unlocking = UnlockingScript::from_bytes(bytes(&self.text(unlocking)));
        assert_eq!(artifact["locking_script_bytes"], locking.len());
        assert_eq!(artifact["unlocking_script_bytes"], unlocking.len());
        Machine::policy().run(&unlocking, &locking, &NoSignatures).unwrap();
    }
}

/// Arguments that name a tool's key, and its proof with public inputs.
pub(crate) fn files_of(tool: Tool) -> (&'static str, &'static str) {
    match tool {
        Tool::Snarkjs => ("--vk verification_key.json", "--proof proof.json --public public.json"),
        Tool::ZoKrates => ("--vk verification.key", "--proof proof.json"),
        Tool::ArkworksCompressed | Tool::ArkworksUncompressed => {
            ("--vk verifying_key.bin", "--proof proof.bin --public public_inputs.bin")
        }
    }
}

#[test]
fn unlock__proof_of_every_tool__opens_the_verifier_of_its_key() {
    let formats = ["snarkjs", "ZoKrates", "arkworks, compressed", "arkworks, uncompressed"];
    for (tool, format) in Tool::ALL.into_iter().zip(formats) {
        let bench = Bench::with(tool.folder(), tool, Circuit::Three);
        let (key, claim) = files_of(tool);
        let built = bench.run(&format!("build {key} --input fixed=7 --input full --input full --out v.json")).yes();
        assert_eq!(built["key_format"], format);
        assert_eq!(built["inputs"], serde_json::json!(["fixed=7", "full", "full"]));
        assert!(built["warning"].as_str().unwrap().contains("binds no transaction"));
        let unlocked = bench.run(&format!("unlock --verifier v.json {claim} --out u.hex")).yes();
        assert_eq!((&unlocked["accepted"], &unlocked["proof_format"]), (&true.into(), &format.into()));
        assert!(unlocked["warning"].as_str().unwrap().contains("binds no transaction"));
        assert_eq!(unlocked["unlocking_script"], bench.text("u.hex").trim());
        assert_eq!(unlocked["unlocking_script_bytes"], built["unlocking_script_bytes"]);
        bench.opens("v.json", "u.hex");
        // Straight from the key the script is the same, so the same unlocking script opens it.
        let direct = bench.run(&format!("unlock {key} --input 0=fixed=7 {claim}")).yes();
        assert_eq!(direct["locking_script_bytes"], built["locking_script_bytes"]);
    }
}

#[test]
fn unlock__arkworks_files_of_this_run__opens_the_verifier() {
    let bench = Bench::new("made");
    for files in foreign_tools::make(Tool::ArkworksCompressed).unwrap() {
        bench.write("vk", &files.verifying_key.bytes);
        bench.write("proof", &files.proof.bytes);
        bench.write("public", hex::encode(&files.public_inputs.bytes));
        bench.run("build --vk vk --out v.json --force").yes();
        let unlocked = bench.run("unlock --verifier v.json --proof proof --public public --out u.hex --force").yes();
        assert_eq!(unlocked["public_format"], "arkworks, scalars");
        bench.opens("v.json", "u.hex");
        // Another run's key has another constant in the script.
        let kept = Bench::with("kept", Tool::ArkworksCompressed, files.circuit);
        kept.write("proof.bin", &files.proof.bytes);
        kept.run("unlock --vk verifying_key.bin --proof proof.bin --public public_inputs.bin").no("does not verify");
    }
}

#[test]
fn unlock__own_key_and_proof__opens_the_verifier() {
    let shop = workshop();
    let built = shop
        .run("verifier build --vk keys/mnist-square.vk.json --input bits=224 --input bits=4 --out own-v.json")
        .yes();
    assert_eq!(
        (&built["key_format"], &built["inputs"]),
        (&"provelock".into(), &serde_json::json!(["bits=224", "bits=4"]))
    );
    let unlocked = shop.run("verifier unlock --verifier own-v.json --proof proof.json").yes();
    assert_eq!((&unlocked["accepted"], &unlocked["proof_format"]), (&true.into(), &"provelock".into()));
    let public = shop.run("verifier unlock --verifier own-v.json --proof proof.json --public proof.json").yes();
    assert_eq!(public["public_format"], "provelock");
    // The proof says what it is about; about anything else it says nothing.
    fs::write(shop.path("other-public.txt"), "7 7").unwrap();
    shop.run("verifier unlock --verifier own-v.json --proof proof.json --public other-public.txt")
        .no("does not verify");
}

#[test]
fn unlock__proof_that_does_not_open__is_a_no_with_its_reason() {
    let bench = Bench::with("no", Tool::Snarkjs, Circuit::Three);
    let full: Vec<String> = serde_json::from_str(&bench.text("public.json")).unwrap();
    let public = |name: &str, values: &[&str]| bench.write(name, values.join("\n"));
    let [seven, near_r, last] = [full[0].as_str(), full[1].as_str(), full[2].as_str()];
    public("other", &["8", near_r, last]);
    public("swapped", &[near_r, seven, last]);
    public("short", &[seven, near_r]);
    public("long", &[seven, near_r, last, "0"]);
    let unlock = "unlock --vk verification_key.json --proof proof.json --out u.hex";
    let with = |more: &str| bench.run(&format!("{unlock} {more}"));
    with("--public other").no("does not verify");
    with("--public swapped").no("does not verify");
    with("--public short").no("2 public inputs, the verifying key takes 3");
    with("--public long").no("4 public inputs, the verifying key takes 3");
    with("--public public.json --input 0=fixed=8").no("public input 0 is 7, the locking script has fixed=8");
    with("--public public.json --input 0=bits=2").no("public input 0 has 3 bits, the locking script takes 2");
    with("--public other --input 0=fixed=7").no("public input 0 is 8, the locking script has fixed=7");
    let proof: Value = serde_json::from_str(&bench.text("proof.json")).unwrap();
    let mut changed = proof.clone();
    changed["pi_c"] = proof["pi_a"].clone();
    bench.write("changed.json", changed.to_string());
    let changed = unlock.replace("proof.json", "changed.json");
    bench.run(&format!("{changed} --public public.json")).no("does not verify");
    changed_to_infinity(&bench, proof);
    bench.run(&format!("{} --public public.json", unlock.replace("proof.json", "infinity.json"))).no("infinity");
    assert!(!bench.has("u.hex"), "a refused proof leaves no file");
    // The twin of them all.
    with("--public public.json --input 0=bits=3").yes();
    assert!(bench.has("u.hex"));
}

/// The same proof with the identity for A.
fn changed_to_infinity(bench: &Bench, mut proof: Value) {
    proof["pi_a"] = serde_json::json!(["0", "1", "0"]);
    bench.write("infinity.json", proof.to_string());
}

#[test]
fn build__chronicle__says_how_to_spend_and_is_read_back() {
    let bench = Bench::with("chronicle", Tool::ZoKrates, Circuit::One);
    let built = bench.run("build --vk verification.key --profile chronicle --out v.json").yes();
    assert_eq!(built["profile"], "chronicle");
    assert!(built["spend_rule"].as_str().unwrap().contains("version 2"), "{built}");
    let unlocked = bench.run("unlock --verifier v.json --proof proof.json").yes();
    assert_eq!((&unlocked["profile"], &unlocked["spend_rule"]), (&"chronicle".into(), &built["spend_rule"]));
    let genesis = bench.run("unlock --vk verification.key --proof proof.json").yes();
    assert_eq!((&genesis["profile"], &genesis["spend_rule"]), (&"genesis".into(), &Value::Null));
}

#[test]
fn build__text__shows_sizes_formats_and_the_warning() {
    let bench = Bench::with("text", Tool::Snarkjs, Circuit::One);
    let run = run_in(&bench.folder, "verifier build --vk verification_key.json --out v.json");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    for part in ["snarkjs", "genesis", "public input 0    full", "locking script", "together", "WARNING", "binds no"] {
        assert!(run.stdout.contains(part), "{part} in {}", run.stdout);
    }
    let run = run_in(&bench.folder, "verifier unlock --verifier v.json --proof proof.json --public public.json");
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains("WARNING") && !run.stdout.contains('\u{1b}'), "{}", run.stdout);
    // The last line is the script alone.
    bench.write("u.hex", run.stdout.lines().last().unwrap());
    bench.opens("v.json", "u.hex");
}

/// The bars of the project's record, in bytes at default policy limits.
const FIXED_BAR: u64 = 36_000;
const ONE_232_BAR: u64 = 41_000;
const FURTHER_BAR: u64 = 6_000;

#[test]
fn cost__sample_key__has_every_total_below_its_bar() {
    let bench = Bench::new("cost");
    let cost = bench.run("cost").yes();
    for profile in ["genesis", "chronicle"] {
        let cases = cost[profile].as_object().unwrap();
        assert_eq!(cases.keys().collect::<Vec<_>>(), ["fixed", "one_232", "one_254", "two_254"], "{profile}");
        let number = |case: &str, name: &str| cases[case][name].as_u64().unwrap();
        for case in cases.keys() {
            assert_eq!(number(case, "locking") + number(case, "unlocking"), number(case, "total"));
            let sum = |list: &str, name: &str| {
                let items = cases[case.as_str()][list].as_array().unwrap();
                items.iter().map(|item| item[name].as_u64().unwrap()).sum::<u64>()
            };
            assert_eq!(sum("fragments", "bytes"), number(case, "locking"), "{profile} {case}");
            assert_eq!(sum("fragments", "opcodes"), number(case, "opcodes"), "{profile} {case}");
            assert_eq!(sum("blobs", "bytes"), number(case, "unlocking"), "{profile} {case}");
            assert!((1_000..=10_000).contains(&number(case, "widest_number")), "{profile} {case}");
            // All that the spender supplies is on the stack at once.
            assert!(number(case, "peak_stack") > number(case, "unlocking"), "{profile} {case}");
        }
        assert!(number("fixed", "total") <= FIXED_BAR, "{}", number("fixed", "total"));
        assert!(number("one_232", "total") <= ONE_232_BAR, "{}", number("one_232", "total"));
        let further = number("two_254", "total") - number("one_254", "total");
        assert!(further <= FURTHER_BAR, "{further}");
    }
    for case in ["fixed", "one_232", "one_254", "two_254"] {
        let total = |profile: &str| cost[profile][case]["total"].as_u64().unwrap();
        assert!(total("chronicle") < total("genesis"), "{case}");
    }
    assert_eq!(bench.run("cost --profile genesis").yes()["chronicle"], Value::Null);
}

#[test]
fn cost__given_key__is_that_of_its_own_script() {
    let bench = Bench::with("cost-key", Tool::Snarkjs, Circuit::Three);
    let specs = "--vk verification_key.json --input fixed=7 --input full --input bits=254";
    bench.run(&format!("cost {specs}")).error(&["bits=254", "1 to 253"]);
    let specs = specs.replace("bits=254", "full");
    let built = bench.run(&format!("build {specs} --out v.json")).yes();
    let cost = bench.run(&format!("cost {specs} --profile genesis --svg map.svg")).yes();
    let case = &cost["genesis"]["key"];
    assert_eq!(case["locking"], built["locking_script_bytes"]);
    assert_eq!(case["unlocking"], built["unlocking_script_bytes"]);
    assert_eq!(case["opcodes"], built["locking_opcodes"]);
    let unlocked = bench.run("unlock --verifier v.json --proof proof.json --public public.json").yes();
    // Metered on the sample key's script: a number of the key's own can be a byte shorter.
    for name in ["widest_number", "peak_stack"] {
        let (sample, own) = (case[name].as_u64().unwrap(), unlocked[name].as_u64().unwrap());
        assert!(sample.abs_diff(own) <= 64, "{name}: {sample} and {own}");
    }
    bench.run("map --verifier v.json --out map-2.svg").yes();
    assert_eq!(bench.text("map.svg"), bench.text("map-2.svg"));
    let map = bench.text("map.svg");
    let document = roxmltree::Document::parse(&map).unwrap();
    let texts: Vec<_> = document.descendants().filter_map(|node| node.text()).collect();
    for part in ["unlocking script", "quotient", "public input 2"] {
        assert!(texts.contains(&part), "{part}");
    }
}

#[test]
fn cost__text__is_a_table_for_people() {
    let run = run_in(&Bench::new("cost-text").folder, "verifier cost --profile genesis");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    for part in ["genesis ", "one_232", "peak stack", "Where the bytes go", "unlocking: slopes", "█", "a byte shorter"]
    {
        assert!(run.stdout.contains(part), "{part}");
    }
    assert!(!run.stdout.contains("chronicle") && run.stdout.lines().all(|line| line.chars().count() < 120));
}
