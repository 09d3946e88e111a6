/** What the system knows of processes. */
import { readdirSync, readFileSync } from 'node:fs';

/** A process that waits to be collected by whoever inherited it counts as gone. */
export function isRunning(pid: number | undefined): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Processes whose command line or environment has this text. */
export function processesThatShow(text: string): number[] {
  return pids().filter(
    (pid) =>
      pid !== process.pid &&
      ['cmdline', 'environ'].some((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(text);
        } catch {
          return false;
        }
      }),
  );
}

export function childrenOf(parent: number, name: RegExp): number[] {
  return pids().filter((pid) => parentOf(pid) === parent && name.test(statusOf(pid, 'Name')));
}

export function parentOf(pid: number): number {
  return Number(statusOf(pid, 'PPid'));
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty for a process that is gone. */
function statusOf(pid: number, field: string): string {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  } catch {
    return '';
  }
}
