import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CustomArguments } from '../../../src/cli/options/customArguments.js';
import { helpText } from '../../../src/cli/options/help.js';
import { optionList } from '../../../src/cli/options/optionTable.js';
import { parseSettings, preparse } from '../../../src/cli/options/settings.js';
import { variablesOf } from '../../../src/cli/options/variables.js';
import type { CustomArgument } from '../../../src/events/index.js';

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  /** Files in the working directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files in the home directory. */
  readonly home?: Readonly<Record<string, string>>;
  readonly custom?: Readonly<Record<string, CustomArgument>>;
}

function folder(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'tsload-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

const builtIn = optionList.map(([, spec]) => spec);

function customSpecs(custom: Readonly<Record<string, CustomArgument>> = {}) {
  const taken = new CustomArguments(builtIn);
  for (const [flags, options] of Object.entries(custom)) taken.addArgument(flags.split(' '), options);
  return taken.specs;
}

function sourcesOf(line: string, { env = {}, files, home }: Given) {
  const words = line.split(' ').filter((word) => word !== '');
  return { words, variables: env, cwd: folder(files), home: folder(home) };
}

const parse = (line: string, given: Given = {}) => parseSettings(sourcesOf(line, given), customSpecs(given.custom));
const settingsOf = async (line: string, given: Given = {}) => (await parse(line, given)).settings;

describe('the command line', () => {
  test.each([
    ['-t10m', { runTime: 600 }],
    ['-t 1m', { runTime: 60 }],
    ['--run 5m', { runTime: 300 }],
    ['--run-time=5m', { runTime: 300 }],
    ['--user 3', { numUsers: 3 }],
    ['-u 0', { numUsers: 0 }],
    ['-u 1 -u 2', { numUsers: 2 }],
    ['-r .5', { spawnRate: 0.5 }],
    ['--skip-log', { skipLogSetup: true }],
    ['-Hhttp://x:1/', { host: 'http://x:1/' }],
    ['--host=', { host: '' }],
    ['--headless=no', { headless: false }],
    ['-L debug', { loglevel: 'DEBUG' }],
    ['-f a.ts -f b.ts,c.ts', { locustfile: ['a.ts', 'b.ts,c.ts'] }],
    ['-T a b -E c', { tags: ['a', 'b'], excludeTags: ['c'] }],
    ['-T', { tags: [] }],
    ['-s 3', { stopTimeout: 3 }],
    ['-lV', { list: true, version: true }],
    ['--iterations 10/user', { iterations: { kind: 'perUser', count: 10 } }],
    ['--iterations 10', { iterations: { kind: 'total', count: 10 } }],
    [
      '',
      { numUsers: undefined, headless: false, exitCodeOnError: 1, stopTimeout: 0, maxNames: 10_000, loglevel: 'INFO' },
    ],
  ])('%j is understood', async (line, expected) => {
    expect(await settingsOf(line)).toMatchObject(expected);
  });

  test.each([
    ['-u 5 A B', ['A', 'B']],
    ['A B -u 5', ['A', 'B']],
    ['--tags x -- A B', ['A', 'B']],
    ['--tags x y', []],
    ['--tags=x y', ['y']],
    ['A -- --strange', ['A', '--strange']],
    ['--headless A', ['A']],
    ['-l A B', ['A', 'B']],
    ['--tags -- A', ['A']],
  ])('%j names the user classes %j', async (line, expected) => {
    expect((await parse(line)).userClasses).toEqual(expected);
  });

  test.each([
    ['--stop-timeout asdf1', /--stop-timeout must be a time span .* but is "asdf1"/],
    ['-t 1h30', /--run-time must be a time span .* but is "1h30"/],
    ['-r 0', /--spawn-rate must be a number above 0 but is "0"/],
    ['-r fast', /--spawn-rate must be a number above 0 but is "fast"/],
    ['-u 1.5', /--users must be a whole number .* but is "1.5"/],
    ['-u -1', /--users must be a whole number of at least 0 but is "-1"/],
    ['-u', /--users needs a value/],
    ['-L LOUD', /--loglevel must be one of .* but is "LOUD"/],
    ['--headless=maybe', /--headless must be true or false but is "maybe"/],
    ['--exit-code-on-error 256', /from 0 to 255/],
    ['--iterations 0', /--iterations must be/],
    ['--s 1', /--s could be any of --spawn-rate, /],
    ['A -u 3 B', /user class B stands apart/],
    ['-x', /there is no option -x/],
    ['--csv=', /--csv must be a file name but is ""/],
  ])('%j is refused', async (line, message) => {
    await expect(settingsOf(line)).rejects.toThrow(message);
  });

  test('[51] an unknown option is refused, with the nearest known one on a second line', async () => {
    await expect(settingsOf('--hots x')).rejects.toThrow(/^there is no option --hots\ndid you mean --host\?$/);
    await expect(settingsOf('--run-tiem 5')).rejects.toThrow(/did you mean --run-time\?$/);
    await expect(settingsOf('--xyzzy')).rejects.toThrow(/^there is no option --xyzzy\nsee tsload --help$/);
  });

  test.each(['--web-host x', '-P 8080', '--html x.html', '--otel', '--autostart', '--autoquit 3', '--class-picker'])(
    '%j, an option of later work, is refused with a sentence',
    async (line) => {
      await expect(settingsOf(line)).rejects.toThrow(/^--[a-z-]+ .* this version of tsload (does not have|cannot do) /);
    },
  );

  test.each([
    ['--web-auth a:b', /^--web-auth was replaced by --web-login/],
    ['--legacy-ui', /^--legacy-ui was removed from Locust/],
    ['--slave', /^--slave was removed from Locust: write --worker$/],
    ['--expect-slaves 2', /^--expect-slaves was removed from Locust: write --expect-workers$/],
  ])('%j, which Locust has removed, is refused with what came instead', async (line, message) => {
    await expect(settingsOf(line)).rejects.toThrow(message);
  });

  test('a token is in no message and not among the options that a locustfile sees', async () => {
    const { settings, parsedOptions } = await parse('--token sesame');
    expect(settings.token).toBe('sesame');
    expect(JSON.stringify(parsedOptions)).not.toContain('sesame');
    await expect(settingsOf('--token=sésame')).rejects.toThrow(/^--token must be between 1 and 1,000 [^"]*$/);
  });

  test('a later option that a shared configuration file switches off is let pass', async () => {
    expect(await settingsOf('', { files: { 'tsload.conf': 'autostart = false\nusers = 2' } })).toMatchObject({
      numUsers: 2,
    });
  });
});

describe('the environment', () => {
  test('[49] options come from the environment, user classes included', async () => {
    const env = {
      TSLOAD_USERS: '10',
      TSLOAD_SPAWN_RATE: '2.5',
      TSLOAD_RUN_TIME: '1m',
      TSLOAD_HOST: 'http://x',
      TSLOAD_HEADLESS: 'on',
      TSLOAD_TAGS: '[a, "b c"]',
      TSLOAD_EXCLUDE_TAGS: 'd e',
      TSLOAD_CSV: 'out/x',
      TSLOAD_RESET_STATS: '0',
      TSLOAD_LOGLEVEL: 'warning',
      TSLOAD_LOCUSTFILE: 'a.ts,b.ts',
      TSLOAD_USER_CLASSES: 'A  B',
      TSLOAD_CONFIG_USERS: '{"user_class_name":"A"}',
    };
    const { settings, userClasses } = await parse('', { env });
    expect(settings).toMatchObject({
      numUsers: 10,
      spawnRate: 2.5,
      runTime: 60,
      host: 'http://x',
      headless: true,
      tags: ['a', 'b c'],
      excludeTags: ['d e'],
      csvPrefix: 'out/x',
      resetStats: false,
      loglevel: 'WARNING',
      locustfile: ['a.ts,b.ts'],
      configUsers: ['{"user_class_name":"A"}'],
    });
    expect(userClasses).toEqual(['A', 'B']);
  });

  /** A value that is not the default, for each type of the table. */
  const otherValues: Readonly<Record<string, string>> = {
    flag: 'true',
    text: 'x',
    file: 'x',
    number: '0.5',
    'whole number': '7',
    'time span': '9s',
    'all, ok, failed': 'ok',
    'tsload, locust': 'locust',
    'DEBUG, INFO, WARNING, ERROR, CRITICAL': 'error',
    'whole number, or whole number/user': '5',
  };
  const withVariables = optionList.flatMap(([key, spec]) =>
    spec.refusal === undefined ? variablesOf(spec).map((variable) => [variable, key, spec] as const) : [],
  );

  test.each(withVariables)('[49] %s sets %s', async (variable, key, spec) => {
    const value = otherValues[spec.type.replace('list of ', '')] ?? '';
    const settings: Readonly<Record<string, unknown>> = await settingsOf('', { env: { [variable]: value } });
    expect(settings[key]).not.toEqual(spec.initial);
    expect(settings[key]).toEqual(spec.read([value], ''));
  });

  test('names of Locust are a fallback, and ours win', async () => {
    const env = {
      LOCUST_USERS: '1',
      LOCUST_HOST: 'http://theirs',
      TSLOAD_HOST: 'http://ours',
      LOCUST_USER_CLASSES: 'A',
    };
    const { settings, userClasses } = await parse('', { env });
    expect(settings).toMatchObject({ numUsers: 1, host: 'http://ours' });
    expect(userClasses).toEqual(['A']);
  });

  test('classes on the command line win over those of the environment', async () => {
    expect((await parse('B', { env: { TSLOAD_USER_CLASSES: 'A' } })).userClasses).toEqual(['B']);
  });

  test('a wrong value is named with its variable', async () => {
    await expect(settingsOf('', { env: { LOCUST_RUN_TIME: '5d' } })).rejects.toThrow(
      /^LOCUST_RUN_TIME must be .* but is "5d"/,
    );
    await expect(settingsOf('', { env: { LOCUST_HTML: 'x' } })).rejects.toThrow(/^LOCUST_HTML writes an HTML report/);
  });
});

describe('configuration files', () => {
  test('[47] conf and TOML give lists, flags and values, and the command line adds to them', async () => {
    const conf = 'host = http://conf\nusers = 7\nheadless\ntags = [a, "b c"]\n';
    const toml = '[tool.other]\nusers = 1\n[tool.locust]\nusers = 7\nheadless = true\ntags = ["a", "b c"]\n';
    for (const [file, text] of [
      ['x.conf', conf],
      ['x.toml', toml],
    ] as const) {
      const settings = await settingsOf(`--config ${file} -H http://typed`, { files: { [file]: text } });
      expect(settings, file).toMatchObject({ numUsers: 7, headless: true, tags: ['a', 'b c'], host: 'http://typed' });
    }
  });

  test('[48] two lines of conf are not taken for TOML', async () => {
    const settings = await settingsOf('--config x.conf', { files: { 'x.conf': 'users 3\nrun-time 1m' } });
    expect(settings).toMatchObject({ numUsers: 3, runTime: 60 });
  });

  test('a TOML file without a section of ours sets nothing, and tool.tsload ranks above tool.locust', async () => {
    expect(await settingsOf('--config x.toml', { files: { 'x.toml': '[tool.x]\nusers = 3' } })).toMatchObject({
      numUsers: undefined,
    });
    const both = '[tool.tsload]\nusers = 2\n[tool.locust]\nusers = 3\nspawn-rate = 4';
    expect(await settingsOf('--config x.toml', { files: { 'x.toml': both } })).toMatchObject({
      numUsers: 2,
      spawnRate: 4,
    });
  });

  test('[53] conf takes =, :, a blank, the short form, dashes, a bare flag and comments; the command line wins', async () => {
    const conf = [
      '# a comment',
      '; another',
      '[section]',
      '---',
      'users = 1',
      'u 100',
      'spawn-rate: 3 # users a second',
      '--run-time 2m',
      'only-summary',
      'host = "http://quoted"',
    ].join('\n');
    const given = { files: { 'tsload.conf': conf } };
    expect(await settingsOf('', given)).toMatchObject({
      numUsers: 100,
      spawnRate: 3,
      runTime: 120,
      onlySummary: true,
      host: 'http://quoted',
    });
    expect(await settingsOf('-u 5', given)).toMatchObject({ numUsers: 5, spawnRate: 3 });
  });

  test.each([
    ['headless # yes', /tsload.conf:1 is no setting/],
    ['= 3', /tsload.conf:1 is no setting/],
    ['users = many', /^users in tsload.conf:1 must be .* but is "many"/],
    ['users', /^users in tsload.conf:1 has no value/],
    ['\nbogus = 1', /^there is no option --bogus \(in tsload.conf:2\)/],
  ])('%j is refused with its place', async (conf, message) => {
    await expect(settingsOf('', { files: { 'tsload.conf': conf } })).rejects.toThrow(message);
  });

  test('sources rank: home, folder, package.json, --config, environment, command line', async () => {
    const all: Given = {
      home: { '.tsload.conf': 'users=1\nspawn-rate=1\nrun-time=1\nhost=1\ncsv=1\nlogfile=1' },
      files: {
        'tsload.conf': 'spawn-rate=2\nrun-time=2\nhost=2\ncsv=2\nlogfile=2',
        'package.json': JSON.stringify({ name: 'x', tsload: { runTime: 3, host: '3', csv: '3', logfile: '3' } }),
        'named.conf': 'host=4\ncsv=4\nlogfile=4',
      },
      env: { TSLOAD_CSV: '5', TSLOAD_LOGFILE: '5' },
    };
    expect(await settingsOf('--config named.conf --logfile 6', all)).toMatchObject({
      numUsers: 1,
      spawnRate: 2,
      runTime: 3,
      host: '4',
      csvPrefix: '5',
      logfile: '6',
    });
  });

  test.each([
    ['--config none.conf', {}, /none.conf does not exist/],
    ['--config x.toml', { 'x.toml': 'users = = 3' }, /x.toml is no valid TOML/],
    ['', { 'package.json': '{' }, /package.json is no valid JSON/],
    ['', { 'package.json': '{"tsload": 3}' }, /package.json#tsload must be an object of options but is 3/],
    [
      '',
      { 'package.json': '{"tsload": {"userz": 3}}' },
      /there is no option --userz \(in package.json#tsload\)\ndid you mean --users\?/,
    ],
  ])('%j with %j is refused', async (line, files, message) => {
    await expect(settingsOf(line, { files })).rejects.toThrow(message);
  });
});

describe('custom options', () => {
  const custom = {
    '--color': { default: 'red', choices: ['red', 'blue'], help: 'a color', envVar: 'COLOR' },
    '--size -z': { default: 3 },
    '--ratio': { type: 'float' },
    '--dry-run': { default: false },
    '--names': { isMultiple: true },
    '--api-key': { default: 'topsecret', isSecret: true },
  } satisfies Record<string, CustomArgument>;

  test('values come from the command line, their own variable and configuration files, typed', async () => {
    const given = { custom, env: { COLOR: 'blue' }, files: { 'tsload.conf': 'ratio = 0.5' } };
    const { custom: values, parsedOptions } = await parse('-z 7 --dry-run --names a b', given);
    expect(values).toEqual({
      color: 'blue',
      size: 7,
      ratio: 0.5,
      dryRun: true,
      names: ['a', 'b'],
      apiKey: 'topsecret',
    });
    expect(parsedOptions).toMatchObject({ ...values, exitCodeOnError: 1 });
  });

  test('defaults hold when nothing is given', async () => {
    const { custom: values } = await parse('', { custom });
    expect(values).toEqual({ color: 'red', size: 3, ratio: undefined, dryRun: false, names: [], apiKey: 'topsecret' });
  });

  test.each([
    ['--color green', /--color must be one of red, blue but is "green"/],
    ['--size big', /--size must be a whole number but is "big"/],
    ['--colro red', /did you mean --color\?/],
  ])('%j is refused', async (line, message) => {
    await expect(parse(line, { custom })).rejects.toThrow(message);
  });

  test('a name that is taken, or that is no option, is refused when it is added', () => {
    expect(() => customSpecs({ '--users': {} })).toThrow(
      /custom argument --users is taken: --users is an option already/,
    );
    expect(() => customSpecs({ '-u': {} })).toThrow(/custom argument -u is taken: --users is an option already/);
    expect(() => customSpecs({ color: {} })).toThrow(/must look like --my-argument/);
  });

  test('before the locustfile is loaded, options that it will add are skipped', async () => {
    const early = await preparse(
      sourcesOf('U --expect x -f a.ts --color blue -u 3', { files: { 'tsload.conf': 'color = red' } }),
    );
    expect(early).toMatchObject({
      settings: { locustfile: ['a.ts'], worker: false },
      wantsHelp: false,
      wantsVersion: false,
    });
  });

  test('[52] help lists custom options with their defaults, and masks the default of a secret', async () => {
    const help = await helpText([...builtIn, ...customSpecs(custom)], 100);
    expect(help).toMatch(/Custom options:/);
    expect(help).toMatch(/--color <red\|blue> +a color \(COLOR\).*\[default: red\]/s);
    expect(help).toContain('[default: ********]');
    expect(help).not.toContain('topsecret');
    const [secret] = customSpecs({ '--key': { isSecret: true, isRequired: true, includeInWebUi: false } });
    expect(secret).toMatchObject({ isSecret: true, isRequired: true, includeInWebUi: false });
  });
});

test('help shows the usage first, then every group and every option that is not refused', async () => {
  const help = await helpText(builtIn, 100);
  expect(help).toMatch(/^Usage: tsload \[options\] \[UserClass \.\.\.\]/);
  for (const group of new Set(builtIn.filter((spec) => spec.isHidden !== true).map((spec) => spec.group))) {
    expect(help).toContain(`${group}:`);
  }
  for (const spec of builtIn) expect(help.includes(`--${spec.name} `), spec.name).toBe(spec.isHidden !== true);
});

test('a worker that tsload has started takes options about master and workers from its words alone, others from everywhere', async () => {
  const given: Given = {
    env: { TSLOAD_TLS_CERT: 'c.pem', LOCUST_TLS_KEY: 'k.pem', TSLOAD_PROTOCOL: 'locust', TSLOAD_LOGLEVEL: 'DEBUG' },
    files: { 'tsload.conf': 'tls-ca = ca.pem\nmaster-grace = 5', 'package.json': '{"tsload":{"tokenFile":"t"}}' },
    home: { '.tsload.conf': 'master\nspawn = local\nlogfile = l' },
  };
  const words = '--worker --supervised --master-host m --master-port 7';
  const expected = {
    ...{ worker: true, supervised: true, masterHost: 'm', masterPort: 7, loglevel: 'DEBUG', logfile: 'l' },
    ...{ tlsCert: undefined, tlsKey: undefined, tlsCa: undefined, tokenFile: undefined, protocol: 'tsload' },
    ...{ masterGrace: 60, master: false, spawn: [] },
  };
  expect(await settingsOf(words, given)).toMatchObject(expected);
  expect((await preparse(sourcesOf(words, given))).settings).toMatchObject(expected);
  expect(await settingsOf('--worker', given)).toMatchObject({ tlsCert: 'c.pem', tlsCa: 'ca.pem', protocol: 'locust' });
});

test('that tsload has started a worker is said in its words alone: in a file that is an unknown option, and no variable says it', async () => {
  const variables = { env: { TSLOAD_SUPERVISED: 'true', LOCUST_SUPERVISED: 'true' } };
  expect((await settingsOf('--worker', variables)).supervised).toBe(false);
  const files: Given[] = [
    { files: { 'tsload.conf': 'supervised = true' } },
    { files: { 'package.json': '{"tsload":{"supervised":true}}' } },
    { home: { '.tsload.conf': 'supervised' } },
  ];
  for (const given of files) {
    expect((await preparse(sourcesOf('--worker', given))).settings.supervised).toBe(false);
    await expect(settingsOf('--worker', given)).rejects.toThrow(/supervised.* \(in /);
  }
});
