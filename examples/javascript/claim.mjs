// How a contract's coin is claimed, in each of the three ways in which contracts pay. A way has `outputs` and a
// `template` of the SDK that unlocks input 0.
import { BigNumber, LockingScript, P2PKH, Utils } from "@bsv/sdk";
import { findHead, head } from "./preimage.mjs";
import { signed, template } from "./script.mjs";

/** Signature types of the preimages that claims show: all outputs; the output of the input's own index. */
const ALL = 0x41;
const SINGLE_ANYONE_CAN_PAY = 0xc3;
/** Bytes of a preimage that the script adds to its head: digest of the outputs, lock time, type. */
const END = 32 + 4 + 4;

/** An output that says something and pays nobody: OP_FALSE OP_RETURN and a push of less than 76 bytes. */
const data = (hex) => {
  const length = Utils.toHex([hex.length / 2]);
  return { lockingScript: LockingScript.fromHex(`006a${length}${hex}`), satoshis: 0 };
};

/** Lock time and type, the end of a preimage, as the script takes them: a number. */
const lockTimeAndType = ({ lockTime }, type) => new BigNumber(type * 2 ** 32 + lockTime).toScriptNum();

/** An output for what the others and the fee leave. */
export const change = (key) => ({ lockingScript: new P2PKH().lock(key.toAddress("testnet")), change: true });

/** Pays whoever proves: a signature, and the key that the proof is bound to. */
export const byProver = (hints, key) => ({
  outputs: [change(key)],
  template: template(hints.items, (transaction) => signed(transaction, key)),
});

/** The same with a signer's word: output 0 holds the commitment, and the lock time is the one that was signed. */
export const byProverWithWord = (hints, key, word) => ({
  outputs: [data(word.commitment), change(key)],
  template: template(hints.items, (transaction) => {
    transaction.lockTime = word.lockTime;
    const preimage_head = head(transaction, SINGLE_ANYONE_CAN_PAY, END);
    if (!preimage_head) throw new Error("with this lock time the script cannot read the claim: ask for another word");
    const lock_time_and_type = lockTimeAndType(transaction, SINGLE_ANYONE_CAN_PAY);
    return { ...signed(transaction, key), attestation: word.signature, preimage_head, lock_time_and_type };
  }),
});

/** Pays whom the proved class lists, whoever sends it; nobody signs. What the outputs leave is the fee. */
export function byClass({ terms }, hints) {
  const { input, payouts } = terms.payee;
  const { bits } = terms.public_inputs.find(({ name }) => name === input);
  // One byte, the class in its top bits.
  const chosen = Number.parseInt(hints.items.find(({ name }) => name === input).hex, 16) >> (8 - bits);
  const listed = payouts[chosen];
  if (!listed) throw new Error(`class ${chosen} pays nobody: the coin waits for the refund`);
  const pay = ({ value_sats, locking_script }) => ({
    lockingScript: LockingScript.fromHex(locking_script),
    satoshis: value_sats,
  });
  return {
    // The nonce tells this claim from another contract's with the same list.
    outputs: [...listed.map(pay), data(terms.nonce)],
    template: template(hints.items, (transaction) => {
      // Every sequence is ffffffff, so the lock time means nothing.
      const preimage_head = findHead(transaction, ALL, END, (number) => (transaction.lockTime = number));
      return { preimage_head, lock_time_and_type: lockTimeAndType(transaction, ALL) };
    }),
  };
}
