import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readProcessState, whatWasLeft } from '../setup/processState.js';

/** What is left by something that is taken back when the test is over. */
async function leftBy(leave: () => unknown, takeBack: () => unknown): Promise<string> {
  const before = readProcessState();
  onTestFinished(async () => {
    await takeBack();
  });
  await leave();
  return whatWasLeft(before, readProcessState()).join('\n');
}

test('a file that changes nothing leaves nothing', async () => {
  expect(await leftBy(Object, Object)).toBe('');
});

test('variables of the environment are named with their values: new, changed and taken away', async () => {
  process.env['TSLOAD_TEST_CHANGED'] = 'old';
  process.env['TSLOAD_TEST_GONE'] = 'there';
  const leave = () => {
    process.env['TSLOAD_TEST_NEW'] = 'new';
    process.env['TSLOAD_TEST_CHANGED'] = 'other';
    Reflect.deleteProperty(process.env, 'TSLOAD_TEST_GONE');
  };
  const names = ['TSLOAD_TEST_NEW', 'TSLOAD_TEST_CHANGED', 'TSLOAD_TEST_GONE'];
  const left = await leftBy(leave, () => names.map((name) => Reflect.deleteProperty(process.env, name)));
  expect(left.split('\n').sort()).toEqual([
    "process.env.TSLOAD_TEST_CHANGED: 'old' before, 'other' after",
    "process.env.TSLOAD_TEST_GONE: 'there' before, not there after",
    "process.env.TSLOAD_TEST_NEW: not there before, 'new' after",
  ]);
});

test('the folder, the exit code and the title of the process are seen', async () => {
  const [folder, title] = [process.cwd(), process.title];
  const leave = () => {
    process.chdir(tmpdir());
    process.exitCode = 2;
    process.title = 'another';
  };
  const takeBack = () => {
    process.chdir(folder);
    process.exitCode = undefined;
    process.title = title;
  };
  const left = await leftBy(leave, takeBack);
  expect(left).toMatch(/^process\.cwd\(\): /m);
  expect(left).toMatch(/^process\.exitCode: undefined before, 2 after$/m);
  expect(left).toMatch(/^process\.title: .* 'another' after$/m);
});

test('a listener of the process is seen', async () => {
  const listener = () => {};
  const left = await leftBy(
    () => process.on('SIGUSR2', listener),
    () => process.off('SIGUSR2', listener),
  );
  expect(left).toBe('listeners of process for SIGUSR2: not there before, 1 after');
});

test('globals are seen, ours under a symbol as well', async () => {
  const key = Symbol.for('tsload.test');
  const leave = () => {
    vi.stubGlobal('leftGlobal', 1);
    Reflect.set(globalThis, key, 2);
  };
  const takeBack = () => {
    vi.unstubAllGlobals();
    Reflect.deleteProperty(globalThis, key);
  };
  expect(await leftBy(leave, takeBack)).toBe(
    'globalThis.leftGlobal: not there before, 1 after\nglobalThis.Symbol(tsload.test): not there before, 2 after',
  );
});

test('a patch of what the language and Node have is seen, of classes too', async () => {
  const [{ now }, { toJSON }] = [Date, URL.prototype];
  const leave = () => {
    Date.now = () => 0;
    URL.prototype.toJSON = () => '';
  };
  const takeBack = () => {
    Date.now = now;
    URL.prototype.toJSON = toJSON;
  };
  const left = await leftBy(leave, takeBack);
  expect(left).toMatch(/^member Date\.now: \[Function: now\] before/m);
  expect(left).toMatch(/^member URL\.prototype\.toJSON: \[Function: toJSON\] before/m);
});

test('fake timers are seen', async () => {
  const left = await leftBy(
    () => vi.useFakeTimers({ toFake: ['setInterval'] }),
    () => vi.useRealTimers(),
  );
  expect(left).toMatch(/^vi\.isFakeTimers\(\): false before, true after$/m);
});

test('a server and a timer that keep the process alive are seen, and gone when they are', async () => {
  const before = readProcessState();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const timer = setInterval(() => {}, 60_000);
  const left = whatWasLeft(before, readProcessState()).join('\n');
  clearInterval(timer);
  await new Promise((resolve) => server.close(resolve));
  expect(left).toMatch(/^open handles of kind TCPServerWrap: .* before, \d+ after$/m);
  expect(left).toMatch(/^open handles of kind Timeout: .* before, \d+ after$/m);
  await expect.poll(() => whatWasLeft(before, readProcessState())).toEqual([]);
});
