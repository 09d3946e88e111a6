import { createServer, type RequestListener, type Server } from 'node:http';
import { describe, expect, test } from 'vitest';
import { LocustfileError } from '../../../../src/errors.js';
import { type FetchOptions, fetchLocustfile } from '../../../../src/link/index.js';
import { captureLog } from '../../../capturedLog.js';
import { certificates } from '../../../certificates.js';
import { until } from '../../../until.js';
import { aMaster, token } from './ends.js';

const fetchFrom = (port: number, more: Partial<FetchOptions> = {}) =>
  fetchLocustfile({ host: '127.0.0.1', port, token, connectSeconds: 20, ...more });

/** Another server at the place of a master. */
async function aServer(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly port: number; readonly server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    server,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const type = { 'content-type': 'application/octet-stream' };
const bytes = Buffer.alloc(3_000_000, 'locustfile ');

describe('a worker that fetches the locustfile', () => {
  test('gets its bytes, encrypted or not', async () => {
    const { server, ca } = await certificates();
    await using plain = await aMaster({ locustfile: async () => bytes });
    await using encrypted = await aMaster({ locustfile: async () => bytes, tls: server });
    expect(bytes.equals(await fetchFrom(plain.port))).toBe(true);
    expect(bytes.equals(await fetchFrom(encrypted.port, { tls: { ca } }))).toBe(true);
  });

  test('is refused without the token, and where there is none to give, in one sentence', async () => {
    using log = captureLog();
    await using none = await aMaster();
    await using failing = await aMaster({ locustfile: () => Promise.reject(new TypeError('a bug of the test')) });
    const own = `the master at 127.0.0.1:${none.port} refuses this worker: `;
    await expect(fetchFrom(none.port, { token: 'another' })).rejects.toThrow(`${own}its token is not the master's`);
    await expect(fetchFrom(none.port)).rejects.toThrow(
      `${own}this master has no locustfile to give: start the worker with its own`,
    );
    await expect(fetchFrom(failing.port, { connectSeconds: 0.05 })).rejects.toThrow(
      /answers with HTTP status 500: the master could not pack its locustfile: its log says why, for 0.05 s$/,
    );
    expect(log.at('ERROR')[0]).toMatch(/^the locustfile could not be given to 127.0.0.1: TypeError: a bug of the test/);
  });

  test('is told, and asks no more, when the locustfile cannot be sent; the master says it once', async () => {
    using log = captureLog();
    const locustfile = () => Promise.reject(new LocustfileError('the locustfile uses a package that cannot be sent'));
    await using master = await aMaster({ locustfile });
    for (let times = 0; times < 2; times++) {
      await expect(fetchFrom(master.port)).rejects.toThrow(
        `the master at 127.0.0.1:${master.port} refuses this worker: the locustfile uses a package that cannot be sent`,
      );
    }
    expect(log.at('WARNING')).toEqual([
      'refused a connection from 127.0.0.1: the locustfile uses a package that cannot be sent',
    ]);
    expect(log.at('ERROR')).toEqual([]);
  });

  test.each([
    [404, 'text/html', '<h1>nothing here</h1>', 'HTTP status 404'],
    [200, 'text/html; charset=utf-8', '<h1>welcome</h1>', 'HTTP status 200'],
    [200, 'text/plain', 'welcome', 'HTTP status 200: welcome'],
    [302, 'text/plain', 'elsewhere', 'HTTP status 302: elsewhere'],
  ])('does not believe what some other server has at that port: %i %s', async (status, type, body, expected) => {
    await using other = await aServer((_, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    await expect(fetchFrom(other.port)).rejects.toThrow(
      new RegExp(`what listens at 127.0.0.1:${other.port} is no master of tsload: it answers with ${expected}$`),
    );
  });

  test('tries again when what it gets breaks off in the middle, and says so', async () => {
    using log = captureLog();
    let count = 0;
    await using cutting = await aServer((_, response) => {
      count++;
      response.writeHead(200, { ...type, 'content-length': bytes.length });
      if (count > 2) response.end(bytes);
      else response.write(bytes.subarray(0, 100_000), () => response.destroy());
    });
    expect(bytes.equals(await fetchFrom(cutting.port))).toBe(true);
    expect(count).toBe(3);
    expect(log.at('INFO')[0]).toMatch(
      /^what the master at 127.0.0.1:\d+ sent broke off after \d+ bytes .*: trying again/,
    );
  });

  test('gives up what stands still, and takes what is merely slow', async () => {
    using log = captureLog();
    let count = 0;
    await using slow = await aServer((_, response) => {
      count++;
      response.writeHead(200, { ...type, 'content-length': 8 });
      if (count === 1) {
        response.write('half'); // and no more
        return;
      }
      let sent = 0;
      const timer = setInterval(() => {
        response.write('x');
        sent++;
        if (sent === 8) clearInterval(timer);
      }, 100);
    });
    const got = await fetchFrom(slow.port, { idleMillis: 600 });
    expect(Buffer.from(got).toString()).toBe('xxxxxxxx');
    expect(log.at('INFO')[0]).toMatch(/broke off after 4 bytes \(.*\): trying again/);
  });

  test('takes no more than the bound, and tries that only once', async () => {
    let count = 0;
    await using large = await aServer((_, response) => {
      count++;
      const more = () => {
        if (!response.destroyed) response.write(bytes, more);
      };
      response.writeHead(200, type); // and it never ends
      more();
    });
    await expect(fetchFrom(large.port, { maxBytes: 100_000 })).rejects.toThrow(
      /sends as its locustfile has more than 100000 bytes: fewer are taken$/,
    );
    expect(count).toBe(1);
  });

  test('waits for a master that is not there yet, and ends when it is told to', async () => {
    using log = captureLog();
    const abort = new AbortController();
    const fetching = fetchFrom(1, { signal: abort.signal });
    await until(() =>
      log.at('INFO').some((line) => line.includes('nobody listens there: trying again, for 20 s in all')),
    );
    abort.abort(new Error('the test has seen enough'));
    await expect(fetching).rejects.toThrow('the test has seen enough');
  });
});
