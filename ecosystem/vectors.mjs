// Judges pairs of scripts with @bsv/sdk's script machine, class Spend, under the rules that a node was asked for:
//
//     node vectors.mjs vectors.json
//
// Reads `fixtures/script-vectors/vectors.json`. The answer is a list of { name, policy, consensus } for each case of
// the group with a node's default limits: `ok`, or why not.
import { readFileSync } from "node:fs";
import { LockingScript, Spend, UnlockingScript } from "@bsv/sdk";

// As regenerate.py beside the vectors asks the node.
const CONSENSUS = [
  "P2SH", "STRICTENC", "DERSIG", "LOW_S", "SIGPUSHONLY", "CHECKLOCKTIMEVERIFY", "CHECKSEQUENCEVERIFY", "NULLFAIL",
  "SIGHASH_FORKID", "GENESIS", "UTXO_AFTER_GENESIS",
];
const POLICY = [...CONSENSUS, "NULLDUMMY", "MINIMALDATA", "DISCOURAGE_UPGRADABLE_NOPS", "CLEANSTACK"];

function verdict({ unlocking, locking }, limits, verifyFlags) {
  const spend = new Spend({
    sourceTXID: "11".repeat(32),
    sourceOutputIndex: 0,
    sourceSatoshis: 1,
    lockingScript: LockingScript.fromHex(locking),
    transactionVersion: 1,
    otherInputs: [],
    inputIndex: 0,
    unlockingScript: UnlockingScript.fromHex(unlocking),
    outputs: [{ satoshis: 0, lockingScript: LockingScript.fromHex("006a") }],
    inputSequence: 0xffffffff,
    lockTime: 0,
    memoryLimit: limits.max_stack_memory,
    verifyFlags,
  });
  try {
    return spend.validate() ? "ok" : "false";
  } catch (error) {
    return error.message.split("\n")[0].replace("Script evaluation error: ", "");
  }
}

const { groups } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { limits, cases } = groups.find(({ name }) => name === "default limits");
const answers = cases.map((scripts) => ({
  name: scripts.name,
  policy: verdict(scripts, limits, POLICY),
  consensus: verdict(scripts, limits, CONSENSUS),
}));
console.log(JSON.stringify(answers));
