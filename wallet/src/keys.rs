//! Secret keys at rest: encrypted under a passphrase with age, in a file that `age -d` opens as well.
//!
//! The encrypted text is age's own armored form (age-encryption.org/v1, one scrypt recipient). What it holds is a JSON
//! object of one line, the same that a regtest key without passphrase is:
//!
//! ```text
//! {"format":"provelock-key","version":1,"network":"testnet","wif":"c..."}
//! ```
//!
//! No type here has a `Display`, and `Debug` shows no secret; secrets are wiped when dropped. Files, terminals and
//! environment variables are the caller's.
//!
//! ```
//! use rand::SeedableRng as _;
//! use tx_builder::SigningKey;
//! use wallet::keys::{KeyFile, KeyNetwork, Passphrase, StoredKey, WorkFactor};
//!
//! let key = SigningKey::random(&mut rand::rngs::StdRng::seed_from_u64(1));
//! let key = StoredKey::new(key, KeyNetwork::Testnet);
//! let passphrase = Passphrase::new("correct horse battery staple".to_owned())?;
//! let text = key.encrypt(&passphrase, WorkFactor::new(2)?)?; // WorkFactor::default() for keys that own coins
//! assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));
//!
//! let KeyFile::Encrypted(encrypted) = KeyFile::parse(&text)? else { unreachable!("it is armored") };
//! assert_eq!(encrypted.decrypt(&passphrase)?.address(), key.address());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;
use core::str::FromStr;
use std::io::{BufReader, Read as _};

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, scrypt};
use serde::{Deserialize, Serialize};
use tx_builder::{Address, KeyError, Network, SigningKey};
use zeroize::Zeroizing;

const FORMAT: &str = "provelock-key";
const VERSION: u64 = 1;
/// How an armored age file begins (age-encryption.org/v1, "ASCII armor").
const ARMOR_BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
/// Far above any key's plaintext; an age file may hold anything.
const MAX_PLAINTEXT_LEN: usize = 1_000;

/// Which chain's coins a key is for. Testnet and regtest share their version bytes, so that a key in the wallet
/// import format alone does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyNetwork {
    /// Private test chains.
    Regtest,
    /// The public test network.
    Testnet,
    /// Real money.
    Mainnet,
}

impl KeyNetwork {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Regtest, Self::Testnet, Self::Mainnet];

    /// Its name: `regtest`, `testnet` or `mainnet`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regtest => "regtest",
            Self::Testnet => "testnet",
            Self::Mainnet => "mainnet",
        }
    }

    /// What addresses and exported keys of it begin with.
    pub const fn prefix(self) -> Network {
        match self {
            Self::Regtest | Self::Testnet => Network::Test,
            Self::Mainnet => Network::Main,
        }
    }

    /// What a chain of it is called in [`ledger::ChainInfo::network`], and a wallet for it.
    pub const fn chain_name(self) -> &'static str {
        match self {
            Self::Regtest => "regtest",
            Self::Testnet => "test",
            Self::Mainnet => "main",
        }
    }

    /// The network that a chain calls by this name: a node's `regtest`, `test` and `main` (node v1.2.2,
    /// `src/chainparamsbase.cpp`), or ours.
    pub fn of_chain(name: &str) -> Option<Self> {
        match name {
            "regtest" => Some(Self::Regtest),
            "test" | "testnet" => Some(Self::Testnet),
            "main" | "mainnet" => Some(Self::Mainnet),
            _ => None,
        }
    }
}

impl fmt::Display for KeyNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is of no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("network {name:?} is not known, expected regtest, testnet or mainnet")]
pub struct UnknownNetwork {
    /// The name found.
    pub name: String,
}

impl FromStr for KeyNetwork {
    type Err = UnknownNetwork;

    fn from_str(name: &str) -> Result<Self, UnknownNetwork> {
        let found = Self::ALL.into_iter().find(|network| network.name() == name);
        found.ok_or_else(|| UnknownNetwork { name: name.to_owned() })
    }
}

