// A job queue of BullMQ as its users run it: `node bullmq_jobs.js <port>`. Two thousand jobs, some of them delayed,
// some with a priority, some that fail and are tried again; two workers with many jobs at a time each.
// Ends with "all is well" if each job ran exactly as often as it should have, or with an error.
const assert = require("assert");
const { Queue, QueueEvents, Worker } = require("bullmq");
const IORedis = require("ioredis");

const port = Number(process.argv[2]);
const COUNT = 2000;
const NAME = "jobs";
const prefix = "{bull}";  // one hash tag: BullMQ's scripts and transactions take keys of one slot

const connection = { port, maxRetriesPerRequest: null };

// What becomes of a job follows from its number.
const delayOf = (number) => (number % 7 === 0 ? 200 + 100 * (number % 10) : 0);
const attemptsOf = (number) => (number % 3 === 0 ? 1 : 3);
const failsAt = (number) => (number % 50 === 6 ? 99 : number % 10 === 3 ? 1 : number % 25 === 9 ? 2 : 0);
const runsOf = (number) => Math.min(attemptsOf(number), failsAt(number) + 1);
const succeeds = (number) => failsAt(number) < attemptsOf(number);
const numbers = Array.from({ length: COUNT }, (_, i) => i);

function fail(error) {
  console.error(error);
  process.exit(1);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const runs = new Array(COUNT).fill(0);
const running = new Set();

async function work(job) {
  const { number } = job.data;
  if (running.has(number)) fail(new Error(`job ${number} runs twice at once`));
  running.add(number);
  runs[number]++;
  const waited = Date.now() - job.timestamp;
  if (waited < delayOf(number)) fail(new Error(`job ${number} runs after ${waited} ms, not ${delayOf(number)}`));
  await sleep(1 + (number % 5));
  if (number % 20 === 0) await job.updateProgress(50);
  running.delete(number);
  if (runs[number] <= failsAt(number)) throw new Error(`failure ${runs[number]} of ${number}`);
  return `result of ${number}`;
}

async function main() {
  const queue = new Queue(NAME, { connection, prefix });
  const events = new QueueEvents(NAME, { connection, prefix });
  const workers = [0, 1].map(() => new Worker(NAME, work, { connection, prefix, concurrency: 40 }));
  for (const part of [queue, events, ...workers]) part.on("error", fail);

  const ended = { completed: new Map(), failed: new Map() };
  for (const [event, jobs] of Object.entries(ended)) {
    events.on(event, ({ jobId, returnvalue, failedReason }) => {
      if (jobs.has(jobId)) fail(new Error(`${event} twice: ${jobId}`));
      jobs.set(jobId, returnvalue || failedReason);
    });
  }
  await Promise.all([events, ...workers].map((part) => part.waitUntilReady()));

  const jobs = numbers.map((number) => ({
    name: "job",
    data: { number },
    opts: {
      jobId: `number-${number}`,
      delay: delayOf(number),
      attempts: attemptsOf(number),
      backoff: { type: "fixed", delay: 50 },
      ...(number % 13 === 0 ? { priority: 1 + (number % 5) } : {}),
    },
  }));
  await queue.addBulk(jobs.slice(0, COUNT / 2));
  await Promise.all(jobs.slice(COUNT / 2).map((job) => queue.add(job.name, job.data, job.opts)));

  const deadline = Date.now() + 40_000;
  while (ended.completed.size + ended.failed.size < COUNT && Date.now() < deadline) await sleep(50);
  await sleep(300);  // for what comes too often

  assert.deepStrictEqual(numbers.filter((number) => runs[number] !== runsOf(number)), [], "run too often, or too rarely");
  assert.deepStrictEqual([...ended.completed].sort(),
                         numbers.filter(succeeds).map((n) => [`number-${n}`, `result of ${n}`]).sort());
  assert.deepStrictEqual([...ended.failed].sort(), numbers.filter((n) => !succeeds(n))
    .map((n) => [`number-${n}`, `failure ${runsOf(n)} of ${n}`]).sort());
  const counts = await queue.getJobCounts();
  assert.strictEqual(counts.completed, numbers.filter(succeeds).length);
  assert.strictEqual(counts.failed, COUNT - counts.completed);
  for (const state of ["active", "delayed", "paused", "prioritized", "waiting", "waiting-children"]) {
    assert.strictEqual(counts[state], 0, state);
  }
  const workersSeen = await queue.getWorkers();
  assert.strictEqual(workersSeen.length, 2);

  await Promise.all([...workers, events].map((part) => part.close()));
  await queue.obliterate();
  await queue.close();
  const redis = new IORedis(port);
  const left = await redis.keys("{bull}*");
  assert.deepStrictEqual(left.filter((key) => !key.endsWith(":events") && !key.endsWith(":meta")), []);
  await redis.quit();
  console.log(`${numbers.reduce((sum, number) => sum + runsOf(number), 0)} runs of ${COUNT} jobs`);
  console.log("all is well");
}

main().catch(fail);
