// What an application does with `new Redis.Cluster([port])`; ends with "all is well" or an error.
const assert = require("assert");
const Redis = require("ioredis");

async function main() {
  const cluster = new Redis.Cluster([{ host: "127.0.0.1", port: Number(process.argv[2]) }], {
    clusterRetryStrategy: () => null,
    enableReadyCheck: true,
  });
  await new Promise((resolve, reject) => {
    cluster.once("ready", resolve);
    cluster.once("error", reject);
    cluster.once("end", () => reject(new Error("the cluster has ended")));
  });
  assert.strictEqual(cluster.nodes("master").length, 1);

  for (let i = 0; i < 300; i++) assert.strictEqual(await cluster.set(`key:${i}`, `value ${i}`), "OK");
  for (let i = 0; i < 300; i++) assert.strictEqual(await cluster.get(`key:${i}`), `value ${i}`);

  const pipeline = cluster.pipeline();
  for (let i = 0; i < 300; i++) pipeline.get(`key:${i}`);
  assert.deepStrictEqual(
    await pipeline.exec(),
    Array.from({ length: 300 }, (_, i) => [null, `value ${i}`]),
  );

  const transaction = await cluster.multi().incr("{t}a").incr("{t}b").exec();
  assert.deepStrictEqual(transaction, [[null, 1], [null, 1]]);

  const received = new Promise((resolve) => cluster.once("message", (channel, message) => resolve([channel, message])));
  await cluster.subscribe("news");
  const publisher = cluster.duplicate();
  await publisher.publish("news", "hello");
  assert.deepStrictEqual(await received, ["news", "hello"]);
  publisher.disconnect();
  cluster.disconnect();
  console.log("all is well");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
