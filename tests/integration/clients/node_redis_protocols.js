// node-redis of a major version, over one protocol: `node node_redis_protocols.js <port> <package> <protocol>`.
// Ends with "all is well" or an error.
const assert = require("assert");

const [port, name, protocol] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const { createClient } = require(name);

function fail(error) {
  console.error(error);
  process.exit(1);
}

async function main() {
  const client = createClient({ socket: { port }, name: "app-2", RESP: protocol });
  client.on("error", fail);
  await client.connect();

  assert.match(String(await client.sendCommand(["CLIENT", "INFO"])),
               new RegExp(` name=app-2 .* resp=${protocol} .*lib-name=node-redis`));
  assert.strictEqual(await client.clientGetName(), "app-2");
  assert.ok((await client.clientList()).some((line) => line.name === "app-2"));

  const keys = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
  await Promise.all(keys.map((key, i) => client.set(key, `value ${i}`)));
  assert.deepStrictEqual(await client.mGet(keys), keys.map((_, i) => `value ${i}`));
  assert.deepStrictEqual(await Promise.all(keys.map((key) => client.get(key))), keys.map((_, i) => `value ${i}`));
  assert.strictEqual(await client.del(keys), 1000);
  assert.deepStrictEqual(await client.mGet(["key:1", "key:2", "key:3"]), [null, null, null]);
  assert.strictEqual(await client.get("key:1"), null);

  await client.hSet("hash", { a: "1", b: "2" });
  assert.deepStrictEqual({ ...(await client.hGetAll("hash")) }, { a: "1", b: "2" });
  await client.sAdd("set", ["x", "y"]);
  assert.deepStrictEqual([...(await client.sMembers("set"))].sort(), ["x", "y"]);
  assert.strictEqual(await client.sIsMember("set", "x") == true, true);
  await client.zAdd("sorted", { score: 1.5, value: "m" });
  assert.strictEqual(await client.zScore("sorted", "m"), 1.5);
  assert.deepStrictEqual(await client.zRangeWithScores("sorted", 0, -1), [{ value: "m", score: 1.5 }]);
  assert.strictEqual(await client.exists(["hash", "set", "sorted", "none"]), 3);

  await assert.rejects(client.sendCommand(["NOSUCH", "x"]), /unknown command/);
  await assert.rejects(client.incr("hash"), /WRONGTYPE/);
  await client.close();
  console.log("all is well");
}

main().catch(fail);