/// What a key is encrypted under. Never empty; wiped when dropped.
pub struct Passphrase(SecretString);

/// A passphrase without a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase is empty")]
pub struct EmptyPassphrase;

impl Passphrase {
    /// Takes a passphrase as it is, white space included.
    ///
    /// # Errors
    /// [`EmptyPassphrase`].
    pub fn new(text: String) -> Result<Self, EmptyPassphrase> {
        let secret = SecretString::from(text);
        let is_empty = age::secrecy::ExposeSecret::expose_secret(&secret).is_empty();
        if is_empty { Err(EmptyPassphrase) } else { Ok(Self(secret)) }
    }

    /// Whether both are the same text.
    pub fn is_same(&self, other: &Self) -> bool {
        use age::secrecy::ExposeSecret as _;
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(redacted)")
    }
}

/// How much work scrypt takes: it fills 2^log_n KiB of memory (block size 8, age-encryption.org/v1, "The scrypt
/// recipient stanza").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkFactor {
    log_n: u8,
}

/// More work than is done for one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an scrypt work factor of {got}, expected 1 to {}", WorkFactor::MAX_LOG_N)]
pub struct WorkFactorOutOfRange {
    /// The factor found, log2.
    pub got: u8,
}

impl WorkFactor {
    /// The most that is accepted: 4 GiB and some 20 s, the limit of the program `age` too (FiloSottile/age,
    /// `scrypt.go`, `NewScryptIdentity`).
    pub const MAX_LOG_N: u8 = 22;

    /// A factor of 2^`log_n`.
    ///
    /// # Errors
    /// [`WorkFactorOutOfRange`].
    pub const fn new(log_n: u8) -> Result<Self, WorkFactorOutOfRange> {
        if log_n == 0 || log_n > Self::MAX_LOG_N {
            return Err(WorkFactorOutOfRange { got: log_n });
        }
        Ok(Self { log_n })
    }
}

/// 2^18, as the program `age` takes: 256 MiB and about a second (FiloSottile/age, `scrypt.go`, `NewScryptRecipient`).
impl Default for WorkFactor {
    fn default() -> Self {
        Self { log_n: 18 }
    }
}

/// A key and the network that its coins are on.
#[derive(Debug)]
pub struct StoredKey {
    key: SigningKey,
    network: KeyNetwork,
}

/// Why a text is not a key's file. No variant repeats the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// A key in the wallet import format alone, neither encrypted nor with its network.
    #[error("it holds a bare key in the wallet import format, which is not encrypted")]
    BareWif,
    /// Neither an armored age file nor a key of regtest.
    #[error("it is neither an armored age file nor a {FORMAT} object")]
    Unknown,
    /// Another format or version.
    #[error("it is {format:?} version {version}, expected {FORMAT:?} version {VERSION}")]
    Version {
        /// The format found.
        format: String,
        /// The version found.
        version: u64,
    },
    /// A key without passphrase of a network whose keys need one.
    #[error("it holds a {network} key that is not encrypted; only regtest keys may be")]
    NotEncrypted {
        /// Its network.
        network: KeyNetwork,
    },
    /// Not a key in the wallet import format.
    #[error("its key is damaged")]
    Wif(#[from] KeyError),
    /// The key's version byte is another network's.
    #[error("the key is of {}, expected one of {network}", .found.name())]
    OtherNetwork {
        /// What was asked for, or what the file says.
        network: KeyNetwork,
        /// What the key's version byte says.
        found: PrefixName,
    },
    /// The passphrase is another one.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
    /// For other keys than a passphrase.
    #[error("it is encrypted to an age identity, expected to a passphrase")]
    NotByPassphrase,
    /// It asks for more work than is done.
    #[error("it asks for an scrypt work factor of {required}, expected at most {}", WorkFactor::MAX_LOG_N)]
    TooMuchWork {
        /// What it asks for, log2.
        required: u8,
    },
    /// Cut short or changed.
    #[error("the encrypted file is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
}

