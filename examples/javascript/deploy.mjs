// Locks coins under a contract.
//
//     node deploy.mjs --contract lock.json --key owner.key --rpc URL --cookie FILE --amount SATOSHIS --out deploy.hex
//
// Without --coin FILE, a raw transaction whose output 0 pays the key, a regtest node mines one. The contract is output 0
// of the transaction that is broadcast and written to --out.
import { writeFileSync } from "node:fs";
import { P2PKH, SatoshisPerKilobyte, Transaction } from "@bsv/sdk";
import { command } from "./command.mjs";
import { readContract, readKey, readTransaction } from "./files.mjs";
import { Node } from "./rpc.mjs";

const OPTIONS = { needed: ["contract", "key", "rpc", "cookie", "amount", "out"], optional: ["coin"] };

await command(OPTIONS, async (args) => {
  const { lockingScript } = readContract(args.contract);
  const key = readKey(args.key);
  const node = new Node(args.rpc, args.cookie);
  const address = key.toAddress("testnet");

  const transaction = new Transaction();
  transaction.addInput({
    sourceTransaction: args.coin ? readTransaction(args.coin) : await node.reward(address),
    sourceOutputIndex: 0,
    unlockingScriptTemplate: new P2PKH().unlock(key),
  });
  transaction.addOutput({ lockingScript, satoshis: Number(args.amount) });
  transaction.addOutput({ lockingScript: new P2PKH().lock(address), change: true });
  // Without a rate the SDK would ask a service for one.
  await transaction.fee(new SatoshisPerKilobyte(100));
  await transaction.sign();

  console.log(await node.send(transaction));
  writeFileSync(args.out, transaction.toHex() + "\n");
});
