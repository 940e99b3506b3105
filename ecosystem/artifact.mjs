// Loads artifacts in sCrypt's format with scryptlib and makes of them what its users do:
//
//     node artifact.mjs REQUESTS.json
//
// The file is a list of { artifact, arguments, locking_script, calls }, and a call is { function, arguments,
// transaction, value }: arguments are hex, of the constructor and of public functions; `locking_script` is a deployed
// script to be recognised; `transaction` spends a coin of `value` satoshis with the call. The answer is a list of
// { locking_script, asm, md5, recognised, calls: [{ unlocking_script, verdict }, ..] }, or { error }.
import { readFileSync } from "node:fs";
import scryptlib from "scryptlib";

const { bsv, buildContractClass, md5 } = scryptlib;

function make({ artifact, arguments: values, locking_script, calls }) {
  const Contract = buildContractClass(artifact);
  const contract = new Contract(...values);
  // The same script by way of the assembly: its placeholders are replaced by their values.
  const { params } = artifact.abi.find(({ type }) => type === "constructor");
  const named = Object.fromEntries(params.map(({ name }, index) => [`$${name}`, values[index]]));
  const asm = artifact.asm.split(" ").map((word) => named[word] ?? word).join(" ");
  return {
    locking_script: contract.lockingScript.toHex(),
    asm: bsv.Script.fromASM(asm).toHex(),
    md5: md5(artifact.hex.replace(/<([^>]+)>/g, "<>")),
    recognised: Contract.fromHex(locking_script).ctorArgs().map(({ value }) => value),
    calls: calls.map((call) => made(contract, call)),
  };
}

/** A call's script, and what scryptlib's own script machine says of its transaction. */
function made(contract, call) {
  const { unlockingScript } = contract[call.function](...call.arguments);
  const context = { tx: new bsv.Transaction(call.transaction), inputIndex: 0, inputSatoshis: call.value };
  const verdict = judge(() => contract.run_verify(unlockingScript, context));
  return { unlocking_script: unlockingScript.toHex(), verdict };
}

/** The machine's word; it cannot name every opcode that it does not know, and says so instead. */
function judge(run) {
  try {
    const { success, error } = run();
    return success ? "ok" : error.match(/SCRIPT_ERR_\w+/)[0];
  } catch (error) {
    return error.message;
  }
}

const answers = JSON.parse(readFileSync(process.argv[2], "utf8")).map((request) => {
  try {
    return make(request);
  } catch (error) {
    return { error: error.message };
  }
});
console.log(JSON.stringify(answers));
