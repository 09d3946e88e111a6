/** What happens before users are started: help, version, mistakes, lists. */
import { describe, expect, test } from 'vitest';
import { folder, idleUsers, tsload } from './tsload.js';

const shop = { 'locustfile.ts': idleUsers('Shopper', 'Buyer') };

describe.concurrent('before a run', () => {
  test('[1] --help shows the usage first, then the groups of options, and ends with 0', async () => {
    const { code, stdout, stderr } = await tsload('--help');
    expect(stdout).toMatch(/^Usage: tsload \[options\] \[UserClass \.\.\.\]/);
    for (const group of ['Common', 'Tag', 'Request statistics', 'Logging', 'Other'])
      expect(stdout).toContain(`${group} options:`);
    expect(stdout).toMatch(/^ {2}-f, --locustfile <filename> {2,}\S/m);
    expect([code, stderr]).toEqual([0, '']);
  });

  test('--help shows the options that the locustfile adds', async () => {
    const locustfile = `import { events, User } from 'tsload';
      events.initCommandLineParser.addListener(({ parser }) => parser.addArgument('--color', { help: 'paint it', default: 'red' }));
      export class U extends User {}`;
    const { code, stdout } = await tsload('-h -f colors.ts', { files: { 'colors.ts': locustfile } });
    expect(stdout).toMatch(/Custom options:\s+--color <color> +paint it.*\[default: red\]/s);
    expect(code).toBe(0);
  });

  test.each(['--version', '-V', '-V --headless', '-lV'])('[2] %s prints one line and ends with 0', async (line) => {
    const { code, stdout, stderr } = await tsload(line);
    expect(stdout).toMatch(/^tsload \d+\.\d+\.\d+\S* from \S+ \(Node v\d+\.\d+\.\d+\)\n$/);
    expect([code, stderr]).toEqual([0, '']);
  });

  test('--list prints the names of the user classes and ends with 0', async () => {
    const { code, stdout } = await tsload('--list', { files: shop });
    expect([code, stdout]).toEqual([0, 'Available Users:\n    Buyer\n    Shopper\n']);
  });

  test('--show-task-ratio and its JSON print shares and end with 0', async () => {
    const cwd = folder(shop);
    const text = await tsload('--show-task-ratio', { cwd });
    expect(text.stdout).toMatch(/Task ratio per User class\n-{80}\n\s+50.0\s+Buyer\n\s+100.0\s+tick/);
    const { code, stdout } = await tsload('--show-task-ratio-json -u 4', { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ per_class: { Buyer: { ratio: 0.5, tasks: { tick: { ratio: 1 } } } } });
    expect(code).toBe(0);
  });
});

