import { expect, test } from 'vitest';
import { LinkError } from '../../../src/errors.js';
import { masterCodec, workerCodec } from '../../../src/link/webSocket/messageCodec.js';
import { StopTest, task, User } from '../../../src/users/index.js';
import { defaultKeptLimits, type KeptReport } from '../../../src/worker/keptReports.js';
import { ReportOutbox } from '../../../src/worker/reportOutbox.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { health } from '../link/samples.js';
import { aWorker, counting, requestsOf } from './workers.js';

test('what a reportToMaster listener added and cannot be sent is left out, and what was measured goes', async () => {
  using log = captureLog();
  await using worker = await aWorker({ userClasses: [counting().Counting] });
  const { send } = worker.link;
  worker.link.send = (message) => {
    if (message.kind === 'report' && 'odd' in message.data) throw new LinkError('this cannot be sent: odd');
    send.call(worker.link, message);
  };
  worker.environment.events.reportToMaster.addListener(({ data }) => {
    data['odd'] = Symbol('odd');
  });
  worker.welcome();
  await worker.begin();
  await worker.spawn({ Counting: 1 });
  await until(() => worker.link.of('report').some(({ interval }) => interval.entries.length > 0));
  const sequences = worker.link.of('report').map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, at) => at + 1));
  expect(worker.link.of('fault')[0]?.message).toBe(
    'a reportToMaster listener added what cannot be sent: this cannot be sent: odd',
  );
  expect(log.at('ERROR')[0]).toMatch(/^what reportToMaster listeners added to a report is left out: /);
  await worker.stop();
});

test('texts of user code, however long, are what the master takes', async () => {
  const long = 'x'.repeat(200_000);
  class Verbose extends User {
    #runs = 0;
    @task work() {
      if (this.#runs++ > 0) throw new StopTest(long);
      throw new TypeError(long);
    }
  }
  await using worker = await aWorker({ userClasses: [Verbose] });
  worker.welcome();
  await worker.begin();
  await worker.spawn({ Verbose: 1 });
  await until(() => worker.link.of('stopTest').length > 0);
  await until(() => worker.link.of('report').some(({ exceptions }) => exceptions.length > 0));
  await worker.stop();
  const said = [
    ...worker.link.of('report').filter(({ exceptions }) => exceptions.length > 0),
    ...worker.link.of('stopTest'),
  ];
  for (const message of said) expect(() => masterCodec.decode(workerCodec.encode(message))).not.toThrow();
});

test('a report that cannot be sent costs its own requests, which are named, and no report after it', async () => {
  using log = captureLog();
  const { Counting, counts } = counting();
  await using worker = await aWorker({ userClasses: [Counting] });
  const { send } = worker.link;
  let refused = 0;
  worker.link.send = (message) => {
    if (refused === 0 && message.kind === 'report' && message.interval.entries.length > 0) {
      refused = message.interval.entries[0]?.ok?.timed ?? 0;
      throw new LinkError('a message of kind report has 40000000 bytes: at most 33554432 are sent');
    }
    send.call(worker.link, message);
  };
  worker.welcome();
  await worker.begin();
  await worker.spawn({ Counting: 1 });
  await until(() => worker.link.of('report').filter(({ interval }) => interval.entries.length > 0).length > 1);
  await worker.stop();
  expect(refused).toBeGreaterThan(0);
  expect(requestsOf(worker.link)).toBe(counts.runs - refused);
  const sequences = worker.link.of('report').map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, at) => at + 1));
  const line = `${refused} requests are in no statistics, as the report with them could not be sent: a message of kind report has 40000000 bytes: at most 33554432 are sent`;
  expect(log.at('ERROR')).toEqual([line]);
  expect(worker.link.of('fault').map(({ message }) => message)).toEqual([line]);
  await worker.runner.quit();
  expect(worker.runner.ending?.unreportedRequests).toBe(refused);
});

test('nobody waits for a report that could not be sent when its turn came', async () => {
  const lost: KeptReport[] = [];
  const outbox = new ReportOutbox({
    send: () => {
      throw new LinkError('too large');
    },
    pieces: (report) => [report],
    unsendable: (report) => lost.push(report),
    limits: defaultKeptLimits,
    index: () => 400,
  });
  const interval = {
    startTime: 1,
    seconds: 1,
    isWarmup: false,
    entries: [],
    errors: [],
    cutOff: 0,
    overflowingNames: [],
  };
  outbox.add({ kind: 'report', period: 1, interval, userCounts: {}, exceptions: [], health, data: {} }, false);
  expect(lost, 'it waits for its turn').toHaveLength(0);
  let isSettled = false;
  const settled = outbox.settled(60).then(() => {
    isSettled = true;
  });
  await until(() => lost.length === 1);
  await until(() => isSettled);
  await settled;
});
