import { describe, expect, test } from 'vitest';
import {
  isLoopback,
  roleOf,
  withoutEffectAlone,
  withoutEffectButOnWorker,
  withoutEffectOnWorker,
} from '../../../../src/cli/cluster/role.js';
import { exitCodeFor } from '../../../../src/cli/exit.js';
import { parseSettings } from '../../../../src/cli/options/settings.js';

async function settingsOf(line: string, variables: Readonly<Record<string, string>> = {}) {
  const words = line.split(' ').filter((word) => word !== '');
  return (await parseSettings({ words, variables, cwd: '/none', home: '/none' }, [])).settings;
}

const roleFor = async (line: string) => roleOf(await settingsOf(line), 8);

const own = { kind: 'master', bindHost: '127.0.0.1', bindPort: 0, takesOthers: false, processes: 0, spawns: [] };
const open = { ...own, bindHost: '*', bindPort: 5557, takesOthers: true };

const mixed = {
  ...open,
  bindHost: '127.0.0.1',
  bindPort: 5558,
  locust: { host: '127.0.0.1', port: 5557 },
};

describe('the part that a process plays', () => {
  test.each([
    ['', { kind: 'alone' }],
    ['--processes 0', { kind: 'alone' }],
    ['--master', open],
    ['--master --master-bind-host 10.0.0.1 --master-bind-port 6000', { ...open, bindHost: '10.0.0.1', bindPort: 6000 }],
    ['--master --master-bind-host [::1]', { ...open, bindHost: '::1' }],
    [
      '--master --protocol locust --master-bind-host [::1]',
      { ...mixed, bindHost: '::1', locust: { host: '::1', port: 5557 } },
    ],
    ['--processes 4', { ...own, processes: 4 }],
    ['--processes -1', { ...own, processes: 8 }],
    ['--processes 2 --master-bind-host 127.0.0.1', { ...open, bindHost: '127.0.0.1', processes: 2 }],
    ['--processes 2 --master-bind-port 6000', { ...open, bindPort: 6000, processes: 2 }],
    ['--master --processes 2', { ...open, processes: 2 }],
    ['--spawn ssh://a --spawn local?workers=2', { ...own, spawns: ['ssh://a', 'local?workers=2'] }],
    ['--worker', { kind: 'worker' }],
    ['--worker --processes 3', { kind: 'supervisor', processes: 3 }],
    ['--worker --processes -1', { kind: 'supervisor', processes: 8 }],
    ['--worker --protocol locust', { kind: 'worker' }],
    ['--master --resume x --journal y', open],
    ['--master --protocol locust', mixed],
    ['--master --protocol locust --foreign-locustfile x.py', mixed],
    ['--processes 2 --protocol locust', { ...mixed, processes: 2 }],
    [
      '--master --protocol locust --master-bind-host * --master-bind-port 6000 --ws-bind-port 0',
      { ...mixed, bindHost: '*', bindPort: 0, locust: { host: '*', port: 6000 } },
    ],
  ])('%j', async (line, role) => {
    expect(await roleFor(line)).toEqual(role);
  });

  test.each([
    ['--master --worker', 255, /^--master and --worker exclude each other: /],
    ['--processes -2', 1, /^--processes must be .* -1 .* but is -2$/],
    ['--resume x', 2, /^--resume is for a master/],
    ['--worker --resume x', 2, /^--resume is for a master/],
    ['--journal x', 2, /^--journal is for a master/],
    ['--worker --spawn ssh://a', 2, /^--spawn is for the master/],
    ['--worker --protocol locust --tls-ca system', 2, /^--tls-ca cannot hold with --worker --protocol locust: /],
    ['--protocol locust', 2, /^--protocol locust needs --master or --worker/],
    ['--master --foreign-locustfile x.py', 2, /^--foreign-locustfile needs --protocol locust/],
    ['--worker --foreign-locustfile x.py --protocol locust', 2, /^--foreign-locustfile needs --master and --protocol/],
    ['--master --ws-bind-port 6000', 2, /^--ws-bind-port needs --protocol locust: it is for a master that takes/],
    ['--master --protocol locust --ws-bind-port 5557', 2, /^--master-bind-port and --ws-bind-port are both 5557: /],
    ['--protocol smoke', 2, /^--protocol must be one of tsload, locust but is "smoke"/],
    [
      '--worker --master-host 10.0.0.1:6000',
      2,
      /^--master-host must be a name or an address alone \(the port is --master-port\)/,
    ],
    ['--worker --master-host http://a', 2, /^--master-host must be a name or an address alone/],
    ['--worker --master-host me@a', 2, /^--master-host must be a name or an address alone/],
    ['--worker --master-host a/b', 2, /^--master-host must be a name or an address alone/],
    ['--worker --master-host [::1', 2, /^--master-host must be a name or an address alone/],
    ['--worker --master-host=', 2, /^--master-host must be a name or an address alone/],
    ['--master --master-bind-host 10.0.0.1:80', 2, /^--master-bind-host must be .* \(the port is --master-bind-port\)/],
    ['--expect-workers 0', 2, /^--expect-workers must be a whole number of at least 1/],
    ['--master-bind-port 70000', 2, /^--master-bind-port must be a whole number from 0 to 65535/],
  ])('%j is refused with one sentence', async (line, code, message) => {
    const thrown: unknown = await roleFor(line).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message: expect.stringMatching(message) });
    expect(exitCodeFor(thrown)).toBe(code);
  });

  test.each(['a', 'a-1.b_c.example', '10.0.0.1', '::1', '[::1]', '2001:db8::1', 'fe80::1%eth0', 'bücher.example'])(
    'a master may be at %s',
    async (host) => {
      expect((await settingsOf(`--worker --master-host ${host}`)).masterHost).toBe(host);
    },
  );

  test('variables of Locust make a master and a worker', async () => {
    expect(roleOf(await settingsOf('', { LOCUST_MODE_MASTER: 'true', LOCUST_MASTER_BIND_PORT: '6001' }), 8)).toEqual({
      ...open,
      bindPort: 6001,
    });
    expect(roleOf(await settingsOf('', { LOCUST_MODE_WORKER: '1', LOCUST_PROCESSES: '2' }), 8)).toEqual({
      kind: 'supervisor',
      processes: 2,
    });
    expect(await settingsOf('', { LOCUST_MASTER_NODE_HOST: 'm', LOCUST_MASTER_NODE_PORT: '9' })).toMatchObject({
      masterHost: 'm',
      masterPort: 9,
    });
  });
});

