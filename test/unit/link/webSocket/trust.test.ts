import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type RawData, WebSocket } from 'ws';
import type { LinkServerOptions, MasterEnd } from '../../../../src/link/index.js';
import {
  frameKinds,
  helloFrame,
  messageFrame,
  openFrame,
  readFrame,
  subprotocol,
} from '../../../../src/link/webSocket/frames.js';
import { type CapturedLog, captureLog } from '../../../capturedLog.js';
import { certificates } from '../../../certificates.js';
import { until } from '../../../until.js';
import { aHello, aMaster, anExchange, aWorkerOf, type Exchange, type TestedMaster, token } from './ends.js';

const sockets: { destroy(): void }[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** A master with a run that must not notice anything, and its log from then on. */
interface Guarded extends AsyncDisposable {
  readonly master: TestedMaster;
  readonly run: Exchange;
  readonly log: CapturedLog;
  /** The lines from WARNING on. */
  complaints(): readonly string[];
}

async function aGuardedRun(options: Partial<LinkServerOptions> = {}): Promise<Guarded> {
  const master = await aMaster(options);
  const { tls } = options;
  const { ca, client } = await certificates();
  const own = tls === undefined ? {} : { tls: { ca, ...(tls.ca !== undefined && client) } };
  const worker = await aWorkerOf({ port: master.port, ...own });
  const run = anExchange(worker, master.link);
  await run.goesOn();
  const log = captureLog();
  return {
    master,
    run,
    log,
    complaints: () => [...log.at('WARNING'), ...log.at('ERROR'), ...log.at('CRITICAL')],
    async [Symbol.asyncDispose]() {
      await run.goesOn();
      log[Symbol.dispose]();
      expect(run.disturbances).toEqual([]);
      worker.close();
      await master.server.close();
    },
  };
}

interface Stranger {
  readonly socket: Socket;
  /** What came back. */
  readonly heard: () => string;
  readonly isClosed: () => boolean;
}

/** A connection of somebody who writes what they like. */
function aStranger(port: number, text: string | Uint8Array = ''): Stranger {
  const socket = connectPlain(port, '127.0.0.1');
  sockets.push(socket);
  let [heard, isClosed] = ['', false];
  socket.on('data', (data) => {
    heard += data.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  if (text !== '') socket.write(text);
  return { socket, heard: () => heard, isClosed: () => isClosed };
}

function aRequest(path: string, headers: Record<string, string>): string {
  const lines = Object.entries({ host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

const upgrade = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': subprotocol,
};

interface OddPeer {
  readonly socket: WebSocket;
  readonly frames: Buffer[];
  readonly isClosed: () => boolean;
}

/** Somebody with the token who speaks WebSocket, and then says what they like. */
async function anOddPeer(port: number, frames: readonly (Uint8Array | string)[] = []): Promise<OddPeer> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/link`, [subprotocol], {
    headers: { authorization: `Bearer ${token}` },
  });
  sockets.push({ destroy: () => socket.terminate() });
  const heard: Buffer[] = [];
  let isClosed = false;
  socket.on('message', (data: RawData) => heard.push(Buffer.isBuffer(data) ? data : Buffer.alloc(0)));
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  await new Promise((resolve) => socket.once('open', resolve));
  for (const frame of frames) socket.send(frame);
  return { socket, frames: heard, isClosed: () => isClosed };
}

/** The sentence with which the other end ended it. */
function endOf({ frames }: OddPeer): string | undefined {
  const last = frames.at(-1);
  const frame = last === undefined ? undefined : readFrame(last);
  return frame?.kind === 'end' ? frame.sentence : undefined;
}

/** An odd peer that has joined as a worker. */
async function anOddWorker(port: number, hello = aHello()): Promise<OddPeer> {
  const open = { worker: hello.worker, session: `secret of ${hello.worker}`, received: 0 };
  const peer = await anOddPeer(port, [openFrame(open), helloFrame(hello)]);
  await until(() => peer.frames.some(([kind]) => kind === frameKinds.joined));
  return peer;
}

describe('without the right token', () => {
  test('a worker is refused at once, on both sides in one sentence, and the token is in none', async () => {
    await using guarded = await aGuardedRun();
    const { port } = guarded.master;
    for (let at = 0; at < 3; at++) {
      await expect(aWorkerOf({ port, token: 'not-the-token' })).rejects.toThrow(
        `the master at 127.0.0.1:${port} refuses this worker: its token is not the master's`,
      );
    }
    expect(guarded.complaints()).toEqual(['refused a connection from 127.0.0.1: its token is wrong']);
    expect(guarded.master.joined).toHaveLength(1);
  });

  test('nobody gets anything: no token, one in another place, one of another kind', async () => {
    await using guarded = await aGuardedRun();
    const { port } = guarded.master;
    const tries = [
      aStranger(port, aRequest('/link', upgrade)),
      aStranger(port, aRequest(`/link?token=${token}`, upgrade)),
      aStranger(port, aRequest('/link', { ...upgrade, 'x-token': token, cookie: `token=${token}` })),
      aStranger(port, aRequest('/link', { ...upgrade, authorization: `Basic ${token}` })),
      aStranger(port, aRequest('/link', { ...upgrade, authorization: `Bearer ${token}x` })),
      aStranger(port, aRequest('/locustfile', { authorization: `Bearer ${token.slice(0, -1)}` })),
      aStranger(port, aRequest('/', {})),
    ];
    await until(() => tries.every(({ isClosed }) => isClosed()));
    for (const { heard } of tries) expect(heard()).toMatch(/^HTTP\/1\.1 401 /);
    expect([...guarded.complaints()].sort()).toEqual([
      'refused a connection from 127.0.0.1: it shows no token',
      'refused a connection from 127.0.0.1: its token is wrong',
    ]);
  });

  test('a token that cannot stand in a header is refused before anything is sent, without being shown', async () => {
    for (const bad of ['', 'two words', 'grün', 'x'.repeat(1025)]) {
      await expect(aWorkerOf({ port: 1, token: bad })).rejects.toThrow(
        /^the token must be between 1 and 1,000 visible ASCII/,
      );
      await expect(aMaster({ token: bad })).rejects.toThrow(/^the token must be/);
    }
  });
});