/// A network as far as a version byte tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixName(Network);

impl PrefixName {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Network::Main => "mainnet",
            Network::Test => "testnet or regtest",
        }
    }
}

/// The key could not be encrypted.
#[derive(Debug, thiserror::Error)]
#[error("the key could not be encrypted")]
pub struct EncryptKeyError(#[from] age::EncryptError);

/// What a key file holds, in its order. The text made of it is wiped.
#[derive(Serialize)]
struct PlainOut<'a> {
    format: &'a str,
    version: u64,
    network: KeyNetwork,
    wif: &'a str,
}

#[derive(Deserialize)]
struct Header<'a> {
    format: &'a str,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainIn<'a> {
    #[serde(rename = "format")]
    _format: &'a str,
    #[serde(rename = "version")]
    _version: u64,
    network: KeyNetwork,
    /// Borrowed from a text that is wiped.
    wif: &'a str,
}

impl StoredKey {
    /// A key for a network's coins.
    pub const fn new(key: SigningKey, network: KeyNetwork) -> Self {
        Self { key, network }
    }

    /// Reads the wallet import format; the key has to be of the network.
    ///
    /// # Errors
    /// [`KeyFileError::Wif`], [`KeyFileError::OtherNetwork`].
    pub fn from_wif(text: &str, network: KeyNetwork) -> Result<Self, KeyFileError> {
        let (key, prefix) = SigningKey::from_wif(text)?;
        if prefix != network.prefix() {
            return Err(KeyFileError::OtherNetwork { network, found: PrefixName(prefix) });
        }
        Ok(Self { key, network })
    }

    /// The key itself, to sign with.
    pub const fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    /// The key itself, to sign with.
    pub fn into_signing_key(self) -> SigningKey {
        self.key
    }

    /// Whose coins it is for.
    pub const fn network(&self) -> KeyNetwork {
        self.network
    }

    /// Its address.
    pub fn address(&self) -> Address {
        Address { pubkey_hash: self.key.pubkey_hash(), network: self.network.prefix() }
    }

    /// Encrypts the key: an armored age file, which the program `age` opens with the same passphrase. Salt and file
    /// key are drawn from the operating system.
    ///
    /// # Errors
    /// [`EncryptKeyError`] if the operating system gives no randomness.
    pub fn encrypt(&self, passphrase: &Passphrase, work: WorkFactor) -> Result<String, EncryptKeyError> {
        let mut recipient = scrypt::Recipient::new(passphrase.0.clone());
        recipient.set_work_factor(work.log_n);
        Ok(age::encrypt_and_armor(&recipient, self.plain().as_bytes())?)
    }

    /// The file of a regtest key without passphrase: its coins are worth nothing.
    ///
    /// # Errors
    /// [`KeyFileError::NotEncrypted`] for keys of other networks.
    pub fn to_plain(&self) -> Result<Zeroizing<String>, KeyFileError> {
        match self.network {
            KeyNetwork::Regtest => Ok(self.plain()),
            network => Err(KeyFileError::NotEncrypted { network }),
        }
    }

    fn plain(&self) -> Zeroizing<String> {
        let wif = self.key.to_wif(self.network.prefix());
        let file = PlainOut { format: FORMAT, version: VERSION, network: self.network, wif: &wif };
        // One allocation: a buffer that grows would leave copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PLAINTEXT_LEN));
        serde_json::to_writer(&mut *bytes, &file).expect("strings and a number are JSON");
        bytes.push(b'\n');
        Zeroizing::new(String::from_utf8(core::mem::take(&mut *bytes)).expect("JSON is UTF-8"))
    }

