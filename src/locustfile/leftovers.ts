/**
 * Whose a temporary directory is, and whether that process still lives.
 *
 * A process id alone says nothing: it is used again, and means another process in another container that shares the folder. So the
 * mark in a name has when the machine was started, the space of process ids, the id in it, and when that process was started. Where the
 * system does not tell these (it is not Linux), there is no mark, and nothing is ever taken away.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const marked = /^tsload-([0-9a-f]{8})-(\d+)-(\d+)-/;

/** Of this process; ends with a dash, or is empty. */
export function ownMark(): string {
  const [space, start] = [ownSpace(), startOf(process.pid)];
  return space === undefined || start === undefined ? '' : `${space}-${process.pid}-${start}-`;
}

/** Removes directories of this user in this one whose process has ended. What cannot be removed stays. */
export function removeLeftovers(directory: string): void {
  const space = ownSpace();
  if (space === undefined) return;
  for (const name of namesIn(directory)) {
    const [, itsSpace, pid, start] = marked.exec(name) ?? [];
    if (itsSpace !== space || startOf(Number(pid)) === start) continue;
    removeOwn(join(directory, name));
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function removeOwn(path: string): void {
  try {
    if (lstatSync(path).uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
  } catch {
    // another process was faster, or may and we may not
  }
}

/** Which process ids can be compared with ours. */
function ownSpace(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    return createHash('sha256')
      .update(`${boot} ${readlinkSync('/proc/self/ns/pid')}`)
      .digest('hex')
      .slice(0, 8);
  } catch {
    return undefined;
  }
}

/** In ticks since the machine was started; undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]; // the name before may contain anything
  } catch {
    return undefined;
  }
}
