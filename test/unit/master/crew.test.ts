import { describe, expect, test } from 'vitest';
import type { HeartbeatEvent } from '../../../src/events/index.js';
import type { Journal } from '../../../src/master/index.js';
import { LoadTestShape, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { report } from '../link/samples.js';
import { aCluster } from './cluster.js';
import { counting } from './counting.js';
import { aFaultyLink } from './faultyLink.js';

describe('heartbeats', () => {
  test('are answered, fire heartbeatSent here and heartbeatReceived there, and tell how a worker is', async () => {
    const sent: HeartbeatEvent[] = [];
    const received: string[] = [];
    await using cluster = aCluster({
      workers: 2,
      userClasses: [idle('A')],
      worker: { times: { heartbeatSeconds: 0.05 } },
    });
    cluster.environment.events.heartbeatSent.addListener((event) => sent.push(event));
    for (const { environment } of cluster.workers) {
      environment.events.heartbeatReceived.addListener(({ clientId }) => received.push(clientId));
    }
    await until(() => sent.length > 3 && new Set(received).size === 2);
    expect(new Set(sent.map(({ clientId }) => clientId))).toEqual(new Set(['w1', 'w2']));
    expect(sent[0]!.timestamp).toBeGreaterThan(1.7e9);
    expect(cluster.master.workers.get('w2')).toMatchObject({
      index: 1,
      state: 'ready',
      roundTripMillis: expect.any(Number),
      clockOffsetSeconds: 0,
    });
    expect(cluster.master.workers.get('w2')!.memoryUsage).toBeGreaterThan(1e6);
    cluster.master.start(2, 1000);
    await until(() => cluster.master.workers.every(({ state }) => state === 'running'));
    await cluster.master.stop();
    await until(() => cluster.master.workers.every(({ state }) => state === 'ready'));
  });

  test('tell how far away a worker is, and whether its clock is off', async () => {
    using log = captureLog();
    await using cluster = aCluster({
      workers: 2,
      userClasses: [idle('A')],
      worker: { times: { heartbeatSeconds: 0 } },
    });
    const heartbeat = { kind: 'heartbeat', state: 'ready', cpuPercent: 1, memoryBytes: 1e8 } as const;
    const [near, far] = [cluster.workers[0]!.link, cluster.workers[1]!.link];
    for (let at = 0; at < 3; at++) {
      near.send({ ...heartbeat, roundTripMillis: 0.42, clockOffsetSeconds: -0.0021 });
      far.send({ ...heartbeat, roundTripMillis: 81, clockOffsetSeconds: 3600.04 });
    }
    await until(() => cluster.master.workers.get('w2')?.clockOffsetSeconds === 3600.04);
    expect(log.at('DEBUG').filter((line) => line.includes('round trip'))).toEqual([
      "worker w1: round trip 0.4 ms, its clock is 0.002 s ahead of this master's",
      "worker w2: round trip 81.0 ms, its clock is 3600.040 s behind this master's",
    ]);
    expect(log.at('INFO').filter((line) => line.includes('clock'))).toEqual([
      "the clock of worker w2 is 3600.040 s behind this master's: what it measures is counted in the time of this master",
    ]);
  });

  test('[110] of a busy processor are warned of once for each worker', async () => {
    using log = captureLog();
    await using cluster = aCluster({
      workers: 1,
      userClasses: [idle('A')],
      worker: { times: { heartbeatSeconds: 0 } },
    });
    const { link } = cluster.workers[0]!;
    const heartbeat = { kind: 'heartbeat', state: 'ready', memoryBytes: 1e8 } as const;
    link.send({ ...heartbeat, cpuPercent: 90 });
    await until(() => cluster.master.workers.get('w1')?.cpuUsage === 90);
    expect(cluster.master.hasCpuWarning).toBe(false);
    link.send({ ...heartbeat, cpuPercent: 93.4 });
    link.send({ ...heartbeat, cpuPercent: 99 });
    await until(() => cluster.master.workers.get('w1')?.cpuUsage === 99);
    expect(cluster.master.hasCpuWarning).toBe(true);
    expect(log.at('WARNING').filter((line) => line.includes('processor'))).toEqual([
      'worker w1 uses 93 % of a processor core: more workers would measure better',
    ]);
  });
});

test('a report that comes in pieces fires workerReport once, with what listeners added', async () => {
  await using cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
  const heard: unknown[] = [];
  cluster.environment.events.workerReport.addListener(({ data }) => heard.push(data));
  const { link } = cluster.workers[0]!;
  link.send({ ...report, sequence: 1, data: {}, hasMore: true });
  link.send({ ...report, sequence: 2, data: {}, hasMore: true });
  link.send({ ...report, sequence: 3, data: { mine: 1 } });
  await until(() => heard.length > 0);
  expect(heard).toEqual([{ mine: 1 }]);
});

describe('logs of workers', () => {
  test('are kept, the last 500 lines of each, and warnings are repeated with the name of the worker', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    const lines = Array.from({ length: 600 }, (_, at) => ({ level: 'INFO', text: `line ${at}` }));
    cluster.workers[0]!.link.send({ kind: 'logs', lines });
    cluster.workers[0]!.link.send({
      kind: 'logs',
      lines: [
        { level: 'WARNING', text: 'careful' },
        { level: 'ERROR', text: 'broken' },
        { level: 'DEBUG', text: 'detail' },
      ],
    });
    await until(() => cluster.master.logsOf('w1').at(-1) === 'detail');
    expect(cluster.master.logsOf('w1')).toHaveLength(500);
    expect(cluster.master.logsOf('w1')[0]).toBe('line 103');
    expect(cluster.master.logsOf('w2')).toEqual([]);
    expect(log.at('WARNING')).toContain('w1: careful');
    expect(log.at('ERROR')).toContain('w1: broken');
    expect(log.records.map(({ message }) => message)).not.toContain('w1: line 599');
  });
});

