// Loads artifacts in sCrypt's format with scryptlib and makes of them what its users do:
//
//     node artifact.mjs REQUESTS.json
//
// The file is a list of { artifact, arguments, locking_script, calls: [{ function, arguments }, ..] }: arguments are
// hex, of the constructor and of public functions; `locking_script` is a deployed script to be recognised. The answer
// is a list of { locking_script, asm, md5, recognised, unlocking_scripts }, or { error }.
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
    unlocking_scripts: calls.map((call) => contract[call.function](...call.arguments).toHex()),
  };
}

const answers = JSON.parse(readFileSync(process.argv[2], "utf8")).map((request) => {
  try {
    return make(request);
  } catch (error) {
    return { error: error.message };
  }
});
console.log(JSON.stringify(answers));
