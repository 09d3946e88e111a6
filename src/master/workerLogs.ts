/**
 * What workers log: the last lines of each are kept, and what is worth a warning is said in the master's log as well.
 */
import type { WorkerMessage } from '../link/index.js';
import { getLogger } from '../log.js';

/** Lines kept of each worker, as in Locust. */
const keptLines = 500;
/** Workers of which lines are kept: of more, those that said something last. */
const keptWorkers = 2_000;
/** Characters of them: a line may have 16,000, and there may be a thousand workers. */
const keptCharacters = 200_000;

type Lines = (WorkerMessage & { readonly kind: 'logs' })['lines'];

const log = getLogger('tsload.workers');

export class WorkerLogs {
  readonly #lines = new Map<string, string[]>();

  /** `repeats`: whether warnings are repeated in this process's log. */
  constructor(private readonly repeats: boolean) {}

  /** The last lines of a worker, the oldest first; also of one that is gone. */
  of(worker: string): readonly string[] {
    return this.#lines.get(worker) ?? [];
  }

  take(worker: string, lines: Lines): void {
    const kept = [...this.of(worker), ...lines.map(({ text }) => text)];
    this.#lines.delete(worker);
    this.#lines.set(worker, latest(kept.slice(-keptLines)));
    const [quietest] = this.#lines.keys();
    if (this.#lines.size > keptWorkers && quietest !== undefined) this.#lines.delete(quietest);
    if (!this.repeats) return;
    for (const { level, text } of lines) {
      const line = `${worker}: ${text}`;
      if (level === 'CRITICAL') log.critical(line);
      else if (level === 'ERROR') log.error(line);
      else if (level === 'WARNING') log.warning(line);
    }
  }
}

/** The last of these lines, as many as have room. */
function latest(lines: readonly string[]): string[] {
  let characters = 0;
  let first = lines.length;
  while (first > 0 && characters + lines[first - 1]!.length <= keptCharacters) characters += lines[--first]!.length;
  return lines.slice(first);
}