describe('a run is not disturbed by', () => {
  test('connections that say nothing: they are closed, and one line tells of them', async () => {
    await using guarded = await aGuardedRun({ limits: { handshakeMillis: 200 } });
    const idle = Array.from({ length: 20 }, () => aStranger(guarded.master.port));
    const slow = aStranger(guarded.master.port, 'GET /link HTTP/1.1\r\nhost: ');
    await until(() => [...idle, slow].every(({ isClosed }) => isClosed()));
    expect(guarded.complaints()).toEqual([
      'closed a connection from 127.0.0.1: it did not finish the handshake within 0.2 s',
    ]);
  });

  test('somebody with the token who does not finish the handshake', async () => {
    await using guarded = await aGuardedRun({ limits: { handshakeMillis: 300, silenceMillis: 1_000 } });
    const { port } = guarded.master;
    const slow = [
      await anOddPeer(port),
      await anOddPeer(port, [openFrame({ worker: 'w', session: 's', received: 0 })]),
    ];
    await until(() => slow.every(({ isClosed }) => isClosed()));
    for (const peer of slow) expect(endOf(peer)).toBe('it did not finish the handshake within 0.3 s');
    expect(guarded.complaints()).toEqual([
      'a worker from 127.0.0.1 did not join: it did not finish the handshake within 0.3 s',
    ]);
  });

  test('1,000 idle connections and more: the oldest make room, and workers still join', async () => {
    await using guarded = await aGuardedRun();
    const { port } = guarded.master;
    const idle: Stranger[] = [];
    for (let at = 0; at < 1_100; at++) {
      idle.push(aStranger(port));
      if (at % 100 === 99) await until(() => !idle.some(({ socket }) => socket.connecting));
    }
    await until(() => idle.filter(({ isClosed }) => isClosed()).length === 100);
    const closed = idle.map(({ isClosed }) => isClosed());
    expect(closed.lastIndexOf(true)).toBeLessThan(200);
    const worker = await aWorkerOf({ port });
    worker.close();
    expect(guarded.complaints()).toEqual([
      'closed a connection from 127.0.0.1: there are more than 1000 without a token',
    ]);
  });

  test('what is no HTTP, with a word about Locust workers and TLS where it looks like that', async () => {
    await using guarded = await aGuardedRun();
    const { port } = guarded.master;
    const noise = [
      aStranger(port, 'EHLO mail\r\n\r\n'),
      aStranger(port, Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0])),
      aStranger(port, Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])),
      aStranger(port, `GET /link HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`),
    ];
    await until(() => noise.every(({ isClosed }) => isClosed()));
    await until(() => guarded.complaints().length === 4);
    const start = 'refused a connection from 127.0.0.1: ';
    const noHttp = 'it sent no valid HTTP, so it is no worker of tsload';
    expect(
      guarded
        .complaints()
        .map((line) => line.replace(start, '').replace(noHttp, ''))
        .sort(),
    ).toEqual([
      ' (HPE_HEADER_OVERFLOW)',
      ' (HPE_INVALID_METHOD)',
      ' (HPE_INVALID_METHOD): maybe one of Locust, which this port is not for',
      'it speaks TLS, and this master has no --tls-cert',
    ]);
  });

  test('requests for what is not there, and WebSockets that are none', async () => {
    await using guarded = await aGuardedRun();
    const authorization = `Bearer ${token}`;
    const tries = [
      aStranger(guarded.master.port, aRequest('/', { authorization })),
      aStranger(guarded.master.port, aRequest('/link/', { ...upgrade, authorization })),
      aStranger(guarded.master.port, aRequest('/link', { authorization })),
      aStranger(guarded.master.port, aRequest('/link', { ...upgrade, authorization, 'sec-websocket-key': 'no' })),
    ];
    await until(() => tries.every(({ isClosed }) => isClosed()));
    expect(tries.map(({ heard }) => heard().slice(9, 12))).toEqual(['404', '404', '404', '400']);
    expect(guarded.complaints()).toEqual([
      'refused a connection from 127.0.0.1: there is no GET / here',
      expect.stringMatching(/^refused a connection from 127.0.0.1: this opens no WebSocket: /),
    ]);
  });

  test('frames in the handshake that are too large, texts, nonsense, or out of turn', async () => {
    await using guarded = await aGuardedRun({ limits: { maxFrameBytes: 100_000 } });
    const { port } = guarded.master;
    const hello = aHello();
    const open = openFrame({ worker: hello.worker, session: 's', received: 0 });
    const odd = await Promise.all([
      anOddPeer(port, [Buffer.alloc(100_001)]),
      anOddPeer(port, ['a text']),
      anOddPeer(port, [Buffer.from([99, 1, 2])]),
      anOddPeer(port, [Buffer.alloc(0)]),
      anOddPeer(port, [helloFrame(hello)]),
      anOddPeer(port, [open, open]),
      anOddPeer(port, [open, helloFrame({ ...hello, worker: 'another' })]),
      anOddPeer(port, [open, helloFrame({ ...hello, graceSeconds: -1 })]),
      anOddPeer(port, [openFrame({ worker: 'x'.repeat(300), session: 's', received: 0 })]),
      anOddPeer(port, [
        openFrame({ worker: '\u001b[2J', session: 's', received: 0 }),
        helloFrame({ ...hello, worker: '\u001b[2J' }),
      ]),
    ]);
    await until(() => odd.every(({ isClosed }) => isClosed()));
    expect(odd.map(endOf)).toEqual([
      undefined,
      'a frame is a text and not binary',
      'a frame has the unknown kind 99',
      'a frame has the unknown kind of nothing, as it is empty',
      'a frame of kind hello came during the handshake',
      'a frame of kind open came during the handshake',
      `worker ${hello.worker} introduces itself as another`,
      'graceSeconds must be a number from 0 to 1000000000 but is -1',
      expect.stringMatching(/^worker must be a text of at most 256 characters/),
      'worker must be a name of visible characters',
    ]);
    expect(guarded.complaints()).toHaveLength(1);
    expect(guarded.complaints()[0]).toMatch(/^a worker from 127.0.0.1 did not join: /);
    expect(guarded.master.joined).toHaveLength(1);
  });

  test('[135] a worker that sends what is not understood: its link ends with a reason, and no other', async () => {
    await using guarded = await aGuardedRun({ limits: { maxFrameBytes: 100_000 } });
    const { port } = guarded.master;
    const said: readonly [string, Uint8Array | string][] = [
      ['quitting', messageFrame(1, Buffer.from([0xc1]))],
      ['unknown', messageFrame(1, Buffer.from([0x81, 0xa4, ...Buffer.from('kind'), 0xa4, ...Buffer.from('riot')]))],
      ['gap', messageFrame(5, Buffer.from([0xc0]))],
      ['acknowledging', Buffer.from([frameKinds.acknowledge, 0, 0, 0, 0, 0, 99])],
      ['asking', Buffer.from([frameKinds.introduce])],
      ['answering', Buffer.concat([Buffer.from([frameKinds.answer, 0, 0, 0, 0, 0, 0]), Buffer.alloc(24)])],
      ['cut', Buffer.from([frameKinds.heartbeat, 0])],
      ['text', 'a text'],
      ['large', Buffer.alloc(100_001)],
    ];
    for (const [name, frame] of said) {
      const peer = await anOddWorker(port, aHello({ worker: name }));
      peer.socket.send(frame);
      await until(() => peer.isClosed());
      expect(endOf(peer) ?? 'closed', name).toMatch(
        name === 'large' ? /closed/ : new RegExp(`^worker ${name} sent what is not understood: `),
      );
    }
    const complaints = guarded.complaints();
    for (const [name] of said) expect(complaints.filter((line) => line.includes(`worker ${name} `))).not.toEqual([]);
    expect(complaints).toHaveLength(said.length);
  });

  test('a worker that makes the master talk and listens to nothing', async () => {
    using log = captureLog();
    await using master = await aMaster({ limits: { maxKeptBytes: 100_000, maxBufferedBytes: 10_000 } });
    const peer = await anOddWorker(master.port, aHello({ worker: 'deaf' }));
    const probe = Buffer.concat([Buffer.from([frameKinds.heartbeat, 0, 0, 0, 0, 0, 0]), Buffer.alloc(8)]);
    peer.socket.send(probe);
    await until(() => peer.frames.some(([kind]) => kind === frameKinds.answer));
    // what the system takes before anything waits in this process is megabytes: they are left out here
    using _ = vi.spyOn(WebSocket.prototype, 'bufferedAmount', 'get').mockReturnValue(110_001);
    peer.socket.send(probe);
    await until(() => peer.isClosed());
    expect(log.at('ERROR')).toEqual([
      'the link to worker deaf is closed: worker deaf does not take the answers to what it sends',
    ]);
  });

  test('somebody with the token who takes the name of a worker that is there', async () => {
    await using guarded = await aGuardedRun();
    const { hello } = guarded.master.joined[0]!;
    const thief = await anOddPeer(guarded.master.port, [
      openFrame({ worker: hello.worker, session: 'guess', received: 0 }),
    ]);
    await until(() => thief.isClosed());
    expect(endOf(thief)).toBe(`there is a worker ${hello.worker} already, and this is another process`);
    expect(guarded.master.joined).toHaveLength(1);
  });

  test('a worker that the master cannot take in: it is told so, and the log says why', async () => {
    await using guarded = await aGuardedRun({
      onWorker({ worker }) {
        if (worker === 'unwanted') throw new TypeError('a bug of the test');
      },
    });
    const peer = await anOddWorker(guarded.master.port, aHello({ worker: 'unwanted' }));
    await until(() => peer.isClosed());
    expect(endOf(peer)).toBe('the master could not take this worker in: its log says why');
    expect(guarded.complaints()[0]).toMatch(/^worker unwanted could not be taken in: TypeError: a bug of the test/);
  });
});

