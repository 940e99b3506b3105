// Scripts of input 0, the contract's coin: pushes, preimages, signatures, and the check in the SDK's script machine.
import { Hash, OP, Spend, TransactionSignature, UnlockingScript, Utils } from "@bsv/sdk";

const ALL = TransactionSignature.SIGHASH_ALL | TransactionSignature.SIGHASH_FORKID;

/** The most bytes of what only the spender can supply, for the fee. */
const LONGEST = { signature: 72, public_key: 33, attestation: 71, preimage_head: 120, lock_time_and_type: 6 };

/** Appends the shortest push of a list of bytes; writeBin knows no opcodes for small numbers. */
function push(script, bytes) {
  const [byte] = bytes;
  if (bytes.length === 1 && byte >= 1 && byte <= 16) script.writeOpCode(OP.OP_1 + byte - 1);
  else if (bytes.length === 1 && byte === 0x81) script.writeOpCode(OP.OP_1NEGATE);
  else script.writeBin(bytes);
}

/** An unlocking script of named items, deepest first; those without `hex` are taken from `mine`. */
function unlocking(items, mine) {
  const script = new UnlockingScript();
  for (const { name, hex } of items) push(script, hex === undefined ? mine[name] : Utils.toArray(hex, "hex"));
  return script;
}

/** A template of the SDK, as P2PKH().unlock(key) is one: `supply` makes what these items lack of a transaction. */
export const template = (items, supply) => ({
  async sign(transaction) {
    return unlocking(items, supply(transaction));
  },
  async estimateLength() {
    const blank = Object.entries(LONGEST).map(([name, length]) => [name, Array(length).fill(255)]);
    return unlocking(items, Object.fromEntries(blank)).toBinary().length;
  },
});

/** What Spend and preimages are made of. */
function details(transaction) {
  const [{ sourceTransaction, sourceOutputIndex, sequence }, ...otherInputs] = transaction.inputs;
  const { satoshis, lockingScript } = sourceTransaction.outputs[sourceOutputIndex];
  return {
    sourceTXID: sourceTransaction.id("hex"),
    sourceOutputIndex,
    sourceSatoshis: satoshis,
    transactionVersion: transaction.version,
    otherInputs,
    inputIndex: 0,
    outputs: transaction.outputs,
    inputSequence: sequence,
    lockTime: transaction.lockTime,
    lockingScript,
  };
}

/** What a signature of a type, such as 0x41, is made over; `cut` makes the code signed of the locking script. */
export function preimage(transaction, type, cut = (script) => script) {
  const { lockingScript, ...rest } = details(transaction);
  return TransactionSignature.format({ ...rest, subscript: cut(lockingScript), scope: type });
}

/** A signature over all of the transaction, and its key, under the names that items have for them. */
export function signed(transaction, key) {
  const { r, s } = key.sign(Hash.sha256(preimage(transaction, ALL)));
  const signature = new TransactionSignature(r, s, ALL).toChecksigFormat();
  return { signature, public_key: key.toPublicKey().encode(true) };
}

/** Runs both scripts in the SDK's script machine; throws the first line of what it says. */
export function check(transaction) {
  const spend = new Spend({ ...details(transaction), unlockingScript: transaction.inputs[0].unlockingScript });
  try {
    spend.validate();
  } catch (error) {
    throw new Error(`nothing was sent: ${error.message.split("\n")[0]}`);
  }
}
