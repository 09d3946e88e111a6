import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/locustfile/packageBytes.js';
import { install, prune, userCache } from '../../../src/locustfile/packageCache.js';
import type { PackedFile } from '../../../src/locustfile/packageFormat.js';
import { folder } from './folder.js';

const file = (path: string, text: string): PackedFile => {
  const bytes = Buffer.from(text);
  return { path, sha256: sha256(bytes), bytes };
};
const files = [file('bundle/locustfile.mjs', 'code'), file('files/shop/a.csv', 'a'), file('files/b.csv', 'b')];
const isInstalled = (place: string) =>
  files.every(({ path, bytes }) => Buffer.from(bytes).equals(readFileSync(join(place, path))));
const day = 24 * 3_600_000;
const name = 'c'.repeat(64);

/** An installed package that was last used so many days ago. */
async function packageOf(days: number): Promise<{ readonly cache: string; readonly place: string }> {
  const cache = folder();
  const place = join(cache, name);
  await install(files, place);
  const then = new Date(Date.now() - days * day);
  utimesSync(place, then, then);
  return { cache, place };
}

describe('a package in the cache', () => {
  test('is for its user alone, and has nothing left over', async () => {
    const { place } = await packageOf(0);
    expect(isInstalled(place)).toBe(true);
    expect(statSync(place).mode & 0o777).toBe(0o700);
    expect(statSync(join(place, 'files/b.csv')).mode & 0o777).toBe(0o600);
    expect(readdirSync(place).sort()).toEqual(['bundle', 'files', 'files.json']);
  });

  test('that is whole is left alone', async () => {
    const { place } = await packageOf(0);
    const before = statSync(join(place, 'files/b.csv')).ino;
    await install(files, place);
    expect(statSync(join(place, 'files/b.csv')).ino).toBe(before);
  });

  test.each<[string, (place: string) => void | Promise<void>]>([
    ['other code', (place) => writeFileSync(join(place, 'bundle/locustfile.mjs'), 'evil')],
    ['code of another length', (place) => writeFileSync(join(place, 'bundle/locustfile.mjs'), '')],
    ['no code', (place) => rm(join(place, 'bundle/locustfile.mjs'))],
    ['no data', (place) => rm(join(place, 'files'), { recursive: true })],
    [
      'a file for a folder',
      (place) => rm(join(place, 'files'), { recursive: true }).then(() => writeFileSync(join(place, 'files'), '')),
    ],
    [
      'a folder for a file',
      (place) =>
        rm(join(place, 'files/b.csv')).then(() => mkdirSync(join(place, 'files/b.csv/x'), { recursive: true })),
    ],
    [
      'a link that leads nowhere',
      (place) => rm(join(place, 'files/b.csv')).then(() => symlinkSync('/nowhere/x', join(place, 'files/b.csv'))),
    ],
  ])('with %s in it is made whole', async (_, spoil) => {
    const { place } = await packageOf(0);
    await spoil(place);
    await install(files, place);
    expect(isInstalled(place)).toBe(true);
  });

  test('a folder that is a link to elsewhere is not written through', async () => {
    const { place } = await packageOf(0);
    const elsewhere = folder();
    await rm(join(place, 'files'), { recursive: true });
    symlinkSync(elsewhere, join(place, 'files'));
    await install(files, place);
    expect(isInstalled(place)).toBe(true);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('many that write it at once disturb nobody', async () => {
    const place = join(folder(), name);
    await Promise.all(Array.from({ length: 20 }, () => install(files, place)));
    expect(isInstalled(place)).toBe(true);
    expect(readdirSync(place).sort()).toEqual(['bundle', 'files', 'files.json']);
  });
});

describe('packages that are not used', () => {
  test('are removed after a month, not before', async () => {
    const old = await packageOf(31);
    await prune(old.cache);
    expect(readdirSync(old.cache)).toEqual([]);
    const younger = await packageOf(29);
    await prune(younger.cache);
    expect(isInstalled(younger.place)).toBe(true);
  });

  test('what a user has written beside their files stays', async () => {
    const { cache, place } = await packageOf(0);
    writeFileSync(join(place, 'files/shop/results.csv'), 'mine');
    utimesSync(place, 0, 0);
    await prune(cache);
    expect(readFileSync(join(place, 'files/shop/results.csv'), 'utf8')).toBe('mine');
    expect(existsSync(join(place, 'bundle'))).toBe(false);
    expect(readdirSync(join(place, 'files'))).toEqual(['shop']);
  });

  test('use keeps them', async () => {
    const { cache, place } = await packageOf(31);
    await install(files, place);
    await prune(cache);
    expect(isInstalled(place)).toBe(true);
  });

  test('neither other folders nor a list that leads out of one is followed', async () => {
    const cache = folder({
      'mine/x': '',
      [`${name}/files.json`]: '["../mine/x"]',
      [`${'d'.repeat(64)}/files.json`]: '{',
    });
    for (const each of readdirSync(cache)) utimesSync(join(cache, each), 0, 0);
    await prune(cache);
    expect(existsSync(join(cache, 'mine/x'))).toBe(true);
  });

  test('a cache that is not there is no fault', async () => {
    await prune('/nowhere/at/all');
  });
});

describe('the cache of a user', () => {
  test.each([
    [{ XDG_CACHE_HOME: '/c' }, '/c/tsload/locustfiles'],
    [{ XDG_CACHE_HOME: 'relative' }, `${process.env['HOME']}/.cache/tsload/locustfiles`],
    [{}, `${process.env['HOME']}/.cache/tsload/locustfiles`],
  ])('for %j is %s', (variables, expected) => {
    expect(userCache(variables)).toBe(expected);
  });
});
