/**
 * Child processes that lead a process group.
 */
import type { ChildProcess } from 'node:child_process';

/** Kills the process with all that it has started; also what is left of its group when it has ended itself. */
export function killGroup(child: ChildProcess): void {
  const { pid } = child;
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
