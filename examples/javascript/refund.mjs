// Takes a contract's coin back for its funder, from the contract's lock time on.
//
//     node refund.mjs --contract lock.json --key funder.key --deploy-tx deploy.hex --rpc URL --cookie FILE \
//         [--unchecked]
//
// Before that time nothing is sent: a node would keep the refund aside. --unchecked leaves the judgement to the node.
import { change } from "./claim.mjs";
import { command } from "./command.mjs";
import { readContract, readKey, readTransaction } from "./files.mjs";
import { findHead } from "./preimage.mjs";
import { Node } from "./rpc.mjs";
import { signed, template } from "./script.mjs";
import { send } from "./send.mjs";

/** Highest byte of the sequence number: the script demands it, so that the lock time counts. The others are free. */
const SEQUENCE = 0x01000000;
/** Signature type of the preimage, and the bytes that the script adds to its head, from that byte on. */
const READ = { genesis: { type: 0x42, end: 1 + 32 + 4 + 4 }, chronicle: { type: 0xe2, end: 1 + 1 + 4 + 4 } };
/** The empty item on top asks for the refund. */
const ITEMS = [{ name: "preimage_head" }, { name: "signature" }, { name: "public_key" }, { name: "refund", hex: "" }];

function byFunder({ profile, terms }, key) {
  const { type, end } = READ[profile];
  const supply = (transaction) => {
    transaction.lockTime = terms.refund.lock_time;
    const [input] = transaction.inputs;
    const preimage_head = findHead(transaction, type, end, (number) => (input.sequence = SEQUENCE + number));
    return { preimage_head, ...signed(transaction, key) };
  };
  return { outputs: [change(key)], template: template(ITEMS, supply) };
}

const OPTIONS = { needed: ["contract", "key", "deploy-tx", "rpc", "cookie"], flags: ["unchecked"] };

await command(OPTIONS, async (args) => {
  const contract = readContract(args.contract);
  const { recipient, lock_time } = contract.terms.refund;
  const way = byFunder(contract, readKey(args.key, recipient));
  const node = new Node(args.rpc, args.cookie);
  if (!args.unchecked) await node.expectFinal(lock_time);
  console.log(await send(contract, readTransaction(args["deploy-tx"]), way, node, args.unchecked));
});
