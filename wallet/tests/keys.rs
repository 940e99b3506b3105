//! Key files: what opens them, what does not, and what never shows.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

use rand::{SeedableRng as _, rngs::StdRng};
use tx_builder::{Network, SigningKey};
use wallet::keys::{EmptyPassphrase, KeyFile, KeyFileError, KeyNetwork, Passphrase, StoredKey, WorkFactor};

/// Cheap enough for tests.
fn quick() -> WorkFactor {
    WorkFactor::new(2).unwrap()
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}

fn key(network: KeyNetwork) -> StoredKey {
    StoredKey::new(SigningKey::random(&mut StdRng::seed_from_u64(7)), network)
}

fn open(text: &str, with: &str) -> Result<StoredKey, KeyFileError> {
    match KeyFile::parse(text)? {
        KeyFile::Encrypted(key) => key.decrypt(&passphrase(with)),
        KeyFile::Plain(key) => Ok(key),
    }
}

#[test]
fn key_file__encrypted__is_opened_by_its_passphrase_alone() {
    for network in KeyNetwork::ALL {
        let key = key(network);
        let text = key.encrypt(&passphrase("open sesame"), quick()).unwrap();
        let opened = open(&text, "open sesame").unwrap();
        assert_eq!((opened.network(), opened.address()), (network, key.address()));
        assert_eq!(opened.signing_key().public_key_bytes(), key.signing_key().public_key_bytes());
        for wrong in ["open sesame ", "Open sesame", "x"] {
            assert!(matches!(open(&text, wrong), Err(KeyFileError::WrongPassphrase)), "{wrong}");
        }
        assert_ne!(text, key.encrypt(&passphrase("open sesame"), quick()).unwrap(), "salts are drawn anew");
    }
}

