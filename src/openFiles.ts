/**
 * How many files and connections the system lets this process have open at a time, how many it has, and how many connections there is
 * room for. Node has raised the limit to the most that the process may have already, when it started.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** `Infinity` where there is no limit, or none is known. */
export function openFileLimit(): number {
  const limit = readLimits() ?? reportedLimit();
  return limit === undefined || limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Files, connections and pipes that this process has open; `undefined` where the system does not tell. */
export function openFileCount(): number | undefined {
  try {
    return readdirSync('/dev/fd').length - 1; // one of them is the folder itself
  } catch (thrown) {
    const isFull = thrown instanceof Error && 'code' in thrown && thrown.code === 'EMFILE';
    return isFull ? openFileLimit() : undefined;
  }
}

/**
 * Files kept for everything but connections (outputs, the journal, the pipes of workers that it starts, the next connection): a quarter
 * of all, and this many at most; more where more are open, and then half as many to spare.
 */
const mostKept = 128;

/** How many connections a process has room for, each being an open file. `Infinity` without a limit. */
export function roomForConnections(limit: number, otherFiles = 0): number {
  const usual = Math.min(mostKept, Math.ceil(limit / 4));
  const kept = Math.max(usual, otherFiles + Math.ceil(usual / 2));
  return Number.isFinite(limit) ? Math.max(1, limit - kept) : Number.POSITIVE_INFINITY;
}

/** Of Linux. */
function readLimits(): string | undefined {
  try {
    return /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  } catch {
    return undefined; // another system, or no file more may be opened
  }
}

/** Of any Unix: Node's report of itself has it. */
function reportedLimit(): string | undefined {
  const { report } = process;
  const before: unknown = Reflect.get(report, 'excludeNetwork');
  Reflect.set(report, 'excludeNetwork', true); // else it looks up names of addresses
  const said: unknown = report.getReport();
  Reflect.set(report, 'excludeNetwork', before);
  const soft: unknown = ['userLimits', 'open_files', 'soft'].reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    said,
  );
  return typeof soft === 'number' || soft === 'unlimited' ? String(soft) : undefined;
}
