// Claims a contract's coin with a proof.
//
//     node spend.mjs --contract lock.json --hints hints.json --key owner.key --deploy-tx deploy.hex --rpc URL \
//         --cookie FILE [--attestation FILE] [--unchecked]
//
// The coin is output 0 of --deploy-tx. A contract with a signer wants that signer's word, --attestation; a settlement
// wants no key. The spend is run in the SDK's script machine first and sent only if that accepts it; --unchecked leaves
// the judgement to the node.
import { byClass, byProver, byProverWithWord } from "./claim.mjs";
import { command, need } from "./command.mjs";
import { readContract, readHints, readKey, readTransaction, readWord } from "./files.mjs";
import { Node } from "./rpc.mjs";
import { send } from "./send.mjs";

const OPTIONS = {
  needed: ["contract", "hints", "deploy-tx", "rpc", "cookie"],
  optional: ["key", "attestation"],
  flags: ["unchecked"],
};

await command(OPTIONS, async (args) => {
  const contract = readContract(args.contract);
  const coin = readTransaction(args["deploy-tx"]);
  const hints = readHints(args.hints, contract);
  const { kind, signer } = contract.terms.payee;

  const key = () => readKey(need(args, "key"), hints.recipient);
  const word = () => readWord(need(args, "attestation"), coin, hints, signer);
  const way = () => {
    if (kind === "class") return byClass(contract, hints);
    return signer ? byProverWithWord(hints, key(), word()) : byProver(hints, key());
  };
  console.log(await send(contract, coin, way(), new Node(args.rpc, args.cookie), args.unchecked));
});
