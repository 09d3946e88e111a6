/** Peers of Locust's port that send what is no message: each is dropped, and nobody else notices. */
import { describe, expect, test } from 'vitest';
import { packEnvelope } from '../../../../src/link/locust/envelope.js';
import { Server } from '../../../../src/link/locust/server.js';
import { loadZeroMq } from '../../../../src/link/locust/zeromq.js';
import { captureLog } from '../../../capturedLog.js';
import { freePort } from '../../../freePort.js';
import { until } from '../../../until.js';
import { OurMaster } from './scriptedWorker.js';

const nodeId = 'host_bad';
const good = packEnvelope({ type: 'heartbeat', data: { state: 'ready', current_cpu_usage: 1 }, nodeId });
const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]);
const bytes = (...values: readonly number[]) => Buffer.from(values);

const frames: readonly (readonly [string, readonly Uint8Array[]])[] = [
  ['a message that is cut', [good.subarray(0, good.length - 3)]],
  ['an empty frame', [bytes()]],
  ['a list of two', [bytes(0x92, 0xa1, 0x61, 0xc0)]],
  ['a list of four', [bytes(0x94, 0xc0, 0xc0, 0xc0, 0xc0)]],
  ['a map', [bytes(0x80)]],
  ['a number', [bytes(0x05)]],
  ['a number as the type', [bytes(0x93, 0x05, 0xc0, 0xa1, 0x61)]],
  ['a number as the id', [bytes(0x93, 0xa1, 0x61, 0xc0, 0x05)]],
  ['more bytes than a message', [Buffer.concat([good, good])]],
  ['lists within lists', [nested(100_000)]],
  ['a list that promises four thousand million items', [bytes(0xdd, 0xff, 0xff, 0xff, 0xff)]],
  ['a kind that msgpack has not', [bytes(0xc1)]],
  ['an extension', [bytes(0x93, 0xa1, 0x61, 0xd4, 0x01, 0x00, 0xa1, 0x61)]],
  [
    'more empty maps than there is memory for',
    [Buffer.concat([bytes(0x93, 0xa1, 0x78, 0xdd, 0, 7, 0, 0), Buffer.alloc(0x70000, 0x80), bytes(0xa1, 0x61)])],
  ],
  ['a type of two lines', [packEnvelope({ type: 'a\nb', data: null, nodeId })]],
  ['an id that would write on a terminal', [packEnvelope({ type: 'a', data: null, nodeId: '\x1b[31m' })]],
  ['text', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
];

const messages: readonly (readonly [string, string, unknown])[] = [
  ['a heartbeat that is no map', 'heartbeat', 5],
  ['a heartbeat whose processor is a text', 'heartbeat', { state: 'ready', current_cpu_usage: 'much' }],
  ['statistics that are no map', 'stats', [1]],
  ['statistics whose entries are no list', 'stats', { stats: 'no' }],
  ['an entry without a name', 'stats', { stats: [{ method: 'GET' }] }],
  ['response times with texts as keys', 'stats', { stats: [{ name: 'a', method: 'b', response_times: { x: 1 } }] }],
  ['a negative count', 'stats', { stats: [{ name: 'a', method: 'b', num_requests: -1 }] }],
  ['a count that is no whole number', 'stats', { stats: [{ name: 'a', method: 'b', num_requests: 1.5 }] }],
  ['more samples than a worker can have', 'stats', { stats: [{ name: 'a', method: 'b', num_requests: 1e12 }] }],
  ['a class with a name without end', 'stats', { stats: [], user_classes_count: { ['x'.repeat(2000)]: 1 } }],
  ['errors that are a list', 'stats', { stats: [], errors: [] }],
  ['users that are no numbers', 'stats', { stats: [], user_classes_count: { Shopper: 'two' } }],
  ['users of a spawn that are no map', 'spawning_complete', { user_classes_count: 3 }],
  ['an exception without a traceback', 'exception', { msg: 'x' }],
  ['log lines that are no list', 'logs', { worker_id: 'x', logs: 'line' }],
  ['a log line that is no text', 'logs', { worker_id: 'x', logs: [1] }],
];

/** Sends what is bad, thrice, and then what is good: that comes, over the same connection, and the bad one is one line. */
describe.each([
  ...frames.map(([what, sent]) => [what, sent] as const),
  ...messages.map(([what, type, data]) => [what, [packEnvelope({ type, data, nodeId })]] as const),
])('%s', (_, sent) => {
  test('is dropped, with one line of the log for its sender, who stays, as others do', async () => {
    using log = captureLog();
    await using master = await OurMaster.open();
    const { peer: neighbour, heard: ofNeighbour } = await master.running();
    const { peer, heard } = await master.worker('2.47.0', nodeId);
    for (let i = 0; i < 3; i++) await peer.sayBytes(...sent);
    await peer.sayBytes(good);
    await neighbour.say('stats', { stats: [] });
    await heard.next('heartbeat');
    await ofNeighbour.next('report');
    expect([heard.changes, ofNeighbour.changes]).toEqual([[], []]);
    const complaints = log.at('WARNING').filter((line) => line.startsWith('a message of'));
    expect(complaints).toEqual([
      expect.stringMatching(/^a message of host_bad is dropped, and further bad ones without a word: ./),
    ]);
  });
});

test('a stranger can be as noisy as it likes: the log has one line for each sender, and shows no bytes of its name', async () => {
  using log = captureLog();
  await using master = await OurMaster.open();
  const peer = master.peer(`\x1b[31m${'x'.repeat(200)}`);
  for (let i = 0; i < 100; i++) await peer.sayBytes(bytes(i));
  await master.worker();
  const complaints = log.at('WARNING').filter((line) => line.startsWith('a message of'));
  expect(complaints).toEqual([expect.stringMatching(/^a message of peer 1b5b33316d[78]{22} is dropped/)]);
});

test('a heartbeat that cannot be read is answered: without an answer its sender would give its master up', async () => {
  await using master = await OurMaster.open();
  const { peer } = await master.worker();
  await peer.say('heartbeat', { state: 'ready', current_cpu_usage: null });
  await peer.next('heartbeat');
});

test('a message beyond the limit of bytes is not taken, and others come through', async () => {
  await using master = await OurMaster.open({ maxMessageBytes: 100_000 });
  const { heard: ofNeighbour, peer: neighbour } = await master.worker();
  const { peer, heard } = await master.worker('2.47.0', nodeId);
  await peer.say('mine', 'x'.repeat(200_000));
  await neighbour.say('mine', 'x'.repeat(90_000));
  await ofNeighbour.next('custom');
  await peer.sayBytes(good);
  await heard.next('heartbeat');
  expect(heard.all('custom')).toEqual([]);
});

describe('a port', () => {
  test('that is taken is said in a sentence', async () => {
    await using master = await OurMaster.open();
    await expect(OurMaster.open({ port: master.port })).rejects.toThrow(
      new RegExp(
        `^cannot listen for Locust workers at 127\\.0\\.0\\.1:${master.port} \\(Address already in use\\): give another`,
      ),
    );
  });

  test('is free again when the server is closed, twice over', async () => {
    const port = await freePort();
    const master = await OurMaster.open({ port });
    await Promise.all([master.server.close(), master.server.close()]);
    const again = await until(() => Server.open({ port, userClasses: () => [], onWorker: () => {} }));
    expect(again.port).toBe(port);
    await again.close();
  });

  test('cannot be had without the package: the sentence says what to install', async () => {
    const missing = new Error("Cannot find package 'zeromq' imported from x\nRequire stack: y");
    await expect(loadZeroMq(() => Promise.reject(missing))).rejects.toThrow(
      "Locust's protocol needs the package zeromq, which cannot be loaded (Cannot find package 'zeromq' imported from x): npm install zeromq",
    );
  });
});