    fn from_plain(text: &str) -> Result<Self, KeyFileError> {
        let Header { format, version } = serde_json::from_str(text).map_err(|_| KeyFileError::Unknown)?;
        if (format, version) != (FORMAT, VERSION) {
            return Err(KeyFileError::Version { format: format.chars().take(40).collect(), version });
        }
        let PlainIn { network, wif, .. } = serde_json::from_str(text).map_err(|_| KeyFileError::Unknown)?;
        Self::from_wif(wif, network)
    }
}

/// A key that its passphrase opens. It is public as far as scrypt holds.
#[derive(Clone)]
pub struct EncryptedKey {
    armor: String,
}

impl fmt::Debug for EncryptedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedKey({} bytes)", self.armor.len())
    }
}

impl EncryptedKey {
    /// Opens the key.
    ///
    /// # Errors
    /// [`KeyFileError`]: another passphrase, a damaged file, or what it holds is no key.
    pub fn decrypt(&self, passphrase: &Passphrase) -> Result<StoredKey, KeyFileError> {
        let decryptor = Decryptor::new_buffered(BufReader::new(ArmoredReader::new(self.armor.as_bytes())));
        let decryptor = decryptor.map_err(decrypt_error)?;
        if !decryptor.is_scrypt() {
            return Err(KeyFileError::NotByPassphrase);
        }
        let mut identity = scrypt::Identity::new(passphrase.0.clone());
        identity.set_max_work_factor(WorkFactor::MAX_LOG_N);
        let reader = decryptor.decrypt(core::iter::once(&identity as &dyn age::Identity)).map_err(decrypt_error)?;
        // One allocation, wiped: a buffer that grows would leave copies behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(MAX_PLAINTEXT_LEN + 1));
        let limit = (MAX_PLAINTEXT_LEN + 1) as u64;
        let damaged = |_| KeyFileError::Damaged { what: "its content was changed or cut short" };
        reader.take(limit).read_to_end(&mut plain).map_err(damaged)?;
        if plain.len() > MAX_PLAINTEXT_LEN {
            return Err(KeyFileError::Unknown);
        }
        StoredKey::from_plain(core::str::from_utf8(&plain).map_err(|_| KeyFileError::Unknown)?)
    }
}

fn decrypt_error(error: DecryptError) -> KeyFileError {
    match error {
        // A passphrase is right if its authenticated encryption opens: there is no telling it from a changed stanza.
        DecryptError::KeyDecryptionFailed | DecryptError::DecryptionFailed => KeyFileError::WrongPassphrase,
        DecryptError::NoMatchingKeys => KeyFileError::NotByPassphrase,
        DecryptError::ExcessiveWork { required, .. } => KeyFileError::TooMuchWork { required },
        DecryptError::InvalidMac => KeyFileError::Damaged { what: "its header was changed" },
        DecryptError::InvalidHeader => KeyFileError::Damaged { what: "its header is not understood" },
        DecryptError::UnknownFormat => KeyFileError::Damaged { what: "its age version is not known" },
        DecryptError::Io(_) => KeyFileError::Damaged { what: "the armor is cut short or not base64" },
    }
}

/// A key's file as it was read.
#[derive(Debug)]
pub enum KeyFile {
    /// To be opened with its passphrase.
    Encrypted(EncryptedKey),
    /// A regtest key without passphrase.
    Plain(StoredKey),
}

impl KeyFile {
    /// Reads a key's file.
    ///
    /// # Errors
    /// [`KeyFileError`]: a bare key, another kind of file, a key that ought to be encrypted.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let text = text.trim();
        if text.starts_with(ARMOR_BEGIN) {
            return Ok(Self::Encrypted(EncryptedKey { armor: text.to_owned() }));
        }
        if SigningKey::from_wif(text).is_ok() {
            return Err(KeyFileError::BareWif);
        }
        let key = StoredKey::from_plain(text)?;
        match key.network {
            KeyNetwork::Regtest => Ok(Self::Plain(key)),
            network => Err(KeyFileError::NotEncrypted { network }),
        }
    }
}
