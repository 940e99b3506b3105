// Makes the transaction that spends a contract's coin, checks it, and sends it.
import { SatoshisPerKilobyte, Transaction } from "@bsv/sdk";
import { check } from "./script.mjs";

/** Spends output 0 of the transaction `coin` to `outputs`, unlocked by `template`; answers the id of what was sent. */
export async function send(contract, coin, { outputs, template }, node, unchecked) {
  const transaction = new Transaction(contract.version);
  transaction.addInput({ sourceTransaction: coin, sourceOutputIndex: 0, unlockingScriptTemplate: template });
  for (const output of outputs) transaction.addOutput(output);
  // Sets the change. Without a rate the SDK would ask a service for one; without change it would raise the last output.
  if (outputs.some(({ change }) => change)) await transaction.fee(new SatoshisPerKilobyte(100));
  await transaction.sign();
  if (!unchecked) check(transaction);
  return node.send(transaction);
}