test('options that a worker does not look at are named', async () => {
  expect(withoutEffectOnWorker(await settingsOf('--worker -f x.ts'))).toBeUndefined();
  expect(withoutEffectOnWorker(await settingsOf('--worker -u 3'))).toMatch(/: --users has no effect on a worker$/);
  expect(withoutEffectOnWorker(await settingsOf('--worker -u 3 -t 1m --csv x'))).toMatch(
    /: --users, --run-time, --csv have no effect on a worker$/,
  );
  expect(withoutEffectOnWorker(await settingsOf('--worker -s 5 --reset-stats --json --print-stats'))).toMatch(
    /: --stop-timeout, --reset-stats, --json, --print-stats have no effect on a worker$/,
  );
  expect(withoutEffectOnWorker(await settingsOf('--worker --tags a --exclude-tags b'))).toMatch(
    /: --tags, --exclude-tags have no effect on a worker$/,
  );
  expect(withoutEffectOnWorker(await settingsOf('--worker --enable-rebalancing'))).toMatch(
    /--enable-rebalancing has no/,
  );
});

test('options of a master that a run without workers does not look at are named', async () => {
  expect(withoutEffectAlone(await settingsOf('-f x.ts -u 3'))).toBeUndefined();
  expect(withoutEffectAlone(await settingsOf('--expect-workers 2 --enable-rebalancing'))).toBe(
    '--expect-workers, --enable-rebalancing have no effect without workers: add --master, --processes or --spawn',
  );
});

test('options that only a worker looks at are named', async () => {
  const lineOf = async (line: string) => withoutEffectButOnWorker(await settingsOf(line));
  expect(await lineOf('--master --master-bind-port 6000 --master-grace 5')).toBeUndefined();
  expect(await lineOf('--master --master-port 6000')).toBe(
    '--master-port has no effect without --worker: a master listens at --master-bind-host and --master-bind-port',
  );
  expect(await lineOf('--processes 4 --master-host 10.0.0.5 --master-port 6000')).toBe(
    '--master-host and --master-port have no effect without --worker: this process is no worker',
  );
});

test('an address with an interface is refused where it cannot be used', async () => {
  const settings = await settingsOf('--worker --master-host fe80::1%eth0');
  expect(() => roleOf(settings, 1)).toThrow(/^--master-host fe80::1%eth0 names an interface/);
});

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['*', false],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['127.example.com', false],
])('%s can be reached from this machine only: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