describe('versions', () => {
  test('[128] a worker of another version of the protocol is refused, with a sentence on both sides', async () => {
    await using guarded = await aGuardedRun();
    const authorization = `Bearer ${token}`;
    const foreign = [
      aStranger(
        guarded.master.port,
        aRequest('/link', { ...upgrade, authorization, 'sec-websocket-protocol': 'tsload.99' }),
      ),
      aStranger(guarded.master.port, aRequest('/locustfile', { authorization, 'tsload-link': 'tsload.99' })),
    ];
    await until(() => foreign.every(({ isClosed }) => isClosed()));
    const sentence =
      'it speaks version 99 of the link and this master 1 (tsload 1.2.3): install the same tsload on both';
    for (const { heard } of foreign) expect(heard()).toMatch(/^HTTP\/1.1 426 /);
    for (const { heard } of foreign) expect(heard()).toContain(sentence);
    expect(guarded.complaints()).toEqual([`refused a connection from 127.0.0.1: ${sentence}`]);
  });

  test('[128] another version of tsload with the same protocol is taken, and the master warns', async () => {
    await using guarded = await aGuardedRun();
    const worker = await aWorkerOf({ port: guarded.master.port, hello: { worker: 'older', version: '0.9.0' } });
    await until(() => guarded.complaints().length > 0);
    expect(guarded.complaints()).toEqual([
      'worker older is tsload 0.9.0 and this master 1.2.3: they understand each other, but install the same on both',
    ]);
    worker.close();
  });
});