describe.concurrent('a mistake is told in one line', () => {
  const throwing = `import { User } from 'tsload'; export class U extends User {}\nthrow new Error('boom');`;
  const http = {
    'locustfile.ts': `import { GrpcUser, HttpUser } from 'tsload';
      export class H extends HttpUser {} export class B extends HttpUser { static host = 'ftp://x'; } export class G extends GrpcUser {}`,
  };
  const shape = `import { LoadTestShape } from 'tsload'; export class S extends LoadTestShape { tick() { return null; } }`;
  test.each([
    ['no locustfile', '', {}, 1, /^tsload: error: no locustfile.ts .* -f FILE, or .* tsload init\n$/],
    ['a missing one', '-f none.ts', {}, 1, /^tsload: error: locustfile \S+none.ts does not exist: check -f none.ts\n$/],
    [
      'one that awaits what never comes',
      '--headless',
      { 'locustfile.ts': `${idleUsers('U')}; await new Promise(() => {});` },
      1,
      /error: the locustfile awaits something that never comes/,
    ],
    [
      'a shape without tick',
      '--headless',
      {
        'locustfile.ts': `${idleUsers('U')}; import { LoadTestShape } from 'tsload'; export class S extends LoadTestShape {}`,
      },
      1,
      /error: load shape S has no method tick/,
    ],
    [
      'a broken one',
      '',
      { 'locustfile.ts': 'export const x = ;' },
      1,
      /^tsload: error: the locustfile cannot be built: locustfile.ts:1:18: Unexpected ";"\n {4}export const x = ;\n$/,
    ],
    [
      'a failing import',
      '',
      { 'locustfile.ts': 'import "left-pad-none"' },
      1,
      /locustfile.ts:1:8: Could not resolve "left-pad-none"/,
    ],
    [
      'one that throws',
      '',
      { 'locustfile.ts': throwing },
      1,
      /^tsload: error: locustfile.ts:2:7 threw while it was loaded: boom\n$/,
    ],
    [
      'one without a user class',
      '',
      { 'locustfile.ts': 'export {};' },
      1,
      /error: no user class in \S+locustfile.ts: export a class/,
    ],
    ['an unknown class', 'Shoper', shop, 1, /error: unknown user class Shoper: did you mean Shopper\?/],
    ['an unknown option', '--hots x', shop, 2, /^tsload: error: there is no option --hots\ndid you mean --host\?\n$/],
    [
      '[11] a bad time span',
      '--stop-timeout asdf1',
      shop,
      2,
      /^tsload: error: --stop-timeout must be a time span .* "asdf1"/,
    ],
    ['[7] full history without CSV', '--csv-full-history', shop, 2, /--csv-full-history needs --csv/],
    ['[6] a chart percentile of 1.2', '--percentiles-to-chart 1.2', shop, 1, /must be between 0 and 1 but has 1.2/],
    ['an unreadable config', '--config none.conf', shop, 2, /configuration file \S+none.conf does not exist/],
    ['an option of later work', '--html x', shop, 2, /^tsload: error: --html writes an HTML report/],
    ['a master that is a worker', '--master --worker', shop, 255, /^tsload: error: --master and --worker exclude/],
    [
      'an output that cannot be written',
      '--headless --csv locustfile.ts/x',
      shop,
      1,
      /locustfile.ts\/x_stats.csv cannot be written/,
    ],
    [
      'a log file that cannot be written',
      '--headless --logfile /proc/none/x',
      shop,
      1,
      /log file \/proc\/none\/x cannot be written/,
    ],
    [
      '--config-users with an unknown class',
      '--config-users {"user_class_name":"X"}',
      shop,
      255,
      /--config-users names the class X, but there are Buyer, Shopper/,
    ],
    ['--config-users with bad JSON', '--config-users {', shop, 2, /--config-users { is no valid JSON/],
    [
      '[26] one class name in two files',
      '-f a.ts,b.ts',
      { 'a.ts': idleUsers('A'), 'b.ts': idleUsers('A') },
      1,
      /user class A is defined in \S+a.ts and in \S+b.ts/,
    ],
    [
      '[27] one shape name in two files',
      '-f a.ts,b.ts',
      { 'a.ts': shape, 'b.ts': shape },
      1,
      /load shape S is defined in/,
    ],
    [
      'a bad --host',
      '--headless -H shop.example H',
      http,
      2,
      /^tsload: error: the host of H is "shop.example", which is no http:/,
    ],
    [
      'a bad host of a class',
      '--headless B',
      http,
      2,
      /^tsload: error: the host of B is "ftp:\/\/x", which is no http:/,
    ],
    [
      'a bad host for gRPC',
      '--headless -H ftp://x G',
      http,
      2,
      /^tsload: error: the host of G is "ftp:\/\/x", which has a scheme/,
    ],
    ['an argument of init', 'init --what', {}, 2, /tsload init has no option --what/],
  ])('%s', async (_, line, files, expected, message) => {
    const { code, stdout, stderr } = await tsload(line, { files });
    expect(stderr.replace(/^\[[^\n]*\n/, '')).toMatch(message);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
