// What the programs have in common: options with values, and an error that is a sentence.
import { parseArgs } from "node:util";

/** The value of an option, which must be there. */
export function need(args, name) {
  if (args[name] === undefined) throw new Error(`--${name} is missing`);
  return args[name];
}

/** Runs `main` with options of these names, all of them texts but `flags`; those in `needed` must be there. */
export async function command({ needed, optional = [], flags = [] }, main) {
  const texts = [...needed, ...optional].map((name) => [name, { type: "string" }]);
  const switches = flags.map((name) => [name, { type: "boolean" }]);
  try {
    const { values } = parseArgs({ options: Object.fromEntries([...texts, ...switches]) });
    for (const name of needed) need(values, name);
    await main(values);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
