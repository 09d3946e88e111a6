import { expect, test } from 'vitest';
import { localSpawner, readSpawnTarget, spawnersFor } from '../../../src/spawn/index.js';

const ssh = {
  kind: 'ssh',
  host: 'loadgen',
  user: undefined,
  port: undefined,
  workers: 1,
  master: undefined,
  node: undefined,
  config: undefined,
};

test.each([
  ['local', { kind: 'local', workers: 1 }],
  ['local?workers=4', { kind: 'local', workers: 4 }],
  ['local?workers=-1', { kind: 'local', workers: -1 }],
  ['ssh://loadgen', ssh],
  ['ssh://loadgen/', ssh],
  ['ssh://me@loadgen:2222?workers=8', { ...ssh, user: 'me', port: 2222, workers: 8 }],
  ['ssh://LoadGen-1', { ...ssh, host: 'LoadGen-1' }],
  ['ssh://me%40corp@loadgen', { ...ssh, user: 'me@corp' }],
  ['ssh://[fd00::1]', { ...ssh, host: 'fd00::1' }],
  ['ssh://loadgen?master=10.0.0.5', { ...ssh, master: { host: '10.0.0.5', port: undefined } }],
  ['ssh://loadgen?master=m.example:7000', { ...ssh, master: { host: 'm.example', port: 7000 } }],
  ['ssh://loadgen?master=[fd00::1]:7000', { ...ssh, master: { host: 'fd00::1', port: 7000 } }],
  ['ssh://loadgen?node=/opt/node%2020/bin/node', { ...ssh, node: '/opt/node 20/bin/node' }],
  ['ssh://loadgen?config=./load.conf', { ...ssh, config: './load.conf' }],
])('%s is understood', (text, target) => {
  expect(readSpawnTarget(text)).toEqual(target);
});

test.each([
  ['', /must be local or an address that begins with ssh:\/\/ but is ""/],
  ['locally', /must be local or/],
  ['kubernetes://cluster', /must be local or/],
  ['local?workers=0', /workers= must be a number of workers from 1 to 1024, or -1 .* but is 0$/],
  ['local?workers=-2', /must be a number of workers/],
  ['local?workers=1.5', /must be a number of workers/],
  ['local?workers=2000', /must be a number of workers/],
  ['local?workers=many', /workers= must be a number of workers .* but is "many"$/],
  ['local?workers=', /gives workers no value/],
  ['local?workers=1&workers=2', /gives workers twice/],
  ['local?node=/x', /does not know "node" in "local\?node=\/x": it takes workers/],
  ['ssh:loadgen', /no address that can be read/],
  ['ssh://', /no (address|host)/],
  ['ssh://?workers=1', /no (address|host)/],
  ['ssh://loadgen:0x', /no address that can be read/],
  ['ssh://loadgen:70000', /no address that can be read/],
  ['ssh://-oProxyCommand=evil', /no (address|host)/],
  ['ssh://-l@loadgen', /names no user/],
  ['ssh://me%20too@loadgen', /names no user/],
  ['ssh://loadgen/home/me', /takes no path after the host/],
  ['ssh://loadgen?nodes=/x', /does not know "nodes".*workers, master, node, config/],
  ['ssh://loadgen?node=-e', /must give node as the path of a file/],
  ["ssh://loadgen?node=/x';reboot;'", /must give node as the path of a file/],
  ['ssh://loadgen?master=a:b:c', /must give master as HOST or HOST:PORT but gives "a:b:c"/],
  ['ssh://loadgen?master=a:99999', /must give master/],
  ['ssh://loadgen?master=-x', /must give master/],
])('%s is refused in a sentence', (text, sentence) => {
  expect(() => readSpawnTarget(text)).toThrow(sentence);
});

test.each([
  'ssh://me:sesame@loadgen',
  'ssh://me:sesame@loadgen/path',
  'ssh://me:sesame@loadgen?x=1',
  'ssh://me:sesame@',
])('a password is refused and not repeated: %s', (text) => {
  expect(() => readSpawnTarget(text)).toThrow(/--spawn/);
  expect(() => readSpawnTarget(text)).not.toThrow(/sesame/);
});

test('a place that is named twice is refused', async () => {
  await expect(spawnersFor(['local', 'local?workers=2'])).rejects.toThrow('names local twice: add up its workers');
  await expect(spawnersFor(['ssh://me@a', 'ssh://me@a?workers=2'])).rejects.toThrow('names ssh://me@a twice');
  expect(await spawnersFor(['local', 'ssh://a', 'ssh://me@a', 'ssh://a:2222'])).toHaveLength(4);
});

test.each([0, -2, 1.5, 5000])('--processes %s is refused', (count) => {
  expect(() => localSpawner(count)).toThrow(`--processes must be a number of workers from 1 to 1024, or -1`);
});
