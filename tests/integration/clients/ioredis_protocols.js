// ioredis of a major version, over one protocol: `node ioredis_protocols.js <port> <package> <protocol>`.
// Ends with "all is well" or an error.
const assert = require("assert");

const [port, name, protocol] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const Redis = require(name);

function fail(error) {
  console.error(error);
  process.exit(1);
}

async function main() {
  const options = { maxRetriesPerRequest: 1, connectionName: "app-1", protocol };
  if (protocol === 3) options.replyMapping = "resp3";
  const redis = new Redis(port, options);
  redis.on("error", fail);

  assert.match(await redis.client("INFO"), new RegExp(` name=app-1 .* resp=${protocol} .*lib-name=ioredis`));
  assert.strictEqual(await redis.client("GETNAME"), "app-1");

  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.set(`key:${i}`, `value ${i}`);
  for (const [error, reply] of await pipeline.exec()) assert.deepStrictEqual([error, reply], [null, "OK"]);
  const keys = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
  assert.deepStrictEqual(await redis.mget(keys), keys.map((_, i) => `value ${i}`));
  assert.strictEqual(await redis.del(keys), 1000);
  assert.deepStrictEqual(await redis.mget("key:1", "key:2", "key:3"), [null, null, null]);
  assert.strictEqual(await redis.get("key:1"), null);

  await redis.hset("hash", { a: 1, b: 2 });
  assert.deepStrictEqual({ ...(await redis.hgetall("hash")) }, { a: "1", b: "2" });
  await redis.sadd("set", "x", "y");
  assert.deepStrictEqual([...(await redis.smembers("set"))].sort(), ["x", "y"]);
  await redis.zadd("sorted", 1.5, "m");
  assert.strictEqual(Number(await redis.zscore("sorted", "m")), 1.5);
  if (protocol === 3) assert.strictEqual(await redis.zscore("sorted", "m"), 1.5);
  assert.strictEqual(await redis.exists("hash", "set", "sorted", "none"), 3);

  await assert.rejects(redis.call("NOSUCH", "x"), /unknown command/);
  await assert.rejects(redis.incr("hash"), /WRONGTYPE/);
  assert.strictEqual(await redis.quit(), "OK");
  console.log("all is well");
}

main().catch(fail);
