/**
 * Somebody who knows the token of a master, or not, and sends it what nobody should. Prints what the master did about it.
 *
 * Arguments: address of the master, token, and what to send.
 */
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import {
  heartbeatFrame,
  helloFrame,
  linkPath,
  messageFrame,
  openFrame,
  readFrame,
  subprotocol,
} from '../../src/link/webSocket/frames.js';
import { pack } from '../../src/link/webSocket/packing.js';

const [host = '', token = '', what = ''] = process.argv.slice(2);
const worker = `stranger_${what}`;

/** The same in every run: noise that happens to begin as another protocol does has an answer of its own. */
const noisy = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 31 + 7) % 256);

/** What a worker that has joined sends next. A text is sent as a text. */
const nonsense: { readonly [what: string]: () => Uint8Array | string } = {
  text: () => 'hello master',
  random: () => Buffer.concat([Buffer.from([6]), noisy(1_000)]),
  report: () => messageFrame(1, pack({ kind: 'report', sequence: -1, period: 'now', interval: null })),
  gap: () => messageFrame(7, pack({ kind: 'quit' })),
  huge: () => Buffer.alloc(33 * 1024 * 1024, 6),
  heartbeat: () => heartbeatFrame(0, Number.NaN, pack({ kind: 'heartbeat' })),
  greeting: () => helloFrame({ worker, version: '0', graceSeconds: 1 }),
  acknowledge: () => Buffer.from([9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
};

if (what === 'noise') noise();
else join(nonsense[what] ?? (() => ''));

/** Bytes at the port, without any protocol. */
function noise(): void {
  const socket = connect(5557, host, () => socket.write(noisy(64 * 1024)));
  socket.on('error', () => {});
  socket.on('close', () => console.log('closed'));
  socket.resume();
}

function join(next: () => Uint8Array | string): void {
  const socket = new WebSocket(`ws://${host}:5557${linkPath}`, [subprotocol], {
    headers: { authorization: `Bearer ${token}` },
  });
  socket.on('open', () => socket.send(openFrame({ worker, session: 'secret', received: 0 })));
  socket.on('unexpected-response', (_request, response) => {
    console.log('refused', response.statusCode);
    process.exit();
  });
  socket.on('message', (data) => {
    const frame = readFrame(Buffer.isBuffer(data) ? data : Buffer.from([]));
    if (frame.kind === 'introduce') socket.send(helloFrame({ worker, version: '0.1.0', graceSeconds: 60 }));
    else if (frame.kind === 'joined') socket.send(next());
    else if (frame.kind === 'end') console.log('told', frame.sentence);
  });
  socket.on('error', () => {});
  socket.on('close', () => console.log('closed'));
}
