import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeFor } from '../../../src/cli/exit.js';
import { parseSettings } from '../../../src/cli/options/settings.js';
import {
  checkSettings,
  chooseClasses,
  fixedCountNote,
  shapeWarnings,
  takenForTagsWarning,
} from '../../../src/cli/run/checks.js';
import { readUserConfigs } from '../../../src/cli/run/configUsers.js';
import { usersWarning, workersWarning } from '../../../src/cli/run/fileLimit.js';
import { formatRecord, Logging } from '../../../src/cli/run/logging.js';
import type { LoadedLocustfile } from '../../../src/locustfile/index.js';
import { getLogger, setLogLevel } from '../../../src/log.js';
import { User } from '../../../src/users/index.js';

async function settingsOf(line: string) {
  const words = line.split(' ').filter((word) => word !== '');
  return (await parseSettings({ words, variables: {}, cwd: tmpdir(), home: tmpdir() }, [])).settings;
}

class Shopper extends User {}
class Buyer extends User {
  static override fixedCount = 3;
}

function locustfileWith(...classes: (typeof User)[]): LoadedLocustfile {
  return {
    files: ['shop.ts'],
    userClasses: new Map(classes.map((each) => [each.name, each])),
    shapeClasses: new Map(),
    bundle: { path: '', sha256: '', inputs: [], external: [], base: '/' },
    dataFiles: [],
    [Symbol.asyncDispose]: async () => {},
  };
}

describe('rules between options', () => {
  test('[7] --csv-full-history without --csv ends with 2 and names both', async () => {
    const settings = await settingsOf('--csv-full-history');
    const thrown = caught(() => checkSettings(settings));
    expect(exitCodeFor(thrown)).toBe(2);
    expect(String(thrown)).toMatch(/--csv-full-history needs --csv/);
    checkSettings(await settingsOf('--csv-full-history --csv x'));
  });

  test.each([
    ['1.2', /must be between 0 and 1 but has 1.2/],
    ['0 .5', /must be between 0 and 1 but has 0/],
    ['1', /must be between 0 and 1 but has 1/],
    ['.1 .2 .3 .4 .5 .6 .7', /at most 6 values but has 7/],
  ])('[6] the chart percentiles %s end with 1 and say the range', async (values, message) => {
    const settings = await settingsOf(`--percentiles-to-chart ${values}`);
    const thrown = caught(() => checkSettings(settings));
    expect(exitCodeFor(thrown)).toBe(1);
    expect(String(thrown)).toMatch(message);
  });

  test('[28] a shape makes warnings of --users, --spawn-rate and --run-time, unless it uses them', async () => {
    const settings = await settingsOf('-u 3 -t 5s');
    expect(shapeWarnings(settings, false)).toEqual([
      expect.stringMatching(/load shape decides/),
      'the following options have no effect: --users, --run-time',
    ]);
    expect(shapeWarnings(settings, true)).toEqual([]);
    expect(shapeWarnings(await settingsOf(''), false)).toEqual([]);
  });

  test('the name of a class among the tags is worth a line', async () => {
    const settings = await settingsOf('--tags read Shopper');
    expect(takenForTagsWarning(settings, [Shopper, Buyer])).toMatch(/^Shopper is taken for a tag: .*before --tags/);
    expect(takenForTagsWarning(settings, [Buyer])).toBeUndefined();
    expect(takenForTagsWarning(await settingsOf('Shopper --tags read'), [Shopper])).toBeUndefined();
  });

  test('[22] fixed counts above --users are worth a line', () => {
    expect(fixedCountNote([Shopper, Buyer], 2)).toMatch(/add up to 3, more than the 2 users/);
    expect(fixedCountNote([Shopper, Buyer], 3)).toBeUndefined();
  });
});

