// Claims a contract's coin with a proof.
//
//     node spend.mjs --contract lock.json --hints hints.json --key owner.key --deploy-tx deploy.hex --rpc URL \
//         --cookie FILE [--unchecked]
//
// The coin is output 0 of --deploy-tx. The spend is run in the SDK's script machine first and sent only if that accepts
// it; --unchecked leaves the judgement to the node.
import { P2PKH, SatoshisPerKilobyte, Transaction } from "@bsv/sdk";
import { check, claim } from "./claim.mjs";
import { command } from "./command.mjs";
import { readContract, readHints, readKey, readTransaction } from "./files.mjs";
import { Node } from "./rpc.mjs";

await command(["contract", "hints", "key", "deploy-tx", "rpc", "cookie"], ["unchecked"], async (args) => {
  const contract = readContract(args.contract);
  const key = readKey(args.key);
  const hints = readHints(args.hints, contract, key);

  const transaction = new Transaction(contract.version);
  transaction.addInput({
    sourceTransaction: readTransaction(args["deploy-tx"]),
    sourceOutputIndex: 0,
    unlockingScriptTemplate: claim(hints, key),
  });
  transaction.addOutput({ lockingScript: new P2PKH().lock(key.toAddress("testnet")), change: true });
  await transaction.fee(new SatoshisPerKilobyte(100));
  await transaction.sign();

  if (!args.unchecked) check(transaction);
  console.log(await new Node(args.rpc, args.cookie).send(transaction));
});
