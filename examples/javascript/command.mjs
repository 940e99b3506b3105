// What both programs have in common: options with values, and an error that is a sentence.
import { parseArgs } from "node:util";

/** Runs `main` with the options of these names, all of them texts but `flags`. */
export async function command(names, flags, main) {
  const texts = names.map((name) => [name, { type: "string" }]);
  const switches = flags.map((name) => [name, { type: "boolean" }]);
  try {
    await main(parseArgs({ options: Object.fromEntries([...texts, ...switches]) }).values);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
