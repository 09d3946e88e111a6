import { describe, expect, test } from 'vitest';
import { idleUsers, tsload } from './tsload.js';

const withListener = (event: string, listener: string) => ({
  'locustfile.ts': `${idleUsers('Idle').replace('import {', 'import { StopTest,')}
    events.${event}.addListener(${listener});`,
});

describe.concurrent('listeners that end badly', () => {
  test('StopTest in an init listener: one line, no test, and 1', async () => {
    const files = withListener('init', `() => { throw new StopTest('no licence'); }`);
    const { code, stderr } = await tsload('--headless -t 1s', { files });
    expect(stderr).toMatch(/ERROR\/\S+: A listener of init threw StopTest: no licence/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
  });

  test('StopTest in a listener of the end: one line, tables, and the code of the run', async () => {
    for (const event of ['quitting', 'quit']) {
      const { code, stderr } = await tsload('--headless -t 1s', {
        files: withListener(event, `() => { throw new StopTest('late'); }`),
      });
      expect(stderr).toMatch(new RegExp(`WARNING/\\S+: a listener of ${event} threw StopTest`));
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(stderr).toMatch(/X +Idle/);
      expect(code).toBe(0);
    }
  });

  test('an init listener that never ends: a line that says so, and 1', async () => {
    const { code, stderr } = await tsload('--headless -t 1s', {
      files: withListener('init', '() => new Promise(() => {})'),
    });
    expect(stderr).toMatch(/A listener of init awaits something that never comes/);
    expect(code).toBe(1);
  });

  test('a testStop listener that never ends: the run ends without it, with its tables, and 2', async () => {
    const files = withListener('testStop', '() => new Promise(() => {})');
    const { code, stderr } = await tsload('--headless -t 1s', { files });
    expect(stderr).toMatch(/a listener awaits something that never comes/);
    expect(stderr).toMatch(/X +Idle/);
    expect(code).toBe(2);
  });

  test('listeners of the end of a test may quit the runner and wait for that', async () => {
    const quit = '({ environment }) => environment.runner.quit()';
    for (const event of ['testStopping', 'testStop', 'quitting']) {
      const { code, stderr } = await tsload('--headless -t 1s', { files: withListener(event, quit) });
      expect(stderr).toMatch(/X +Idle/);
      expect(code).toBe(0);
    }
  });
});