describe('a locustfile of a worker', () => {
  const own = 'a'.repeat(64);
  const other = 'b'.repeat(64);
  const warnings = async (locustfileSha256: string | undefined, ...locustfiles: readonly (string | undefined)[]) => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 0, userClasses: [idle('A')], master: { locustfileSha256 } });
    for (const locustfile of locustfiles) {
      const hello = { worker: 'w1', version: 'test', graceSeconds: 60, ...(locustfile && { locustfile }) };
      cluster.master.addWorker(hello, aFaultyLink().master);
    }
    return log.at('WARNING').filter((line) => line.includes('locustfile'));
  };

  test('that differs from the master is warned of once, with the name of the worker, however often it comes back', async () => {
    expect(await warnings(own, other, other)).toEqual([
      `worker w1 runs a locustfile of its own that differs from this master's (SHA-256 of the bundles: "bbbbbbbbbbbb" there, "aaaaaaaaaaaa" here): start it without -f to have it take this one`,
    ]);
  });

  test('is not spoken of when it is the same, or nobody knows', async () => {
    expect(await warnings(own, own)).toEqual([]);
    expect(await warnings(own, undefined)).toEqual([]);
    expect(await warnings(undefined, other)).toEqual([]);
  });
});

describe('what reaches all workers', () => {
  test('[88] an update of a user class, those included that join later', async () => {
    const setups: unknown[] = [];
    await using cluster = aCluster({
      workers: 2,
      userClasses: [idle('A')],
      worker: { applySetup: ({ userConfigs }) => setups.push(userConfigs) },
    });
    const update = { userClass: 'A', host: 'http://other', tasks: ['rest'] };
    cluster.master.updateUserClass(update);
    await until(() => cluster.workers.every(({ updates }) => updates.length === 1));
    expect(cluster.workers.map(({ updates }) => updates)).toEqual([[update], [update]]);
    cluster.addWorker('w3');
    await until(() => setups.length === 3);
    expect(setups[2]).toEqual([{ userClass: 'A', values: { host: 'http://other', tasks: ['rest'] } }]);
  });

  test('a reset of the statistics, so that nothing that was on its way counts', async () => {
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 2, userClasses: [Counting] });
    cluster.master.start(4, 1000);
    await until(() => cluster.statistics.total.numRequests > 50);
    const before = counts.requests;
    cluster.master.resetStats();
    expect(cluster.statistics.total.numRequests).toBe(0);
    await until(() => counts.requests > before + 100);
    await cluster.master.stop();
    expect(cluster.statistics.total.numRequests).toBeLessThanOrEqual(counts.requests - before);
    expect(cluster.statistics.total.numRequests).toBeGreaterThan(50);
  });

  test('[115] the hurry of somebody who does not want to wait for the stop timeout', async () => {
    let cut = 0;
    class Long extends User {
      @task async work() {
        try {
          await this.sleep(1000);
        } finally {
          cut++;
        }
      }
    }
    await using cluster = aCluster({ workers: 2, userClasses: [Long], stopTimeout: 600 });
    cluster.master.start(4, 1000);
    await until(() => cluster.master.state === 'running');
    const stopped = cluster.master.stop();
    await until(() => cluster.workers.every(({ worker }) => worker.state === 'stopping'));
    cluster.master.hurry();
    await stopped;
    expect(cut).toBe(4);
  });

  test('no message for a worker that is not there, which is said', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
    cluster.master.sendMessage('hello', 1, 'w9');
    expect(log.at('WARNING')).toEqual(['a message of type hello cannot be sent to w9: there is no such worker']);
  });
});

