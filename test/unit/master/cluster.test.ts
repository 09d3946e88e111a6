import { describe, expect, test } from 'vitest';
import { LinkError } from '../../../src/errors.js';
import type { ReportMessage } from '../../../src/link/index.js';
import { constant, LoadTestShape, StopTest, StopUser, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { Pulse } from '../../pulse.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aCluster, type ClusterWorker } from './cluster.js';

/** A user that counts a request each hundredth of a second, over all workers together. */
function counting() {
  const counts = { requests: 0 };
  class Counting extends User {
    static override waitTime = constant(0.01);
    @task count() {
      counts.requests++;
      const sample = { requestType: 'TEST', name: 'count', responseTime: 5, responseLength: 10 };
      this.environment.events.request.fire(sample);
    }
  }
  return { Counting, counts };
}

describe('several workers', () => {
  test('[122] 6 users over 3 workers are 2 each, and what they measured arrives', async () => {
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 3, userClasses: [Counting] });
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    expect([0, 1, 2].map(cluster.usersOn)).toEqual([{ Counting: 2 }, { Counting: 2 }, { Counting: 2 }]);
    expect(cluster.master.workers.userClassesCount(['Counting'])).toEqual({ Counting: 6 });
    await until(() => counts.requests > 100);
    await cluster.master.stop();
    expect(cluster.statistics.total.numRequests).toBe(counts.requests);
  });

  test('[122] workerConnect comes for each worker, and each learns its index', async () => {
    const userClasses = [idle('A')];
    await using cluster = aCluster({ workers: 0, userClasses });
    const added = ['w1', 'w2'].map((id) => cluster.addWorker(id));
    await until(() => added.every(({ worker }) => worker.index >= 0));
    expect(added.map(({ worker }) => worker.index)).toEqual([0, 1]);
    expect(cluster.fired).toEqual(['workerConnect w1', 'workerConnect w2']);
  });

  test('[125] [111] [112] every event of a test comes exactly once on each node', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    cluster.master.start(3, 1000);
    await until(() => cluster.workers.every(({ fired }) => fired.includes('spawningComplete 3')));
    await cluster.master.stop();
    const expected = ['testStart', 'spawningComplete 3', 'testStopping', 'testStop'];
    expect(cluster.fired.filter((name) => !name.startsWith('workerConnect'))).toEqual(expected);
    for (const { fired } of cluster.workers) expect(fired).toEqual(expected);
  });

  test('starts are interleaved over the workers by the plan of the whole step', async () => {
    const starts: { at: number; on: string }[] = [];
    class Timed extends User {
      static override waitTime = constant(1000);
      @task rest() {}
      override onStart() {
        const on = cluster.workers.find(({ environment }) => environment === this.environment)?.id ?? '';
        starts.push({ at: performance.now(), on });
      }
    }
    await using cluster = aCluster({ workers: 2, userClasses: [Timed] });
    using pulse = new Pulse();
    cluster.master.start(20, 20);
    await until(() => starts.length === 20);
    const planned: number[] = [];
    for (const [place, id] of ['w1', 'w2'].entries()) {
      const own = starts.filter(({ on }) => on === id);
      expect(own).toHaveLength(10);
      for (const [k, { at }] of own.entries()) planned[2 * k + place] = at;
    }
    expect(Math.max(...pulse.offThePlan(planned, 1000 / 20)), 'milliseconds off the plan').toBeLessThan(200);
  });

  test('[126] a shape goes up, down and ends over 3 workers', async () => {
    const stages: ([number, number] | null)[] = [[9, 1000], [21, 1000], [3, 1000], null];
    let ticks = 0;
    class Staged extends LoadTestShape {
      override tick() {
        return stages[ticks++] ?? null;
      }
    }
    const counts: number[] = [];
    await using cluster = aCluster({ workers: 3, userClasses: [idle('A')], shape: new Staged() });
    cluster.environment.events.spawningComplete.addListener(({ userCount }) => counts.push(userCount));
    cluster.master.startShape();
    await until(() => cluster.master.state === 'stopped');
    expect(counts).toEqual([9, 21, 3]);
    expect([0, 1, 2].map(cluster.usersOn)).toEqual([{ A: 0 }, { A: 0 }, { A: 0 }]);
  });

  test('[123] [130] a worker that joins a running test gets its share', async () => {
    await using cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
    cluster.master.start(10, 1000);
    await until(() => cluster.master.state === 'running');
    cluster.addWorker('w2');
    await until(() => cluster.usersOn(1)['A'] === 5 && cluster.usersOn(0)['A'] === 5);
    expect(cluster.workers[1]?.fired).toContain('testStart');
    cluster.addWorker('w3');
    await until(() => cluster.workers.every((_, at) => [3, 4].includes(cluster.usersOn(at)['A'] ?? 0)));
  });

  test('[125] [130] a worker that joins hears once that all users are there, when it has its share; the others do not again', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    cluster.master.start(6, 1000);
    await until(() => cluster.workers.every(({ fired }) => fired.includes('spawningComplete 6')));
    for (const id of ['w3', 'w4']) {
      const { fired } = cluster.addWorker(id);
      await until(() => fired.includes('spawningComplete 6'));
    }
    cluster.master.start(8, 1000); // a ramp that all of them hear of
    await until(() => cluster.workers.every(({ fired }) => fired.includes('spawningComplete 8')));
    const ends = ['spawningComplete 6', 'spawningComplete 8'];
    for (const { fired } of [cluster, ...cluster.workers]) {
      expect(fired.filter((name) => name.startsWith('spawningComplete'))).toEqual(ends);
    }
  });

  test('a worker that is lost while the test is being stopped moves nobody, and does not disturb the next test', async () => {
    class Slow extends User {
      static override waitTime = constant(1000);
      @task rest() {}
      override async onStop() {
        await hold;
      }
    }
    let release: () => void = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using cluster = aCluster({ workers: 3, userClasses: [Slow], worker: { times: { heartbeatSeconds: 0.05 } } });
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    const stopped = cluster.master.stop();
    await until(() => cluster.workers.every(({ worker }) => worker.state === 'stopping'));
    cluster.workers[2]!.cable.lose('it was killed');
    await until(() => cluster.master.workers.size === 2);
    const { told } = cluster.workers[0]!.cable;
    const beats = () => told.filter(({ kind }) => kind === 'heartbeat').length;
    const before = beats();
    await until(() => beats() > before + 2); // by then workers that came and went would have been dealt with
    release();
    await stopped;
    const kinds = told.map(({ kind }) => kind).filter((kind) => kind === 'spawn' || kind === 'stop');
    expect(kinds.at(-1)).toBe('stop');
    expect([0, 1].map(cluster.usersOn)).toEqual([{ Slow: 0 }, { Slow: 0 }]);
  });

  test('a test that a listener of testStop begins is stopped by the next stop', async () => {
    await using cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
    const { environment, master } = cluster;
    let isFirst = true;
    environment.events.testStop.addListener(async () => {
      if (!isFirst) return;
      isFirst = false;
      master.start(2, 1000);
      await until(() => master.state === 'running');
      await master.stop();
    });
    master.start(1, 1000);
    await until(() => master.state === 'running');
    await master.stop();
    expect([master.state, cluster.usersOn(0)]).toEqual(['stopped', { A: 0 }]);
    expect(cluster.fired.filter((name) => name === 'testStop')).toHaveLength(2);
  });

  test('[123] a worker that leaves gives its users to the others, and what it had reported still counts', async () => {
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 2, userClasses: [Counting] });
    cluster.master.start(8, 1000);
    await until(() => cluster.master.state === 'running' && counts.requests > 20);
    const leaving = cluster.workers[1]!;
    await leaving.worker.users.stopAll();
    leaving.link.close();
    await until(() => cluster.master.workers.size === 1 && cluster.usersOn(0)['Counting'] === 8);
    await cluster.master.stop();
    expect(cluster.statistics.total.numRequests).toBeGreaterThan(0);
  });

  test('[129] the last worker gone stops the test', async () => {
    await using cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    cluster.workers[0]?.link.close();
    await until(() => cluster.master.state === 'stopped');
  });

  test('without workers a start is refused with a line, and the state stays', async () => {
    await using cluster = aCluster({ workers: 0, userClasses: [idle('A')] });
    cluster.master.start(2, 1);
    expect(cluster.master.state).toBe('ready');
  });

  test('a total of iterations is met exactly over the workers', async () => {
    let runs = 0;
    class Limited extends User {
      @task work() {
        runs++;
      }
    }
    const iterations = { kind: 'total', count: 101 } as const;
    await using cluster = aCluster({ workers: 3, userClasses: [Limited], iterations });
    cluster.master.start(9, 1000);
    await until(() => cluster.master.state === 'stopped');
    expect(runs).toBe(101);
  });

  test('[119] custom messages go to one worker, to all, and to the master', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    cluster.master.sendMessage('hello', 1);
    cluster.master.sendMessage('hello', 2, 'w2');
    cluster.workers[0]?.worker.sendMessage('answer', 3);
    await until(() => cluster.workers[1]?.messages.length === 2 && cluster.messages.length === 1);
    expect(cluster.workers.map(({ messages }) => messages.map(({ data }) => data))).toEqual([[1], [1, 2]]);
    expect(cluster.messages[0]).toMatchObject({ type: 'answer', data: 3, nodeId: 'w1' });
  });
});

