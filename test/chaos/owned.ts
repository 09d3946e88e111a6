/**
 * What the suite makes outside its own memory (namespaces, mounts, folders) carries the process id and start time of the run that
 * made it in its name. So a run can tell what another one that was killed has left behind, and takes it away.
 */
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const prefix = 'tsload-chaos';
const ownName = new RegExp(`^${prefix}-(\\d+)-(\\d+)-`);

/** Runs a command. Returns its output, and throws what it says on standard error. */
export async function command(program: string, ...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, words, { timeout: 30_000 })).stdout;
}

/** What the names of this process's things begin with; workers of the suite inherit it. */
export function ownerOf(pid: number): string {
  return `${prefix}-${pid}-${startOf(pid)}`;
}

export function newName(): string {
  return `${process.env['CHAOS_OWNER'] ?? ownerOf(process.pid)}-${randomBytes(3).toString('hex')}`;
}

/** Ends the processes in these namespaces, then the namespaces themselves, and with them every interface in them. */
export function removeNamespaces(names: readonly string[]): void {
  for (const name of names) {
    for (const pid of pidsIn(name)) kill(pid);
    run('ip', 'netns', 'del', name);
  }
}

export function pidsIn(namespace: string): readonly number[] {
  return run('ip', 'netns', 'pids', namespace).split('\n').filter(Boolean).map(Number);
}

/** Namespaces, mounts and folders whose owner is the given one. */
export function thingsOf(isOfInterest: (owner: Owner) => boolean) {
  const isOne = (name: string) => {
    const [, pid, start] = ownName.exec(name) ?? [];
    return pid !== undefined && start !== undefined && isOfInterest({ pid: Number(pid), start });
  };
  const namespaces = run('ip', 'netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter(isOne);
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter(isOne)
    .map((line) => line.split(' ')[1] ?? '');
  const folders = readdirSync(tmpdir())
    .filter(isOne)
    .map((name) => join(tmpdir(), name));
  return { namespaces, mounts, folders };
}

interface Owner {
  readonly pid: number;
  readonly start: string;
}

export function isDead({ pid, start }: Owner): boolean {
  return startOf(pid) !== start;
}

/** Takes away what these owners have left. */
export function removeThingsOf(isOfInterest: (owner: Owner) => boolean): void {
  const { namespaces, mounts, folders } = thingsOf(isOfInterest);
  removeNamespaces(namespaces);
  for (const mount of mounts) run('umount', mount);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** When a process was started, in ticks since the machine was; empty when there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

/** What it says; nothing when it fails, as for something that is gone already. */
function run(program: string, ...words: readonly string[]): string {
  try {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 });
  } catch {
    return '';
  }
}