describe('a test over several workers', () => {
  test('[111] [121] starts anew after a stop: its events come again, and its numbers begin at zero', async () => {
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 2, userClasses: [Counting] });
    cluster.environment.events.testStart.addListener(() => {
      expect(cluster.master.targetUserCount).toBe(4);
      expect(cluster.master.targetUserClassesCount).toEqual({});
    });
    for (let round = 1; round <= 2; round++) {
      const before = counts.requests;
      cluster.master.start(4, 1000);
      await until(() => cluster.master.state === 'running');
      expect(cluster.master.targetUserClassesCount).toEqual({ Counting: 4 });
      cluster.master.start(2, 1000);
      await until(() => cluster.liveUsers() === 2 && cluster.master.state === 'running');
      cluster.master.start(4, 1000);
      await until(() => cluster.liveUsers() === 4);
      await cluster.master.stop();
      expect(cluster.statistics.total.numRequests).toBe(counts.requests - before);
      for (const { fired } of [cluster, ...cluster.workers]) {
        expect(fired.filter((name) => name === 'testStart' || name === 'testStop')).toHaveLength(2 * round);
      }
    }
  });

  test('[113] a lower target while it ramps up is where it ends', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    cluster.master.start(1000, 50);
    await until(() => cluster.liveUsers() > 5);
    cluster.master.start(3, 1000);
    await until(() => cluster.master.state === 'running');
    expect([0, 1].map(cluster.usersOn)).toEqual([{ A: 2 }, { A: 1 }]);
  });

  test('[117] [132] any number of users over any number of workers adds up', async () => {
    await using cluster = aCluster({ workers: 5, userClasses: [idle('A'), idle('B')] });
    const classes: unknown[] = [];
    for (const users of [0, 10, 5, 7, 2]) {
      cluster.master.start(users, 1000);
      await until(() => cluster.master.state === 'running');
      expect(cluster.liveUsers()).toBe(users);
      expect(cluster.master.workers.userCount).toBe(users);
      classes.push(cluster.master.targetUserClassesCount);
    }
    expect(classes.slice(1, 3)).toEqual([
      { A: 5, B: 5 },
      { A: 3, B: 2 },
    ]);
  });

  test('[126] a shape can be stopped and started again', async () => {
    const ticks: number[] = [];
    class Growing extends LoadTestShape {
      override tick(): [number, number] {
        ticks.push(Math.round(this.getRunTime()));
        return [4, 1000];
      }
    }
    await using cluster = aCluster({ workers: 3, userClasses: [idle('A')], shape: new Growing() });
    for (const round of [1, 2]) {
      cluster.master.startShape();
      await until(() => cluster.liveUsers() === 4);
      await cluster.master.stop();
      expect(cluster.liveUsers()).toBe(0);
      expect(cluster.fired.filter((name) => name === 'testStart')).toHaveLength(round);
    }
    expect(ticks.filter((time) => time === 0).length).toBeGreaterThanOrEqual(2);
  });

  test('[112] ends with a quit after a stop, and testStop comes once', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    await cluster.master.stop();
    await cluster.master.quit();
    await cluster.master.ended;
    for (const { fired } of [cluster, ...cluster.workers]) {
      expect(fired.filter((name) => name === 'testStop')).toHaveLength(1);
    }
    expect(cluster.master.workers.size).toBe(0);
  });

  test('a spawn goes only to those for whom something changes, but for the beginning and the end of a ramp', async () => {
    await using cluster = aCluster({ workers: 4, userClasses: [idle('A')] });
    cluster.master.start(8, 20); // 20 in a step: one step for all
    await until(() => cluster.master.state === 'running');
    const spawns = () => cluster.workers.map(({ cable }) => cable.told.filter(({ kind }) => kind === 'spawn').length);
    const before = spawns();
    cluster.master.start(13, 1);
    await until(() => cluster.liveUsers() >= 11);
    const [first, ...others] = spawns().map((count, at) => count - before[at]!);
    expect(first, 'the first step, whose user it gets').toBe(1);
    expect(others.every((count) => count <= 2)).toBe(true);
  });
});

test('a journal hears of setup, workers, the test, its target, who leaves, and its end, each before the workers do', async () => {
  const heard: string[] = [];
  const note = (what: string) => heard.push(what);
  const journal: Journal = {
    setup: ({ run, userConfigs }) => note(`setup ${run} ${userConfigs.length}`),
    worker: (id, index, graceSeconds) => note(`worker ${id} ${index} ${graceSeconds}`),
    testStarted: ({ test, period, settings }) => note(`testStarted ${test} ${period} ${settings.stopTimeoutSeconds}`),
    targetChanged: ({ userCount, spawnRate }) => note(`target ${userCount} ${spawnRate}`),
    spawned: () => note('spawned'),
    testStopped: (number) => note(`testStopped ${number}`),
    cleared: () => {},
    totalsBegun: () => {},
    reset: () => {},
    applied: () => Promise.resolve(),
    workerLost: (id) => note(`lost ${id}`),
    workerGone: (id) => note(`gone ${id}`),
    workerForgotten: (id) => note(`forgotten ${id}`),
    workerFound: () => {},
  };
  await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], master: { journal } });
  cluster.master.updateUserClass({ userClass: 'A', host: 'http://x' });
  cluster.master.start(2, 1000);
  await until(() => cluster.master.state === 'running');
  cluster.master.start(4, 1000);
  await until(() => heard.filter((line) => line === 'spawned').length === 2);
  await cluster.workers[1]!.worker.leave();
  await until(() => cluster.master.workers.size === 1);
  await cluster.master.stop();
  expect(heard).toEqual([
    'setup r1 0',
    'worker w1 0 60',
    'worker w2 1 60',
    'setup r1 1',
    'testStarted 1 1 0',
    'target 2 1000',
    'spawned',
    'target 4 1000',
    'spawned',
    'gone w2',
    'testStopped 1',
  ]);
});
