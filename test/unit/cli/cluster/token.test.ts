import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { givenToken, makeToken } from '../../../../src/cli/cluster/token.js';
import { findToken, forgetTokens, keepToken, tokenPaths } from '../../../../src/cli/cluster/tokenFile.js';
import { parseSettings } from '../../../../src/cli/options/settings.js';
import { withoutTokens } from '../../../../src/cli/processTitle.js';

const folder = () => mkdtempSync(join(tmpdir(), 'tsload-test-'));

function file(text: string): string {
  const path = join(folder(), 'token');
  writeFileSync(path, text);
  return path;
}

async function tokenOf(line: string, variables: Readonly<Record<string, string>> = {}) {
  const words = line.split(' ').filter((word) => word !== '');
  const { settings } = await parseSettings({ words, variables, cwd: '/none', home: '/none' }, []);
  return givenToken(settings, variables);
}

describe('a token that is given', () => {
  test('--token ranks above --token-file, and that above TSLOAD_TOKEN', async () => {
    const variables = { TSLOAD_TOKEN: 'variable' };
    const path = file('from-a-file\nnot this line\n');
    expect(await tokenOf('', {})).toBeUndefined();
    expect(await tokenOf('', { TSLOAD_TOKEN: '' })).toBeUndefined();
    expect(await tokenOf('', variables)).toBe('variable');
    expect(await tokenOf(`--token-file ${path}`, variables)).toBe('from-a-file');
    expect(await tokenOf(`--token-file ${path} --token typed`, variables)).toBe('typed');
  });

  test.each([
    ['--token=', {}, /^--token must be between 1 and 1,000 visible/],
    ['', { TSLOAD_TOKEN: 'se cret' }, /^the token of TSLOAD_TOKEN must be/],
    [`--token-file ${file('sécret')}`, {}, /^the token of --token-file \S+ must be/],
    [`--token-file ${file('\n')}`, {}, /^the token of --token-file \S+ must be/],
    ['--token-file /none/x', {}, /^--token-file \/none\/x cannot be read: ENOENT/],
    [`--token=${'s'.repeat(1001)}`, {}, /^--token must be/],
  ])('%j %j is refused, and does not appear in the message', async (line, variables, message) => {
    const thrown: unknown = await tokenOf(line, variables).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'OptionError', message: expect.stringMatching(message) });
    expect(String(thrown)).not.toMatch(/se cret|sécret|ss/);
  });

  test('one that is made is long, new each time, and needs no quotes', () => {
    const tokens = new Set(Array.from({ length: 100 }, makeToken));
    expect(tokens.size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('the file of a made token', () => {
  const placesIn = (home: string, runtime = join(home, 'none')) =>
    tokenPaths({ host: '*', port: 5557 }, { XDG_RUNTIME_DIR: runtime }, home);

  test('is found by a worker with the same port, can be read by its user alone, and goes with the process', async () => {
    const home = folder();
    const path = await keepToken('abc', placesIn(home));
    expect(path).toBe(join(home, `.cache/tsload/master-${hostname()}-5557.token`));
    expect(statSync(path ?? '').mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(path ?? ''))).toHaveLength(1);
    expect(findToken(placesIn(home))).toBe('abc');
    expect(findToken(tokenPaths({ host: '*', port: 5558 }, {}, home))).toBeUndefined();
  });

  test('stands in the runtime folder of the session where there is one', async () => {
    const [home, runtime] = [folder(), folder()];
    expect(await keepToken('abc', placesIn(home, runtime))).toMatch(runtime);
    expect(existsSync(join(home, '.cache'))).toBe(false);
    expect(findToken(placesIn(home, runtime))).toBe('abc');
  });

  test('goes to the next place when the first takes no file', async () => {
    const [home, runtime] = [folder(), folder()];
    writeFileSync(join(runtime, 'tsload'), 'a file where the folder should be');
    expect(await keepToken('abc', placesIn(home, runtime))).toMatch(home);
    expect(findToken(placesIn(home, runtime))).toBe('abc');
    expect(await keepToken('abc', ['/proc/none/x.token'])).toBeUndefined();
  });

  test('has no place in a folder that is relative, as another process may be in another one', () => {
    const variables = { XDG_RUNTIME_DIR: '/none', XDG_CACHE_HOME: 'cache' };
    expect(tokenPaths({ host: '*', port: 5557 }, variables, '/home/me')).toEqual([]);
    expect(tokenPaths({ host: '*', port: 5557 }, { XDG_RUNTIME_DIR: '/none' }, '')).toEqual([]);
  });

  test('one that a killed master left is replaced', async () => {
    const paths = placesIn(folder());
    await keepToken('old', paths);
    expect(findToken(paths)).toBe('old');
    await keepToken('new', paths);
    expect(findToken(paths)).toBe('new');
    forgetTokens(paths);
    expect(findToken(paths)).toBeUndefined();
  });

  test('one that others can read is not believed, nor one that holds no token', () => {
    const [path = ''] = placesIn(folder());
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'abc\n1\n', { mode: 0o644 });
    expect(findToken([path])).toBeUndefined();
    chmodSync(path, 0o600);
    expect(findToken([path])).toBe('abc');
    writeFileSync(path, 'a b c\n');
    expect(findToken([path])).toBeUndefined();
  });
});

describe('the process list', () => {
  test.each([
    ['--master --token abc -u 3', '--master --token ******** -u 3'],
    ['--token=abc', '--token=********'],
    ['--tok abc', '--tok ********'],
    ['--to=a=b', '--to=********'],
    ['--token-file abc', '--token-file abc'],
    ['--tags abc --tls-ca x', '--tags abc --tls-ca x'],
    ['--token abc --token=def --token', '--token ******** --token=******** --token'],
  ])('%j is shown as %j', (words, shown) => {
    expect(withoutTokens(words.split(' ')).join(' ')).toBe(shown);
  });
});