/** A certificate that no authority has signed. */
async function selfSigned() {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'somebody' }], { keyType: 'ec' });
  return { key, cert };
}

describe('with TLS', () => {
  const refusalOf = async (joining: Promise<MasterEnd | unknown>): Promise<string> =>
    joining.then(
      () => 'joined',
      (thrown: Error) => thrown.message,
    );

  test('a worker that trusts its authority joins; one that does not, and one that is not encrypted, say why not', async () => {
    const { server, ca } = await certificates();
    await using guarded = await aGuardedRun({ tls: server });
    const { port } = guarded.master;
    const named = await aWorkerOf({ port, host: 'localhost', tls: { ca } });
    named.close();
    expect(guarded.master.server.url).toBe(`wss://127.0.0.1:${port}`);
    expect(await refusalOf(aWorkerOf({ port, tls: {} }))).toMatch(
      /^the certificate of the master at 127.0.0.1:\d+ is not trusted \(.*\): give --tls-ca the authority that signed it$/,
    );
    expect(await refusalOf(aWorkerOf({ port, connectSeconds: 0.05 }))).toMatch(
      /it closed the connection; it may want TLS/,
    );
    await until(() => guarded.complaints().length > 0);
    expect(guarded.complaints()).toEqual([
      'refused a connection from 127.0.0.1: it does not speak TLS, and this master does',
    ]);
  });

  test('a certificate that is over, or of another name, is not trusted', async () => {
    const { expired, elsewhere, ca } = await certificates();
    const found: string[] = [];
    for (const tls of [expired, elsewhere]) {
      await using master = await aMaster({ tls });
      found.push(await refusalOf(aWorkerOf({ port: master.port, tls: { ca } })));
    }
    expect(found[0]).toMatch(/^the certificate of the master at .* has expired: give the master a new one$/);
    expect(found[1]).toMatch(/ is not for that name, but for DNS:master.example: give --master-host as it stands/);
  });

  test('and certificates of workers: one without, or of another authority, is refused, and joins with its own', async () => {
    const { server, ca, client } = await certificates();
    await using guarded = await aGuardedRun({ tls: { ...server, ca } });
    const { port } = guarded.master;
    const own = `the master at 127.0.0.1:${port} refuses this worker: `;
    expect(await refusalOf(aWorkerOf({ port, tls: { ca } }))).toBe(
      `${own}it shows no certificate, and this master wants one`,
    );
    expect(await refusalOf(aWorkerOf({ port, tls: { ca, ...(await selfSigned()) } }))).toMatch(
      `${own}its certificate is none that this master takes (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    );
    const worker = await aWorkerOf({ port, tls: { ca, ...client } });
    worker.close();
    expect(guarded.complaints()).toEqual([
      'refused a connection from 127.0.0.1: it shows no certificate, and this master wants one',
      'refused a connection from 127.0.0.1: its certificate is none that this master takes (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ]);
  });

  test('a session that was begun without a certificate opens nothing when it is taken up again', async () => {
    const { server, ca } = await certificates();
    await using master = await aMaster({ tls: { ...server, ca }, locustfile: async () => Buffer.from('secret') });
    const answers: string[] = [];
    let session: Buffer | undefined;
    for (let at = 0; at < 2; at++) {
      const socket = connectTls({ port: master.port, ca, servername: 'localhost', ...(session && { session }) });
      sockets.push(socket);
      socket.on('session', (given: Buffer) => {
        session = given;
      });
      socket.on('error', () => {});
      let [answer, isReused] = ['', false];
      socket.on('secureConnect', () => {
        isReused = socket.isSessionReused();
      });
      socket.on('data', (data: Buffer) => {
        answer += data.toString();
      });
      socket.write(aRequest('/locustfile', { authorization: `Bearer ${token}` }));
      await new Promise((resolve) => socket.on('close', resolve));
      answers.push(`${isReused} ${answer.slice(9, 12)}`);
    }
    expect(answers).toEqual(['false 403', 'true 403']);
  });

  test('a master without TLS is told apart from one that does not answer, and bad PEM from both', async () => {
    await using master = await aMaster();
    expect(await refusalOf(aWorkerOf({ port: master.port, tls: {} }))).toMatch(
      /cannot be talked to: it does not speak TLS: give it --tls-cert/,
    );
    await expect(aMaster({ tls: { cert: 'no', key: 'no' } })).rejects.toThrow(
      /^the certificate or key of the master cannot be used \(.*\): give both in PEM format$/,
    );
  });
});
