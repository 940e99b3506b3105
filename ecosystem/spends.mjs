// Judges spends with @bsv/sdk's script machine, class Spend:
//
//     node spends.mjs CASES.json
//
// The file is a list of { name, transaction, input, spent: [{ value, locking_script }, ..], memory_limit? }: a raw
// transaction in hex, the number of the input that is judged, and the outputs that all of its inputs spend. The answer
// is a list of { name, verdict, opcode, milliseconds }: `ok`, or why not and at which opcode.
import { readFileSync } from "node:fs";
import { LockingScript, OP, Spend, Transaction } from "@bsv/sdk";

/** The machine for one input of a transaction, from raw data only. */
function spendOf({ transaction, input, spent, memory_limit }) {
  const tx = Transaction.fromHex(transaction);
  const { sourceTXID, sourceOutputIndex, unlockingScript, sequence } = tx.inputs[input];
  return new Spend({
    sourceTXID,
    sourceOutputIndex,
    sourceSatoshis: spent[input].value,
    lockingScript: LockingScript.fromHex(spent[input].locking_script),
    transactionVersion: tx.version,
    otherInputs: tx.inputs.filter((_, index) => index !== input),
    inputIndex: input,
    unlockingScript,
    outputs: tx.outputs,
    inputSequence: sequence,
    lockTime: tx.lockTime,
    memoryLimit: memory_limit,
  });
}

/** The first line of what the machine says, without the state that follows. */
const reason = (error) => error.message.split("\n")[0].replace("Script evaluation error: ", "");

/** The opcode that failed; none where the scripts ended. */
function opcode(spend, { context, programCounter }) {
  const script = context === "UnlockingScript" ? spend.unlockingScript : spend.lockingScript;
  const chunk = script.chunks[programCounter];
  return chunk === undefined ? null : OP[chunk.op] ?? `push of ${chunk.op}`;
}

function judge(spend) {
  try {
    return spend.validate() ? { verdict: "ok", opcode: null } : { verdict: "false", opcode: null };
  } catch (error) {
    return { verdict: reason(error), opcode: opcode(spend, error) };
  }
}

const answers = JSON.parse(readFileSync(process.argv[2], "utf8")).map((subject) => {
  const spend = spendOf(subject);
  const start = performance.now();
  const judged = judge(spend);
  return { name: subject.name, ...judged, milliseconds: performance.now() - start };
});
console.log(JSON.stringify(answers));
