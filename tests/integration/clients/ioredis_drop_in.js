// What an application does with `new Redis(port)`; ends with "all is well" or an error.
const assert = require("assert");
const Redis = require("ioredis");

async function main() {
  const redis = new Redis(Number(process.argv[2]), { maxRetriesPerRequest: 1 });
  redis.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });

  assert.strictEqual(await redis.set("key", "value"), "OK");
  assert.strictEqual(await redis.get("key"), "value");

  const pipeline = redis.pipeline();
  for (let i = 0; i < 10000; i++) pipeline.set(`key:${i}`, `value ${i}`);
  for (const [error, reply] of await pipeline.exec()) assert.deepStrictEqual([error, reply], [null, "OK"]);

  const keys = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
  assert.deepStrictEqual(await redis.mget(keys), keys.map((_, i) => `value ${i}`));

  const together = await Promise.all(keys.map((key) => redis.get(key)));
  assert.deepStrictEqual(together, keys.map((_, i) => `value ${i}`));

  assert.strictEqual(await redis.del(keys), 1000);
  assert.deepStrictEqual(await redis.mget(keys), keys.map(() => null));

  await redis.hset("hash", { a: 1, b: 2 });
  assert.deepStrictEqual(await redis.hgetall("hash"), { a: "1", b: "2" });
  await assert.rejects(redis.call("NOSUCH", "x"), /unknown command/);
  await assert.rejects(redis.incr("key"), /not an integer/);
  assert.strictEqual(await redis.quit(), "OK");
  console.log("all is well");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
