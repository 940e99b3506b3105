// The files that go in and out: what provelock writes, keys, raw transactions.
import { readFileSync } from "node:fs";
import { Hash, LockingScript, PrivateKey, Transaction, Utils } from "@bsv/sdk";

const text = (path) => readFileSync(path, "utf8").trim();

function expect(path, what, found, expected) {
  if (found !== expected) throw new Error(`${path}: found ${what} ${found}, expected ${expected}`);
}

function readJson(path, format, version) {
  const value = JSON.parse(text(path));
  expect(path, "format", `${value.format} version ${value.version}`, `${format} version ${version}`);
  return value;
}

/** A contract file, `provelock contract build --out lock.json`: its script and terms, and the version of its spends. */
export function readContract(path) {
  const { locking_script, profile, terms } = readJson(path, "provelock-contract", 4);
  const version = profile === "chronicle" ? 2 : 1;
  return { lockingScript: LockingScript.fromHex(locking_script), profile, terms, version };
}

/** A hints file, `provelock contract hints --out hints.json`, for this contract. */
export function readHints(path, { lockingScript }) {
  const hints = readJson(path, "provelock-hints", 1);
  expect(path, "locking script", hints.locking_script_sha256, Utils.toHex(Hash.sha256(lockingScript.toBinary())));
  return hints;
}

/** A signer's word, `provelock contract attest --out word.json`, for this coin and the commitment in the proof. */
export function readWord(path, coin, hints, { input }) {
  const word = readJson(path, "provelock-attestation", 1);
  expect(path, "coin", `${word.txid}:${word.vout}`, `${coin.id("hex")}:0`);
  const { hex } = hints.items.find(({ name }) => name === input);
  // Scripts have the lowest byte first.
  expect(path, "commitment", word.commitment, Utils.toHex(Utils.toArray(hex, "hex").reverse()));
  return { commitment: hex, lockTime: word.lock_time, signature: Utils.toArray(word.signature, "hex") };
}

/** A key file without a passphrase, `provelock key new --no-passphrase`, or what `age -d` makes of another; of `owner`. */
export function readKey(path, owner) {
  const key = PrivateKey.fromWif(readJson(path, "provelock-key", 1).wif);
  if (owner) expect(path, "key hash", key.toPublicKey().toHash("hex"), owner);
  return key;
}

/** A raw transaction in hex. */
export const readTransaction = (path) => Transaction.fromHex(text(path));
