import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownMark, removeLeftovers } from '../../../src/locustfile/leftovers.js';
import { folder } from './folder.js';

/** The mark of this process, as if it were that of another. */
const markOf = (change: { readonly space?: string; readonly pid?: number; readonly start?: number }) => {
  const [space, pid, start] = ownMark().split('-');
  return [change.space ?? space, change.pid ?? pid, change.start ?? start].join('-');
};

/** An id that no process has any more. */
const endedPid = () => spawnSync('true').pid;

test.skipIf(process.platform !== 'linux')(
  'what a killed process left in the temporary folder goes with the next run',
  () => {
    const place = folder();
    const made = (name: string) => {
      mkdirSync(join(place, name));
      writeFileSync(join(place, name, 'locustfile.mjs'), '');
      return join(place, name);
    };
    const gone = [made(`tsload-${markOf({ pid: endedPid() })}-a`), made(`tsload-${markOf({ start: 1 })}-b`)];
    const kept = [
      made(`tsload-${markOf({})}-living`),
      made(`tsload-${markOf({ space: '00000000', pid: endedPid() })}-of-another-container`),
      made('tsload-Xk3d9f'),
      made('other'),
    ];
    symlinkSync(kept[3] ?? '', join(place, `tsload-${markOf({ start: 1 })}-link`));
    removeLeftovers(place);
    expect(gone.filter(existsSync)).toEqual([]);
    expect(kept.filter(existsSync)).toEqual(kept);
    expect(existsSync(join(kept[3] ?? '', 'locustfile.mjs'))).toBe(true);
  },
);

test('a temporary folder that is not there is no reason to fail', () => {
  expect(() => removeLeftovers('/does/not/exist')).not.toThrow();
});