describe('the classes to run', () => {
  test('are all, or those named', () => {
    const locustfile = locustfileWith(Shopper, Buyer);
    expect([...chooseClasses(locustfile, []).keys()]).toEqual(['Shopper', 'Buyer']);
    expect([...chooseClasses(locustfile, ['Buyer', 'Buyer']).keys()]).toEqual(['Buyer']);
  });

  test.each([
    [['Shoper'], /^LocustfileError: unknown user class Shoper: did you mean Shopper\?$/],
    [['X', 'Y', 'Buyer'], /^LocustfileError: unknown user classes X, Y: there are Shopper, Buyer$/],
  ])('%j is refused with 1', (names, message) => {
    const thrown = caught(() => chooseClasses(locustfileWith(Shopper, Buyer), names));
    expect(String(thrown)).toMatch(message);
    expect(exitCodeFor(thrown)).toBe(1);
  });

  test('a locustfile without any is refused with what to do', () => {
    expect(() => chooseClasses(locustfileWith(), [])).toThrow(/^no user class in shop.ts: export a class that extends/);
  });
});

describe('--config-users', () => {
  test('takes objects, arrays and files', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tsload-test-')), 'users.json');
    writeFileSync(file, '[{"user_class_name": "C", "weight": 2}]');
    expect(
      readUserConfigs(['{"user_class_name": "A", "fixed_count": 1}', '[{"userClassName": "B", "tasks": ["t"]}]', file]),
    ).toEqual([
      { userClass: 'A', values: { fixed_count: 1 } },
      { userClass: 'B', values: { tasks: ['t'] } },
      { userClass: 'C', values: { weight: 2 } },
    ]);
  });

  test.each([
    ['{', /is no valid JSON/],
    ['3', /must hold objects but has 3/],
    ['{"weight": 1}', /needs "user_class_name" in each object/],
    ['/none/users.json', /file \/none\/users.json cannot be read/],
  ])('refuses %j with 2', (value, message) => {
    const thrown = caught(() => readUserConfigs([value]));
    expect(String(thrown)).toMatch(message);
    expect(exitCodeFor(thrown)).toBe(2);
  });
});

describe('log lines', () => {
  test('have local time with milliseconds, host, level and logger', () => {
    const epochSeconds = new Date(2026, 0, 2, 3, 4, 5, 6).getTime() / 1000;
    const record = { level: 'WARNING', logger: 'tsload.main', message: 'text', epochSeconds } as const;
    expect(formatRecord(record, 'host')).toBe('[2026-01-02 03:04:05,006] host/WARNING/tsload.main: text');
  });

  test('that were logged before the options were known are written to the log file, but not those below its level', () => {
    const logfile = join(mkdtempSync(join(tmpdir(), 'tsload-test-')), 'x.log');
    const logging = new Logging();
    const log = getLogger('my.test');
    log.info('early');
    log.error('early error');
    logging.setUp({ loglevel: 'ERROR', logfile, skipLogSetup: false });
    log.info('late');
    log.error('late error');
    setLogLevel('INFO');
    logging.close();
    expect(readFileSync(logfile, 'utf8')).toMatch(
      /^\[[^\]]+\] \S+\/ERROR\/my.test: early error\n\[[^\]]+\] \S+\/ERROR\/my.test: late error\n$/,
    );
  });

  test('to a file that cannot be written stop the run before it starts', () => {
    const logging = new Logging();
    const thrown = caught(() => logging.setUp({ loglevel: 'INFO', logfile: '/none/x.log', skipLogSetup: false }));
    logging.close();
    expect(String(thrown)).toMatch(/log file \/none\/x.log cannot be written .*: check --logfile/);
    expect(exitCodeFor(thrown)).toBe(1);
  });
});

test('a limit of open files that is too low for the users is named, with what to do', () => {
  expect(usersWarning(1000, 1024)).toMatch(
    /^1000 users need a connection each, and the 1024 files .* are room for 896: .*ulimit -n.* requests will fail/,
  );
  expect(usersWarning(897, 1024)).toMatch(/897 users/);
  expect(usersWarning(896, 1024)).toBeUndefined();
  expect(usersWarning(48, 64)).toBeUndefined();
  expect(usersWarning(1_000_000, Number.POSITIVE_INFINITY)).toBeUndefined();
});

test('so is one that is too low for the workers that a master waits for', () => {
  expect(workersWarning(900, 1024)).toMatch(
    /^900 workers need .* 1024 files .* room for 896: .*ulimit -n.* not be let in/,
  );
  expect(workersWarning(896, 1024)).toBeUndefined();
});

function caught(act: () => void): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}
