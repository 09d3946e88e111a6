/** A disk that is full under the journal of a master. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mostUsersAtOnce, underWaySince } from './hits.js';
import { command, newName } from './owned.js';
import { patiently, Scenario } from './scenario.js';
import { expectNothingLost, transcript } from './verdicts.js';

const failed =
  /ERROR\/tsload\.\w+: the journal disk\/journal cannot be written \(ENOSPC[^)]*\): the run goes on without it, and --resume could go on only from (\d\d:\d\d:\d\d)/;

/** A disk of a mebibyte in the master's folder, and what fills it. Unmounted when it is disposed of. */
class SmallDisk {
  private constructor(private readonly path: string) {}

  static async mount(cwd: string): Promise<SmallDisk> {
    const path = join(cwd, 'disk');
    mkdirSync(path);
    await command('mount', '-t', 'tmpfs', '-o', 'size=1m', newName(), path);
    return new SmallDisk(path);
  }

  fill(): void {
    for (let size = 1 << 20; size > 0; size >>= 1) {
      try {
        writeFileSync(join(this.path, `ballast${size}`), Buffer.alloc(size));
      } catch {
        // half of it may find room
      }
    }
  }

  empty(): void {
    for (let size = 1 << 20; size > 0; size >>= 1) rmSync(join(this.path, `ballast${size}`), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await command('umount', this.path);
  }
}

describe.skipIf(process.env['CHAOS_SKIP'])('while a test runs', { concurrent: true }, () => {
  test('the disk under the journal is full: the journal ends, which is said once, and nothing else is lost', async () => {
    using scenario = await Scenario.prepare({ master: '--journal disk/journal' });
    await using disk = await SmallDisk.mount(scenario.masterMachine.cwd);
    await scenario.start();
    await scenario.goesOn();
    disk.fill();
    await scenario.master.sees(failed);
    await scenario.goesOn(100);
    disk.empty();
    const ended = await scenario.end();
    expectNothingLost(ended);
    expect(ended.master.code).toBe(0);
    expect(ended.master.stderr.match(/the journal .* cannot be written/g)).toHaveLength(1);
  });

  test('the master is killed after that, and resumed: what it alone had is missing, and named for each worker', async () => {
    using scenario = await Scenario.prepare({ master: '--journal disk/journal', worker: patiently });
    await using disk = await SmallDisk.mount(scenario.masterMachine.cwd);
    await scenario.start();
    await scenario.goesOn();
    disk.fill();
    await scenario.master.sees(failed);
    const safe = failed.exec(scenario.master.stderr)?.[1] ?? '';
    await scenario.goesOn(100);
    scenario.master.signal('SIGKILL');
    const killedAt = Date.now() / 1000;
    await scenario.goesOn();
    disk.empty();
    await scenario.resume('disk/journal');
    await scenario.goesOn();
    const ended = await scenario.end();
    expect(ended.left, transcript(ended)).toEqual([]);
    expect(mostUsersAtOnce(ended.hits, 0.3)).toBeLessThanOrEqual(6);
    const ids = [0, 1, 2].map((index) => scenario.idOf(index));
    for (const id of ids) {
      expect(ended.master.stderr).toMatch(
        new RegExp(
          `reports \\d+ to \\d+ of worker ${id} are in no number: they came to a master that did not keep them`,
        ),
      );
      const since = secondsOf(safe, killedAt) - 1.2;
      const own = ended.hits.filter(({ worker }) => worker === id);
      const may = underWaySince(own, since).filter(({ at }) => at <= killedAt).length;
      expect(ended.missing[id], transcript(ended)).toBeGreaterThan(0);
      expect(ended.missing[id], transcript(ended)).toBeLessThanOrEqual(may);
    }
  });
});

/** The moment of the day before that one, in seconds since 1970. */
function secondsOf(time: string, before: number): number {
  const day = new Date(before * 1000).toISOString().slice(0, 10);
  const at = Date.parse(`${day}T${time}Z`) / 1000;
  return at > before ? at - 86_400 : at;
}
