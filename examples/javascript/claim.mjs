// How a contract's coin is claimed: the hints of the proof, then a signature and the key that the proof is bound to.
import { Hash, OP, Spend, TransactionSignature, UnlockingScript, Utils } from "@bsv/sdk";

const ALL = TransactionSignature.SIGHASH_ALL | TransactionSignature.SIGHASH_FORKID;
const SIGNATURE_LENGTH = 72;

/** Appends the shortest push of a list of bytes; writeBin knows no opcodes for small numbers. */
function push(script, bytes) {
  const [byte] = bytes;
  if (bytes.length === 1 && byte >= 1 && byte <= 16) script.writeOpCode(OP.OP_1 + byte - 1);
  else if (bytes.length === 1 && byte === 0x81) script.writeOpCode(OP.OP_1NEGATE);
  else script.writeBin(bytes);
}

/** The unlocking script: each item of the hints file; `mine` has those that only the spender can supply. */
function unlocking(hints, mine) {
  const script = new UnlockingScript();
  for (const { name, hex } of hints.items) {
    const bytes = hex === undefined ? mine[name] : Utils.toArray(hex, "hex");
    if (bytes === undefined) throw new Error(`the contract wants ${name}: this example pays provers only`);
    push(script, bytes);
  }
  return script;
}

/** What Spend and signatures are made of, for input 0. */
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

/** A template for the input that spends a contract's coin, as P2PKH().unlock(key) is one for a plain coin. */
export const claim = (hints, key) => ({
  async sign(transaction) {
    const { lockingScript, ...rest } = details(transaction);
    const preimage = TransactionSignature.format({ ...rest, subscript: lockingScript, scope: ALL });
    const { r, s } = key.sign(Hash.sha256(preimage));
    const signature = new TransactionSignature(r, s, ALL).toChecksigFormat();
    return unlocking(hints, { signature, public_key: key.toPublicKey().encode(true) });
  },
  async estimateLength() {
    const blank = { signature: Array(SIGNATURE_LENGTH).fill(255), public_key: Array(33).fill(255) };
    return unlocking(hints, blank).toBinary().length;
  },
});

/** Runs both scripts of input 0 in the SDK's script machine; throws the first line of what it says. */
export function check(transaction) {
  const spend = new Spend({ ...details(transaction), unlockingScript: transaction.inputs[0].unlockingScript });
  try {
    spend.validate();
  } catch (error) {
    throw new Error(`nothing was sent: ${error.message.split("\n")[0]}`);
  }
}