describe('reports', () => {
  test('a report that comes twice is counted once, and one of an older period not at all', async () => {
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 1, userClasses: [Counting] });
    const sent: ReportMessage[] = [];
    const link = cluster.workers[0]!.link;
    const send = link.send.bind(link);
    link.send = (message) => {
      if (message.kind === 'report') sent.push(message);
      send(message);
    };
    cluster.master.start(2, 1000);
    await until(() => sent.some(({ interval }) => interval.entries.length > 0));
    for (const report of [...sent]) send(report);
    await until(() => counts.requests > 60);
    await cluster.master.stop();
    expect(cluster.statistics.total.numRequests).toBe(counts.requests);
    const acknowledged = acknowledgementsTo(cluster.workers[0]!);
    send({ ...sent.at(-1)!, sequence: 1_000_000, period: 0 });
    await until(() => acknowledged.at(-1) === 1_000_000);
    expect(cluster.statistics.total.numRequests).toBe(counts.requests);
  });
});

/** Sequences that the master acknowledges from now on. */
function acknowledgementsTo({ masterLink }: ClusterWorker): number[] {
  const sequences: number[] = [];
  const send = masterLink.send.bind(masterLink);
  masterLink.send = (message) => {
    if (message.kind === 'acknowledge') sequences.push(message.sequence);
    send(message);
  };
  return sequences;
}

