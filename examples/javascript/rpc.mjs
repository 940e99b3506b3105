// A node's JSON-RPC interface: https://wiki.bitcoinsv.io/index.php/JSON-RPC_API_reference lists the calls.
import { readFileSync } from "node:fs";
import { Transaction } from "@bsv/sdk";

/** A node, its address such as http://127.0.0.1:18443, and the cookie file in its data folder. */
export class Node {
  constructor(url, cookieFile) {
    this.url = url;
    this.login = Buffer.from(readFileSync(cookieFile, "utf8").trim()).toString("base64");
  }

  async call(method, ...params) {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { Authorization: `Basic ${this.login}`, "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "1.0", id: method, method, params }),
    });
    // The node answers refusals with status 500 and a body that says why.
    const answer = await response.json().catch(() => {
      throw new Error(`${method}: HTTP status ${response.status}`);
    });
    if (answer.error) throw new Error(`${method}: ${answer.error.message} (${answer.error.code})`);
    return answer.result;
  }

  /** Broadcasts a transaction; answers its id. */
  send(transaction) {
    return this.call("sendrawtransaction", transaction.toHex());
  }

  /** Fails unless the next block may hold a transaction of this lock time: a height, or seconds since 1970. */
  async expectFinal(lockTime) {
    const { blocks, mediantime } = await this.call("getblockchaininfo");
    const [what, now] = lockTime < 500_000_000 ? ["height", blocks + 1] : ["median time", mediantime];
    if (now > lockTime) return;
    throw new Error(`nothing was sent: the next block's ${what} is ${now}, expected more than ${lockTime}`);
  }

  /** Mines blocks on regtest; answers their hashes. */
  mine(blocks, address) {
    return this.call("generatetoaddress", blocks, address);
  }

  /** A coin on regtest: the reward of a block of the address's own, 100 blocks deep. */
  async reward(address) {
    const [hash] = await this.mine(1, address);
    await this.mine(100, address);
    const { tx } = await this.call("getblock", hash);
    return Transaction.fromHex(await this.call("getrawtransaction", tx[0]));
  }
}
