// Contracts that read their own transaction: docs/math/introspection.md has the mathematics.
//
// The spender supplies the head of a preimage, the script the end that it demands: outputs, lock time, type. The script
// signs the whole with a key that everybody knows, and OP_CHECKSIG says whether it is this transaction's preimage. Signing
// is moving the digest by one bit, which is in good form for one digest in four: so the spender counts up a field that
// means nothing until the digest is one of these.
import { Hash, LockingScript, OP, Utils } from "@bsv/sdk";
import { preimage } from "./script.mjs";

const MOST_TRIES = 4096;
/** Half of the group's order: nodes take no larger number in a signature. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Whether the script can sign this preimage: the number it makes of the digest takes 32 bytes and is not too large. */
function canBeSigned(bytes) {
  const s = 2n * BigInt(`0x${Utils.toHex(Hash.hash256(bytes))}`) - 2n ** 256n;
  return s >= 2n ** 247n && s <= HALF_ORDER;
}

/** The code signed: what follows the script's last OP_CODESEPARATOR. */
function code({ chunks }) {
  const separator = chunks.findLastIndex(({ op }) => op === OP.OP_CODESEPARATOR);
  return new LockingScript(chunks.slice(separator + 1));
}

/** The preimage without the `end` bytes that the script adds; undefined if the script cannot sign it. */
export function head(transaction, type, end) {
  const bytes = preimage(transaction, type, code);
  return canBeSigned(bytes) ? bytes.slice(0, -end) : undefined;
}

/** The same for the first of 0, 1, 2, .. which, given to the transaction by `set`, lets the script sign. */
export function findHead(transaction, type, end, set) {
  for (let number = 0; number < MOST_TRIES; number += 1) {
    set(number);
    const found = head(transaction, type, end);
    if (found) return found;
  }
  throw new Error(`the script can sign none of ${MOST_TRIES} preimages`);
}