#[test]
fn key_file__every_debug_and_error__hides_the_secret() {
    let key = key(KeyNetwork::Testnet);
    let wif = key.signing_key().to_wif(Network::Test);
    let secret = passphrase("open sesame");
    let text = key.encrypt(&secret, quick()).unwrap();
    let file = KeyFile::parse(&text).unwrap();
    let mut shown = format!("{key:?} {secret:?} {file:?}");
    assert!(shown.contains("SigningKey(redacted)") && shown.contains("Passphrase(redacted)"), "{shown}");
    let plain = format!(r#"{{"format":"provelock-key","version":1,"network":"mainnet","wif":"{}"}}"#, *wif);
    for bad in [&plain, &*wif, &plain.replace("mainnet", "testnet"), &plain.replace("1,", "2,"), &plain[1..]] {
        let error = KeyFile::parse(bad).unwrap_err();
        shown += &format!("{error} {error:?}");
    }
    assert!(!shown.contains(wif.as_str()) && !shown.contains("sesame"), "{shown}");
    assert!(!text.contains(wif.as_str()));
}

#[test]
fn key_file__damaged_or_foreign__is_named() {
    let text = key(KeyNetwork::Testnet).encrypt(&passphrase("p"), quick()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let parse = |text: &str| open(text, "p").unwrap_err().to_string();
    // The last line of content, before the end of the armor, is the payload's tag.
    let mut changed = lines.clone();
    let flipped: String = changed[lines.len() - 2].chars().rev().collect();
    changed[lines.len() - 2] = &flipped;
    let message = parse(&changed.join("\n"));
    assert!(message.contains("changed or cut short") || message.contains("base64"), "{message}");
    let cut = parse(&lines[..lines.len() - 2].join("\n"));
    assert!(cut.contains("damaged"), "{cut}");
    assert!(parse("").contains("neither an armored age file"));
    assert!(parse("hello").contains("neither an armored age file"));
    assert!(parse(r#"{"format":"provelock-proof","version":1}"#).contains("\"provelock-proof\" version 1"));
    assert!(parse(r#"{"format":"provelock-key","version":2}"#).contains("version 2, expected"));
}

#[test]
fn key_file__header_changed__is_refused_by_its_mac() {
    use age::armor::{ArmoredReader, ArmoredWriter, Format};
    use std::io::{Read as _, Write as _};
    let text = key(KeyNetwork::Testnet).encrypt(&passphrase("p"), quick()).unwrap();
    let mut bytes = Vec::new();
    ArmoredReader::new(text.as_bytes()).read_to_end(&mut bytes).unwrap();
    let armored = |bytes: &[u8]| {
        let mut writer = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).unwrap();
        writer.write_all(bytes).unwrap();
        String::from_utf8(writer.finish().unwrap()).unwrap()
    };
    assert!(open(&armored(&bytes), "p").is_ok(), "the twin: the same bytes");
    // The line "--- MAC" ends the header: the payload follows its 43 characters.
    let mac = bytes.windows(4).position(|window| window == b"--- ").unwrap() + 4;
    let mut other_mac = bytes.clone();
    other_mac[mac] = if other_mac[mac] == b'A' { b'B' } else { b'A' };
    assert!(matches!(open(&armored(&other_mac), "p"), Err(KeyFileError::Damaged { what }) if what.contains("header")));
    let mut other_payload = bytes.clone();
    *other_payload.last_mut().unwrap() ^= 1;
    assert!(
        matches!(open(&armored(&other_payload), "p"), Err(KeyFileError::Damaged { what }) if what.contains("changed"))
    );
    // A factor of 2^40 would take a week and a petabyte: it is refused before any work.
    let at = bytes.windows(3).position(|window| window == b" 2\n").unwrap();
    let costly = [&bytes[..at], b" 40\n", &bytes[at + 3..]].concat();
    assert!(matches!(open(&armored(&costly), "p"), Err(KeyFileError::TooMuchWork { required: 40 })));
}

#[test]
fn key_file__encrypted_to_an_identity__is_not_by_passphrase() {
    let identity = age::x25519::Identity::generate();
    let text = age::encrypt_and_armor(&identity.to_public(), b"anything").unwrap();
    assert!(matches!(open(&text, "p"), Err(KeyFileError::NotByPassphrase)));
}

#[test]
fn key_file__encrypted_but_no_key__is_named() {
    let seal = |content: &[u8]| {
        let mut recipient = age::scrypt::Recipient::new("p".to_owned().into());
        recipient.set_work_factor(2);
        age::encrypt_and_armor(&recipient, content).unwrap()
    };
    for content in [b"hello".as_slice(), &[0xff; 40], &[b' '; 5_000]] {
        assert!(matches!(open(&seal(content), "p"), Err(KeyFileError::Unknown)));
    }
    let wif = key(KeyNetwork::Mainnet).signing_key().to_wif(Network::Main);
    let of =
        |network: &str| format!(r#"{{"format":"provelock-key","version":1,"network":"{network}","wif":"{}"}}"#, *wif);
    assert!(open(&seal(of("mainnet").as_bytes()), "p").is_ok(), "the twin");
    assert!(matches!(open(&seal(of("testnet").as_bytes()), "p"), Err(KeyFileError::OtherNetwork { .. })));
    assert!(matches!(open(&seal(of("moonnet").as_bytes()), "p"), Err(KeyFileError::Unknown)));
    let extra = of("mainnet").replace("\"wif\"", "\"more\":1,\"wif\"");
    assert!(matches!(open(&seal(extra.as_bytes()), "p"), Err(KeyFileError::Unknown)), "unknown keys are refused");
    let damaged = of("mainnet").replace(wif.as_str(), &wif[1..]);
    assert!(matches!(open(&seal(damaged.as_bytes()), "p"), Err(KeyFileError::Wif(_))));
}

#[test]
fn key_file__without_passphrase__is_for_regtest_alone() {
    let regtest = key(KeyNetwork::Regtest).to_plain().unwrap();
    assert_eq!(open(&regtest, "any").unwrap().address(), key(KeyNetwork::Regtest).address());
    for network in [KeyNetwork::Testnet, KeyNetwork::Mainnet] {
        assert!(matches!(key(network).to_plain(), Err(KeyFileError::NotEncrypted { .. })), "{network}");
    }
    let testnet = regtest.replace("regtest", "testnet");
    assert!(matches!(open(&testnet, "any"), Err(KeyFileError::NotEncrypted { network: KeyNetwork::Testnet })));
    let bare = key(KeyNetwork::Regtest).signing_key().to_wif(Network::Test);
    assert!(matches!(open(&bare, "any"), Err(KeyFileError::BareWif)));
}

#[test]
fn from_wif__key_of_another_network__is_refused() {
    let main = key(KeyNetwork::Mainnet).signing_key().to_wif(Network::Main);
    let test = key(KeyNetwork::Testnet).signing_key().to_wif(Network::Test);
    assert!(StoredKey::from_wif(&main, KeyNetwork::Mainnet).is_ok());
    let error = StoredKey::from_wif(&main, KeyNetwork::Regtest).unwrap_err().to_string();
    assert_eq!(error, "the key is of mainnet, expected one of regtest");
    let error = StoredKey::from_wif(&test, KeyNetwork::Mainnet).unwrap_err().to_string();
    assert_eq!(error, "the key is of testnet or regtest, expected one of mainnet");
    assert!(matches!(StoredKey::from_wif("x", KeyNetwork::Regtest), Err(KeyFileError::Wif(_))));
}

#[test]
fn passphrase_and_work__out_of_range__are_refused() {
    assert_eq!(Passphrase::new(String::new()).unwrap_err(), EmptyPassphrase);
    assert!(passphrase("a").is_same(&passphrase("a")) && !passphrase("a").is_same(&passphrase("b")));
    for log_n in [0, 23, 64, 255] {
        assert_eq!(WorkFactor::new(log_n).unwrap_err().got, log_n);
    }
    assert_eq!(WorkFactor::new(18), Ok(WorkFactor::default()));
}

#[test]
fn network__names__are_read_as_nodes_and_people_write_them() {
    for network in KeyNetwork::ALL {
        assert_eq!(network.name().parse(), Ok(network));
        assert_eq!(KeyNetwork::of_chain(network.name()), Some(network));
        assert_eq!(KeyNetwork::of_chain(network.chain_name()), Some(network));
    }
    assert_eq!(KeyNetwork::of_chain("main"), Some(KeyNetwork::Mainnet));
    assert_eq!(KeyNetwork::of_chain("test"), Some(KeyNetwork::Testnet));
    assert_eq!(KeyNetwork::of_chain("stn"), None);
    assert!("Main".parse::<KeyNetwork>().unwrap_err().to_string().contains("\"Main\" is not known"));
}
