import { mkdtempSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { masterAddress } from '../../../../src/cli/cluster/masterAddress.js';
import { findToken, forgetTokens, keepToken, tokenPaths } from '../../../../src/cli/cluster/tokenFile.js';
import { parseSettings } from '../../../../src/cli/options/settings.js';
import { captureLog } from '../../../capturedLog.js';
import { freePort } from '../../../freePort.js';
import { until } from '../../../until.js';

async function listening(
  host = '127.0.0.1',
): Promise<AsyncDisposable & { readonly port: number; readonly server: Server }> {
  const server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What a worker of a user with an empty home finds. */
async function find(port: number, variables: Readonly<Record<string, string>> = {}, host = '127.0.0.1') {
  const home = mkdtempSync(join(tmpdir(), 'tsload-test-'));
  const sources = {
    words: ['--worker', '--master-host', host, '--master-port', String(port)],
    variables: { XDG_RUNTIME_DIR: join(home, 'none'), ...variables },
    cwd: home,
    home,
  };
  const { settings } = await parseSettings(sources, []);
  const pathsOf = (master: string) => tokenPaths({ host: master, port }, sources.variables, home);
  return { found: masterAddress(settings, sources, {}), paths: pathsOf(host), pathsOf };
}

test.each([
  ['127.0.0.2', '127.0.0.2', '*'],
  ['127.0.0.1', '*', '127.0.0.2'],
  ['::1', '::1', '127.0.0.1'],
  ['[::1]', '::1', '127.0.0.1'],
  ['localhost', '::1', '127.0.0.2'],
  ['localhost', '*', '::1'],
])('at %s a worker has the token of the master at %s, not of one at the same port of %s', async (host, its, other) => {
  using _ = captureLog();
  const { found, pathsOf } = await find(await freePort(), {}, host);
  await keepToken('of-another', pathsOf(other));
  await keepToken('of-its-master', pathsOf(its));
  forgetTokens(pathsOf(other)); // as a master does there that was given one
  expect(findToken(pathsOf(its))).toBe('of-its-master');
  expect(await found).toMatchObject({ host: host === '[::1]' ? '::1' : host, token: 'of-its-master' });
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '[::1]'],
])('a master at %s that was given its token is not waited for without it at %s', async (its, host) => {
  using _ = captureLog();
  await using master = await listening(its);
  const { found } = await find(master.port, {}, host);
  await expect(found).rejects.toThrow(
    `what listens at port ${master.port} of this machine has left no token for your workers: if it is a master that was given one`,
  );
});

test('a master that leaves its token a moment after it has begun to listen is believed', async () => {
  using _ = captureLog();
  await using master = await listening();
  const { found, paths } = await find(master.port);
  await new Promise((resolve) => master.server.once('connection', resolve)); // the first look
  await keepToken('late', paths);
  expect(await found).toMatchObject({ token: 'late' });
});

test('with the token nobody looks whether there is a master', async () => {
  const port = await freePort();
  const { found } = await find(port, { TSLOAD_TOKEN: 'given' });
  expect(await found).toEqual({ host: '127.0.0.1', port, token: 'given' });
});

test('a master that is not there yet is waited for, and its token found', async () => {
  using log = captureLog();
  const port = await freePort();
  const { found, paths } = await find(port);
  await until(() => log.at('INFO').length === 1);
  expect(log.at('INFO')).toEqual([
    `Waiting for a master that you start on this machine, port ${port} (for another's set TSLOAD_TOKEN)`,
  ]);
  await keepToken('made', paths);
  expect(await found).toMatchObject({ port, token: 'made' });
});