describe('listeners on workers', () => {
  test('a control exception in a testStop listener of a worker does not keep the master from hearing of its stop', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    for (const { environment } of cluster.workers) {
      environment.events.testStopping.addListener(() => {
        throw new StopUser();
      });
      environment.events.testStop.addListener(() => {
        throw new StopTest('too late');
      });
    }
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    await cluster.master.stop();
    expect(cluster.master.state).toBe('stopped');
    expect(cluster.master.hasFault).toBe(false);
  });

  test('a StopTest in a testStart listener of a worker ends the test everywhere', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    cluster.workers[1]?.environment.events.testStart.addListener(() => {
      throw new StopTest('this worker is not ready');
    });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'stopped');
    expect(cluster.workers.map(({ worker }) => worker.userCount)).toEqual([0, 0]);
  });

  test('[127] a slow testStart listener of one worker runs to its end, once, and the ramp waits for it', async () => {
    let done = 0;
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    cluster.workers[1]?.environment.events.testStart.addListener(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      done++;
    });
    cluster.master.start(4, 1000);
    await until(() => cluster.master.workers.userCount === 4);
    expect(done).toBe(1);
    expect([0, 1].map(cluster.usersOn)).toEqual([{ A: 2 }, { A: 2 }]);
  });

  test('a test of which no worker can be told is over at once, with one sentence, and the next one begins', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    const refusal = 'this cannot be sent: customOptions.x: plain objects, lists, texts, numbers, dates and bytes can';
    const sends = cluster.workers.map(({ masterLink }) => {
      const send = masterLink.send.bind(masterLink);
      masterLink.send = (message) => {
        if (message.kind === 'testStart') throw new LinkError(refusal);
        send(message);
      };
      return send;
    });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'stopped');
    expect(log.at('CRITICAL')).toEqual([`the test cannot begin: ${refusal}`]);
    expect(log.at('ERROR')).toEqual([]);
    expect(cluster.master.hasFault).toBe(true);
    expect(cluster.fired.slice(-3)).toEqual(['testStart', 'testStopping', 'testStop']);
    for (const [at, { masterLink }] of cluster.workers.entries()) masterLink.send = sends[at]!;
    cluster.master.start(2, 1000);
    await until(() => cluster.master.workers.userCount === 2);
  });

  test('a worker that cannot be told of a later step is lost with a sentence, and its users go to the others', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    const [, { masterLink }] = cluster.workers as [ClusterWorker, ClusterWorker];
    const send = masterLink.send.bind(masterLink);
    masterLink.send = (message) => {
      if (message.kind === 'spawn' && message.step > 1) throw new LinkError('it is too long');
      send(message);
    };
    cluster.master.start(20, 10);
    await until(() => cluster.usersOn(0)['A'] === 20 && cluster.master.state === 'running');
    expect(log.at('ERROR').filter((line) => line.startsWith('worker'))).toEqual([
      expect.stringMatching(/^worker w2 is lost \(it cannot be told which users to have: it is too long\): /),
    ]);
    expect(log.at('CRITICAL')).toEqual([]);
  });

  test('when no worker can be told of a step the test ends, in the middle of its ramp', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    for (const { masterLink } of cluster.workers) {
      const send = masterLink.send.bind(masterLink);
      masterLink.send = (message) => {
        if (message.kind === 'spawn' && message.step > 1) throw new LinkError('it is too long');
        send(message);
      };
    }
    cluster.master.start(1000, 10);
    await until(() => cluster.master.state === 'stopped');
    expect(log.at('ERROR')).toContain('the last worker is gone: stopping the test');
    expect(cluster.master.hasFault).toBe(true);
    await until(() => log.at('ERROR').filter((line) => line.startsWith('the master is lost')).length === 2);
  });

  test('a worker that sends what cannot be used is a fault, and the others go on', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')] });
    cluster.environment.events.workerReport.addListener(() => {
      throw new StopUser('a listener that steers');
    });
    cluster.master.start(4, 1000);
    await until(() => cluster.master.hasFault);
    expect(log.at('ERROR')[0]).toMatch(/a report of worker w\d could not be used/);
    await until(() => cluster.master.state === 'running');
    await cluster.master.stop();
  });
});
