/**
 * Masters and workers as processes of their own, which share one home folder: workers find the token that their master made.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { folder, idleUsers, type Run, type RunOptions, start } from './tsload.js';

export const oneUser = { 'locustfile.ts': idleUsers('U') };

export interface Place {
  readonly cwd: string;
  /** Home, session folder, and what the test adds. */
  readonly env: Readonly<Record<string, string>>;
}

/** A folder with these files, and a home of its own. */
export function place(files: Readonly<Record<string, string>>): Place {
  const home = folder();
  return { cwd: folder(files), env: { HOME: home, XDG_RUNTIME_DIR: home } };
}

/** A master on any free port, once it listens. */
export async function startMaster(
  line: string,
  options: RunOptions,
): Promise<{ readonly run: Run; readonly port: number }> {
  const run = start(`--master --master-bind-port 0 --headless ${line}`, options);
  await run.sees(/Listening for workers at \S+:\d+/);
  return { run, port: Number(/Listening for workers at \S+:(\d+)/.exec(run.stderr)?.[1]) };
}

/** A worker of the master at this port of this machine. */
export function startWorker(port: number, line: string, options: RunOptions): Run {
  return start(`--worker --master-port ${port} ${line}`, options);
}

/** How often a line of the output is exactly this. */
export function lines(output: string, text: string): number {
  return output.split('\n').filter((line) => line.replace(/^\[worker \d+\] /, '') === text).length;
}

/** Files in a home folder but those of the cache of locustfiles, which is there to stay. */
export function leftIn(home = ''): string[] {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  return files.map((path) => relative(home, path)).filter((path) => !path.startsWith('.cache/tsload/locustfiles/'));
}
