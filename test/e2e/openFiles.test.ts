/** A master that may open few files, and strangers who would take them all. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { subprotocol } from '../../src/link/webSocket/frames.js';
import { until } from '../until.js';
import { oneUser, place, startMaster, startWorker } from './cluster.js';
import { idleUsers } from './tsload.js';

/** What a worker begins with, whose token is `abc`. */
const link = [
  'GET /link HTTP/1.1',
  'host: x',
  'authorization: Bearer abc',
  'upgrade: websocket',
  'connection: Upgrade',
  'sec-websocket-version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
  `sec-websocket-protocol: ${subprotocol}`,
  '\r\n',
].join('\r\n');

/** So many connections that say this and no more, each made again when it is closed. */
function strangers(port: number, count: number, text = '') {
  let [isOver, opened] = [false, 0];
  const sockets = new Set<ReturnType<typeof connect>>();
  const open = (): void => {
    if (isOver) return;
    const socket = connect(port, '127.0.0.1', () => opened++);
    if (text !== '') socket.write(text);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      setTimeout(open, 300);
    });
  };
  for (let at = 0; at < count; at++) open();
  return {
    get opened() {
      return opened;
    },
    [Symbol.dispose]() {
      isOver = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The master's own code has files open, of which tsload knows nothing. */
const ownFiles = `
  import { openSync } from 'node:fs';
  if (process.argv.includes('--master')) for (let at = 0; at < 110; at++) openSync('locustfile.ts', 'r');
`;

describe('a master that may open 256 files', () => {
  test('lets its workers in and writes its files, while twice as many strangers come again and again', async () => {
    const here = place({ 'locustfile.ts': `${idleUsers('U')}${ownFiles}` });
    const line =
      '-f locustfile.ts --expect-workers 2 --expect-workers-max-wait 30 -u 2 -r 2 -t 4s --csv out/x --json-file out/x --only-summary';
    const { run, port } = await startMaster(line, { ...here, openFiles: 256 });
    using master = run;
    using crowd = strangers(port, 512);
    await until(() => crowd.opened > 1_500);
    using first = startWorker(port, '-f -', here);
    using second = startWorker(port, '-f -', here);
    const ends = await Promise.all([master.finished, first.finished, second.finished]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    const { stderr } = ends[0];
    expect(stderr).not.toMatch(/EMFILE|cannot be written|is lost|Traceback/);
    expect(
      stderr.match(/closed a connection from 127\.0\.0\.1: there are more than \d+ without a token/g),
    ).toHaveLength(1);
    const [aggregated] = readFileSync(join(here.cwd, 'out/x_stats.csv'), 'utf8').match(/^,Aggregated,\d+/m) ?? [];
    expect(Number(aggregated?.split(',')[2])).toBeGreaterThan(20);
    expect(JSON.parse(readFileSync(join(here.cwd, 'out/x.json'), 'utf8'))).toHaveLength(1);
  });

  test('has no room for strangers beside as many workers as there is room for, and says so', async () => {
    const here = place(oneUser);
    const env = { ...here.env, TSLOAD_TOKEN: 'abc' };
    const { run, port } = await startMaster('--expect-workers 1', { ...here, env, openFiles: 256 });
    using master = run;
    using _strangers = strangers(port, 20);
    await until(() => _strangers.opened >= 20);
    using _workers = strangers(port, 256, link);
    await master.sees(
      /closed a connection from 127\.0\.0\.1: this process may open no more files for connections \(ulimit -n\)/,
    );
    expect(master.stderr).not.toMatch(/EMFILE|Traceback/);
    master.signal('SIGTERM');
    expect((await master.finished).stderr).not.toMatch(/EMFILE|Traceback/);
  });

  test('says so when it waits for more workers than that', async () => {
    const { run } = await startMaster('--expect-workers 300', { ...place(oneUser), openFiles: 256 });
    using master = run;
    await master.sees(
      /300 workers need a connection each, and the 256 files that this process may open are room for 192: raise/,
    );
    master.signal('SIGTERM');
    await master.finished;
  });
});
