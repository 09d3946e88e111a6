/**
 * What workers log: the last lines of each are kept, and what is worth a warning is said in the master's log as well.
 */
import type { WorkerMessage } from '../link/index.js';
import { getLogger, workersLogger } from '../log.js';

/** Lines kept of each worker, as in Locust. */
const keptLines = 500;
/** Characters kept of each: a line may have 16,000. */
const keptOfOne = 200_000;
/** Characters kept of all, gone workers included. */
const keptOfAll = 50_000_000;
/** What a line takes in memory beside its characters, in characters. */
const lineCost = 50;

type Lines = (WorkerMessage & { readonly kind: 'logs' })['lines'];

interface Kept {
  readonly lines: readonly string[];
  /** Characters, with what lines take besides. */
  readonly size: number;
}

const log = getLogger(workersLogger);

export class WorkerLogs {
  /** Who said something last stands last. */
  readonly #present = new Map<string, Kept>();
  /** Who went last stands last. */
  readonly #gone = new Map<string, Kept>();
  #size = 0;

  /** `repeats`: whether warnings are repeated in this process's log. */
  constructor(private readonly repeats: boolean) {}

  /** The last lines of a worker, the oldest first; also of one that is gone, while there is room. */
  of(worker: string): readonly string[] {
    return (this.#present.get(worker) ?? this.#gone.get(worker))?.lines ?? [];
  }

  take(worker: string, lines: Lines): void {
    const kept = latest([...this.of(worker), ...lines.map(({ text }) => text)].slice(-keptLines));
    this.forget(worker);
    this.#present.set(worker, kept);
    this.#size += kept.size;
    this.#trim();
    if (!this.repeats) return;
    for (const { level, text } of lines) {
      const line = `${worker}: ${text}`;
      if (level === 'CRITICAL') log.critical(line);
      else if (level === 'ERROR') log.error(line);
      else if (level === 'WARNING') log.warning(line);
    }
  }

  /** A worker is gone: its lines make room before those of others do. */
  left(worker: string): void {
    const kept = this.#present.get(worker);
    if (kept === undefined) return;
    this.#present.delete(worker);
    this.#gone.set(worker, kept);
  }

  forget(worker: string): void {
    this.#drop(this.#present, worker);
    this.#drop(this.#gone, worker);
  }

  /** The lines of those that went first make room, and then of those that were quiet for longest. */
  #trim(): void {
    while (this.#size > keptOfAll) {
      const from = this.#gone.size > 0 ? this.#gone : this.#present;
      const [first] = from.keys();
      if (first === undefined) return;
      this.#drop(from, first);
    }
  }

  #drop(from: Map<string, Kept>, worker: string): void {
    this.#size -= from.get(worker)?.size ?? 0;
    from.delete(worker);
  }
}

/** The last of these lines, as many as have room. */
function latest(lines: readonly string[]): Kept {
  let [characters, first] = [0, lines.length];
  while (first > 0 && characters + lines[first - 1]!.length <= keptOfOne) characters += lines[--first]!.length;
  const kept = lines.slice(first);
  return { lines: kept, size: characters + kept.length * lineCost };
}
