// Pub/Sub with ioredis: `node ioredis_pubsub.js <port> <package> <protocol>`.
// Ends with "all is well" or an error.
const assert = require("assert");

const [port, name, protocol] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const Redis = require(name);

const COUNT = 200;

function fail(error) {
  console.error(error);
  process.exit(1);
}

function connected() {
  const redis = new Redis(port, { maxRetriesPerRequest: 1, protocol });
  redis.on("error", fail);
  return redis;
}

async function main() {
  const [subscriber, publisher] = [connected(), connected()];
  const messages = { news: [], "news.local": [], shard: [] };
  let missing = 3 * COUNT;
  const complete = new Promise((resolve) => {
    const take = (channel, message) => {
      messages[channel].push(message);
      if (--missing === 0) resolve();
      if (missing < 0) fail(new Error(`one message too many: ${channel} ${message}`));
    };
    subscriber.on("message", take);
    subscriber.on("pmessage", (pattern, channel, message) => take(channel, message));
    subscriber.on("smessage", take);
  });
  assert.strictEqual(await subscriber.subscribe("news"), 1);
  assert.strictEqual(await subscriber.psubscribe("news.*"), 2);
  await subscriber.ssubscribe("shard");
  for (let i = 0; i < COUNT; i++) {
    await Promise.all([publisher.publish("news", i), publisher.publish("news.local", i), publisher.spublish("shard", i)]);
  }
  await complete;
  const expected = Array.from({ length: COUNT }, (_, i) => String(i));
  for (const channel of Object.keys(messages)) assert.deepStrictEqual(messages[channel], expected);

  assert.deepStrictEqual(await publisher.pubsub("CHANNELS", "n*"), ["news"]);
  await subscriber.unsubscribe("news");
  await subscriber.punsubscribe("news.*");
  await subscriber.sunsubscribe("shard");
  await publisher.publish("news", "nobody hears this");
  assert.strictEqual(await subscriber.get("nothing"), null);
  await subscriber.quit();
  await publisher.quit();
  console.log("all is well");
}

main().catch(fail);
