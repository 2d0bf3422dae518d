// Pub/Sub with node-redis: `node node_redis_pubsub.js <port> <package> <protocol>`.
// Ends with "all is well" or an error.
const assert = require("assert");

const [port, name, protocol] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const { createClient } = require(name);

const COUNT = 200;

function fail(error) {
  console.error(error);
  process.exit(1);
}

async function connected() {
  const client = createClient({ socket: { port }, RESP: protocol });
  client.on("error", fail);
  await client.connect();
  return client;
}

// Resolves with all messages once there are as many as expected; one too many is an error.
function collector(count) {
  const messages = [];
  let done;
  const complete = new Promise((resolve) => { done = resolve; });
  const listener = (message, channel) => {
    messages.push([channel, message]);
    if (messages.length === count) done(messages);
    if (messages.length > count) fail(new Error(`one message too many: ${channel} ${message}`));
  };
  return { complete, listener };
}

const numbered = (channel) => Array.from({ length: COUNT }, (_, i) => [channel, `message ${i}`]);

async function main() {
  const subscriber = await connected();
  const publisher = await connected();

  const [plain, pattern, shard, other] = [COUNT, COUNT, COUNT, COUNT].map(collector);
  await subscriber.subscribe("news", plain.listener);
  await subscriber.pSubscribe("news.*", pattern.listener);
  await subscriber.sSubscribe("shard", shard.listener);
  await subscriber.sSubscribe("other shard", other.listener);
  for (let i = 0; i < COUNT; i++) {
    await Promise.all([
      publisher.publish("news", `message ${i}`), publisher.publish("news.local", `message ${i}`),
      publisher.sPublish("shard", `message ${i}`), publisher.sPublish("other shard", `message ${i}`),
    ]);
  }
  assert.deepStrictEqual(await plain.complete, numbered("news"));
  assert.deepStrictEqual(await pattern.complete, numbered("news.local"));
  assert.deepStrictEqual(await shard.complete, numbered("shard"));
  assert.deepStrictEqual(await other.complete, numbered("other shard"));

  assert.deepStrictEqual((await publisher.pubSubChannels("n*")).map(String), ["news"]);
  assert.strictEqual(await publisher.pubSubNumPat(), 1);
  assert.strictEqual(Number((await publisher.pubSubNumSub(["news"])).news), 1);
  assert.deepStrictEqual((await publisher.pubSubShardChannels()).map(String).sort(), ["other shard", "shard"]);

  // A RESP3 client keeps using its connection.
  if (protocol === 3) {
    await subscriber.set("key", "value");
    assert.strictEqual(await subscriber.get("key"), "value");
  }

  await subscriber.unsubscribe("news");
  await subscriber.pUnsubscribe("news.*");
  await subscriber.sUnsubscribe("shard");
  await subscriber.sUnsubscribe("other shard");
  await publisher.publish("news", "nobody hears this");
  await publisher.sPublish("shard", "nor this");
  assert.strictEqual(await subscriber.get("nothing"), null);
  assert.deepStrictEqual(await publisher.pubSubChannels(), []);
  await subscriber.close();
  await publisher.close();
  console.log("all is well");
}

main().catch(fail);
