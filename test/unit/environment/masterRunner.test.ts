import { describe, expect, test, vi } from 'vitest';
import { epochSeconds } from '../../../src/clock.js';
import { Environment, type EnvironmentOptions, type MasterRunnerOptions } from '../../../src/environment/index.js';
import { runSetup, testSettings } from '../../../src/environment/testSettings.js';
import type { CustomMessage } from '../../../src/events/index.js';
import { connectToMaster } from '../../../src/link/index.js';
import { constant, task, User } from '../../../src/users/index.js';
import { readVersion } from '../../../src/version.js';
import { type CapturedLog, captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { Relay } from './network.js';
import { idle } from './running.js';

const local = { bindHost: '127.0.0.1', bindPort: 0, token: 'secret' };
const addressOf = ({ port }: { readonly port: number }) => ({ host: '127.0.0.1', port, token: 'secret' });
const helloOf = (worker: string) => () => ({ worker, version: readVersion(), graceSeconds: 1 });
const messagesOf = ({ records }: CapturedLog) => records.map(({ message }) => message);

/** A master on loopback and workers that joined it over real sockets, all in this process. */
async function aMaster(
  options: EnvironmentOptions & { readonly workers: number; readonly runner?: MasterRunnerOptions },
) {
  const fired = new Map<Environment, string[]>();
  const watch = (environment: Environment) => {
    const { events } = environment;
    const names: string[] = [];
    fired.set(environment, names);
    for (const event of [events.testStart, events.testStopping, events.testStop]) {
      event.addListener(() => names.push(event.name));
    }
    events.spawningComplete.addListener(({ userCount }) => names.push(`spawningComplete ${userCount}`));
    return environment;
  };
  const environment = watch(new Environment(options));
  const runner = await environment.createMasterRunner({
    bindHost: '127.0.0.1',
    bindPort: 0,
    token: 'secret',
    leadSeconds: 0.02,
    ...options.runner,
  });
  const join = async (token = 'secret') => {
    const own = watch(new Environment({ userClasses: options.userClasses ?? [] }));
    const { port } = runner;
    const worker = await own.createWorkerRunner({ masterPort: port, token, graceSeconds: 5, connectSeconds: 5 });
    return { environment: own, runner: worker };
  };
  const workers = await Promise.all(Array.from({ length: options.workers }, () => join()));
  await runner.untilWorkers(options.workers, 30);
  return {
    environment,
    runner,
    workers,
    join,
    firedOn: (node: Environment) => fired.get(node) ?? [],
    async [Symbol.asyncDispose]() {
      runner.hurry();
      await runner.quit();
      await Promise.all(workers.map((worker) => worker.runner.ended));
    },
  };
}

/** Nobody is let in yet; goes on with the run of another master, whose worker is waited for for 0.3 s. */
async function aSuccessor() {
  const environment = new Environment({ userClasses: [idle('A')], quitAtEnd: false });
  const settings = { ...testSettings(environment), leaseSeconds: undefined };
  return await environment.createMasterRunner({
    ...local,
    isHeld: true,
    patience: { tickSeconds: 0.02, silenceSeconds: 0.1, extraGraceSeconds: 0.1 },
    restored: {
      setup: runSetup(environment),
      test: 1,
      period: 1,
      lastTime: epochSeconds(),
      workers: [{ id: 'former', index: 0, graceSeconds: 0.2, sequence: 0, isGone: false }],
      running: {
        test: 1,
        period: 1,
        startTime: epochSeconds(),
        settings,
        load: { userCount: 1, spawnRate: 1, userClasses: undefined },
        isSpawned: true,
      },
    },
  });
}

describe("a master's runner", () => {
  test('[37] [125] conducts a test over sockets, whose events come once on each node, and counts every sample', async () => {
    let requests = 0;
    class Counting extends User {
      static override waitTime = constant(0.01);
      @task count() {
        requests++;
        this.environment.events.request.fire({ requestType: 'T', name: 'count', responseTime: 1, responseLength: 1 });
      }
    }
    await using master = await aMaster({ workers: 2, userClasses: [Counting] });
    const { runner, environment } = master;
    expect([runner.workerCount, runner.readyWorkerCount, runner.workerIndex, runner.clientId]).toEqual([
      2,
      2,
      -1,
      'master',
    ]);
    runner.start(6, 1000);
    await until(() => runner.state === 'running' && runner.userCount === 6);
    expect(runner.userClassesCount).toEqual({ Counting: 6 });
    expect(runner.targetUserClassesCount).toEqual({ Counting: 6 });
    expect(master.workers.map((worker) => worker.runner.userCount)).toEqual([3, 3]);
    await until(() => requests > 100);
    await runner.stop();
    expect(environment.stats.total.numRequests).toBe(requests);
    const expected = ['testStart', 'spawningComplete 6', 'testStopping', 'testStop'];
    for (const node of [environment, ...master.workers.map((worker) => worker.environment)]) {
      expect(master.firedOn(node)).toEqual(expected);
    }
  });

  test('[124] sends custom options, host and tags to workers, and updates of user classes to those that join later too', async () => {
    const A = idle('A', { host: 'http://first' });
    await using master = await aMaster({
      workers: 1,
      userClasses: [A],
      host: 'http://target',
      parsedOptions: { headless: true, shop: 'blue' },
      customOptions: { shop: 'blue', notify: () => {} },
    });
    const [worker] = master.workers;
    master.runner.start(1, 10);
    await until(() => worker!.environment.parsedOptions['shop'] === 'blue');
    expect(worker!.environment.host).toBe('http://target');
    expect(worker!.environment.parsedOptions['headless'], 'it is no option of the locustfile').toBeUndefined();
    master.environment.updateUserClass({ userClass: 'A', host: 'http://second' });
    expect(master.environment.userConfigs).toEqual([{ userClass: 'A', values: { host: 'http://second' } }]);
    const late = await master.join();
    await until(() => late.environment.userConfigs.length > 0);
    master.workers.push(late);
  });

  test('an update of a user class sets the same statics on workers that are there and on those that join later', async () => {
    await using master = await aMaster({ workers: 1, userClasses: [idle('A')] });
    const update = { userClass: 'A', host: 'http://second', region: 'eu', prices: [1, { list: 2 }] };
    master.environment.updateUserClass(update);
    master.workers.push(await master.join());
    const { userClass, ...values } = update;
    await until(() => master.workers.every(({ environment }) => environment.userConfigs.length > 0));
    for (const { environment } of master.workers) expect(environment.userConfigs).toEqual([{ userClass, values }]);
  });

  test.each([
    ['a host that is too long', { host: 'x'.repeat(10_000) }],
    ['a number of seventy bits', { region: 2n ** 70n }],
  ])(
    'an update of a user class with %s, which no worker could be sent, changes nothing anywhere',
    async (_, values) => {
      const A = idle('A', { host: 'http://first' });
      await using master = await aMaster({ workers: 1, userClasses: [A] });
      expect(() => master.environment.updateUserClass({ userClass: 'A', ...values })).toThrow(
        /^class A is not changed: this cannot be sent: /,
      );
      expect(master.environment.userConfigs).toEqual([]);
      expect(A.host).toBe('http://first');
      expect(master.workers[0]?.environment.userConfigs).toEqual([]);
    },
  );

  test('[119] carries custom messages both ways, to all and to one', async () => {
    const heard: CustomMessage[] = [];
    await using master = await aMaster({ workers: 2, userClasses: [idle('A')] });
    const got = master.workers.map(({ runner }) => {
      const messages: unknown[] = [];
      runner.registerMessage('hello', ({ data }) => messages.push(data));
      return messages;
    });
    master.runner.registerMessage('answer', (message) => heard.push(message));
    master.runner.sendMessage('hello', { to: 'all' });
    master.runner.sendMessage('hello', 'one', master.workers[1]!.runner.clientId);
    master.workers[0]!.runner.sendMessage('answer', [1, 2]);
    await until(() => got[1]!.length === 2 && heard.length === 1);
    expect(got).toEqual([[{ to: 'all' }], [{ to: 'all' }, 'one']]);
    expect(heard[0]).toMatchObject({ type: 'answer', data: [1, 2], nodeId: master.workers[0]!.runner.clientId });
  });

  test('lets workers in when it is released, and not while listeners of init prepare what these need', async () => {
    const environment = new Environment({ userClasses: [idle('A')] });
    const connected: string[] = [];
    environment.events.workerConnect.addListener(({ clientId }) => connected.push(clientId));
    const runner = await environment.createMasterRunner({ ...local, isHeld: true });
    const link = await connectToMaster({ ...addressOf(runner), hello: helloOf('early'), graceSeconds: 1 });
    const said: string[] = [];
    link.listen({ message: ({ kind }) => said.push(kind), closed: () => said.push('closed') });
    expect([runner.workerCount, connected, said]).toEqual([0, [], []]);
    runner.release();
    await until(() => said.includes('welcome'));
    expect([runner.workerCount, connected]).toEqual([1, ['early']]);
    link.send({ kind: 'quit' });
    await runner.quit();
    await until(() => said.includes('closed'));
  });

  test('answers the heartbeats of workers that it has not let in yet, so these neither reconnect nor are missing afterwards', async () => {
    using log = captureLog();
    const environment = new Environment({ userClasses: [idle('A')] });
    const runner = await environment.createMasterRunner({ ...local, isHeld: true });
    const limits = { silenceMillis: 200 };
    const link = await connectToMaster({ ...addressOf(runner), hello: helloOf('early'), graceSeconds: 1, limits });
    const said: string[] = [];
    link.listen({
      message: ({ kind }) => said.push(kind),
      interrupted: () => said.push('interrupted'),
      closed: () => said.push('closed'),
    });
    const heartbeat = () => link.send({ kind: 'heartbeat', state: 'ready', cpuPercent: 0, memoryBytes: 0 });
    const beats = setInterval(heartbeat, 20);
    const { provenAt } = link.vitals;
    const start = performance.now();
    await until(() => performance.now() - start > 600, { what: 'three times the silence that ends a connection' });
    expect(said).toEqual([]);
    expect(link.vitals.provenAt, 'nobody there knows the worker yet').toBe(provenAt);
    runner.release();
    await until(() => said.includes('welcome') && said.includes('heartbeat'));
    clearInterval(beats);
    expect(link.vitals.provenAt).toBeGreaterThan(provenAt);
    expect(messagesOf(log).filter((line) => /missing|lost the connection/.test(line))).toEqual([]);
    link.send({ kind: 'quit' });
    await runner.quit();
  });

  test('lets in nobody who has left or died while it was not released, and one that came back once', async () => {
    using log = captureLog();
    const environment = new Environment({ userClasses: [idle('A')] });
    const runner = await environment.createMasterRunner({ ...local, isHeld: true });
    const relays = [
      await Relay.open(runner.port),
      await Relay.open(runner.port),
      await Relay.open(runner.port),
    ] as const;
    const names = ['left', 'dead', 'back'] as const;
    const links = await Promise.all(
      names.map((name, at) =>
        connectToMaster({
          ...addressOf(runner),
          port: relays[at]!.port,
          hello: helloOf(name),
          graceSeconds: name === 'back' ? 20 : 0.01,
        }),
      ),
    );
    const heard = links.map((link) => {
      const said: string[] = [];
      const note = (what: string) => () => said.push(what);
      link.listen({ message: ({ kind }) => said.push(kind), renewed: note('renewed'), closed: note('closed') });
      return said;
    });
    links[0]!.close();
    relays[1].cut();
    relays[2].cut();
    relays[2].mend();
    await until(() => heard[0]!.includes('closed') && heard[1]!.includes('closed') && heard[2]!.includes('renewed'));
    runner.release();
    await until(() => heard[2]!.includes('welcome'));
    expect(runner.workers.map(({ id }) => id)).toEqual(['back']);
    expect(messagesOf(log).filter((line) => /worker \S+ (is missing|is back|has joined)/.test(line))).toEqual([
      'worker back has joined: 1 in all',
    ]);
    links[2]!.send({ kind: 'quit' });
    await runner.quit();
    for (const relay of relays) relay.close();
  });

  test('counts the silence of workers of a former master from when they can come', async () => {
    using log = captureLog();
    const runner = await aSuccessor();
    const start = performance.now();
    await until(() => performance.now() - start > 1_000, { what: 'more than its worker is waited for' });
    expect([runner.state, runner.workers.map(({ id }) => id)]).toEqual(['running', ['former']]);
    runner.release();
    expect(runner.resume()).toBe(true);
    await until(() => runner.workers.length === 0);
    expect(log.at('ERROR')).toContain('the last worker is gone: stopping the test');
    await runner.quit();
  });

  test('that quits before workers of a former master can come does not wait for them longer than these would', async () => {
    using log = captureLog();
    const runner = await aSuccessor();
    await runner.quit();
    runner.release();
    expect(log.at('ERROR').filter((line) => line.includes('is lost'))).toHaveLength(1);
  });

  test('a worker that shall not wait any longer to be let in says goodbye', async () => {
    using log = captureLog();
    const runner = await new Environment({ userClasses: [idle('A')] }).createMasterRunner({ ...local, isHeld: true });
    const leaving = new AbortController();
    let isConnected = false;
    const joining = new Environment({ userClasses: [idle('A')] }).createWorkerRunner({
      signal: leaving.signal,
      connect: async (hello) => {
        const link = await connectToMaster({ ...addressOf(runner), hello, graceSeconds: 1 });
        isConnected = true;
        return link;
      },
    });
    const refused = expect(joining).rejects.toThrow('no patience');
    await until(() => isConnected);
    leaving.abort(new Error('no patience'));
    await refused;
    runner.release();
    expect(runner.workers).toEqual([]);
    expect(messagesOf(log).filter((line) => /^worker \S+ /.test(line))).toEqual([]);
    await runner.quit();
  });

  test('[110] looks at itself as workers do: usageMonitor, and cpuWarning with a line and a flag', async () => {
    using log = captureLog();
    const usageLimits = { intervalSeconds: 0.05, warningPercent: 0 };
    await using master = await aMaster({ workers: 0, userClasses: [idle('A')], usageLimits });
    const { events } = master.environment;
    const [samples, warnings]: [number[], number[]] = [[], []];
    events.usageMonitor.addListener(({ memoryUsage }) => samples.push(memoryUsage));
    events.cpuWarning.addListener(({ cpuUsage }) => warnings.push(cpuUsage));
    await until(() => samples.length > 1 && warnings.length > 1);
    expect(samples[0]).toBeGreaterThan(1e6);
    expect(master.runner.hasCpuWarning).toBe(true);
    expect(log.at('WARNING').filter((line) => line.includes('reports of workers are counted late'))).toHaveLength(1);
    await master.runner.quit();
    samples.length = 0;
    await new Promise((resolve) => setImmediate(resolve));
    expect(samples).toEqual([]);
  });

  test('takes nobody who does not know its token', async () => {
    await using master = await aMaster({ workers: 0, userClasses: [idle('A')] });
    await expect(master.join('wrong')).rejects.toMatchObject({ code: 'CONNECTION' });
    expect(master.runner.workerCount).toBe(0);
  });

  test('makes a token when none is given, and says at which port it listens', async () => {
    const environment = new Environment({ userClasses: [idle('A')] });
    const runner = await environment.createMasterRunner({ bindHost: '127.0.0.1', bindPort: 0 });
    expect(runner.token.length).toBeGreaterThanOrEqual(32);
    expect(runner.url).toBe(`ws://127.0.0.1:${runner.port}`);
    await expect(environment.createMasterRunner()).rejects.toMatchObject({ code: 'MISUSE' });
    await runner.quit();
    await runner.ended;
  });

  test('takes a TSLOAD_TOKEN that is empty for none, as a worker does', async () => {
    vi.stubEnv('TSLOAD_TOKEN', '');
    const environment = new Environment({ userClasses: [idle('A')] });
    const runner = await environment.createMasterRunner({ bindHost: '127.0.0.1', bindPort: 0 });
    expect(runner.token.length).toBeGreaterThanOrEqual(32);
    const joining = new Environment({ userClasses: [] }).createWorkerRunner({ masterPort: runner.port });
    await expect(joining).rejects.toThrow(/^a worker needs the token of its master/);
    vi.unstubAllEnvs();
    await runner.quit();
  });

  test('says that its port is taken', async () => {
    await using master = await aMaster({ workers: 0, userClasses: [idle('A')] });
    const other = new Environment({ userClasses: [idle('A')] });
    const port = { bindHost: '127.0.0.1', bindPort: master.runner.port };
    await expect(other.createMasterRunner(port)).rejects.toMatchObject({ code: 'CONNECTION' });
  });

  test('a master that is quit lets its workers go, and listens no more', async () => {
    await using master = await aMaster({ workers: 2, userClasses: [idle('A')] });
    master.runner.start(2, 1000);
    await until(() => master.runner.state === 'running');
    await master.runner.quit();
    await Promise.all(master.workers.map(({ runner }) => runner.ended));
    expect(master.workers.map(({ runner }) => runner.ending?.why)).toEqual(['quit', 'quit']);
    expect(master.runner.workers).toEqual([]);
  });
});
