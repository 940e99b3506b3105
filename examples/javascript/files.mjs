// The files that go in and out: what provelock writes, keys, raw transactions.
import { readFileSync } from "node:fs";
import { Hash, LockingScript, PrivateKey, Transaction, Utils } from "@bsv/sdk";

const text = (path) => readFileSync(path, "utf8").trim();

function readJson(path, format, version) {
  const value = JSON.parse(text(path));
  if (value.format !== format || value.version !== version) {
    throw new Error(`${path}: found ${value.format} version ${value.version}, expected ${format} version ${version}`);
  }
  return value;
}

/** A contract file, `provelock contract build --out lock.json`: its locking script, and the version of its spends. */
export function readContract(path) {
  const { locking_script, profile } = readJson(path, "provelock-contract", 4);
  return { lockingScript: LockingScript.fromHex(locking_script), version: profile === "chronicle" ? 2 : 1 };
}

/** A hints file, `provelock contract hints --out hints.json`, for this contract and this spender's key. */
export function readHints(path, { lockingScript }, key) {
  const hints = readJson(path, "provelock-hints", 1);
  const script = Utils.toHex(Hash.sha256(lockingScript.toBinary()));
  if (hints.locking_script_sha256 !== script) {
    throw new Error(`${path}: hints for the script ${hints.locking_script_sha256}, expected ${script}`);
  }
  const spender = key.toPublicKey().toHash("hex");
  if (hints.recipient !== spender) {
    throw new Error(`${path}: the proof is for the key hash ${hints.recipient}, expected ${spender}`);
  }
  return hints;
}

/** A key file without a passphrase, `provelock key new --no-passphrase`, or what `age -d` makes of another. */
export const readKey = (path) => PrivateKey.fromWif(readJson(path, "provelock-key", 1).wif);

/** A raw transaction in hex. */
export const readTransaction = (path) => Transaction.fromHex(text(path));
