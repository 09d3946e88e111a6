/**
 * The entries of a run by name, up to the cap of names; what comes beyond is one entry, `(other)`.
 */
import type { EntryView } from '../events/index.js';
import { otherText } from './boundedText.js';
import { EntryLine, type RunFrame } from './entryLine.js';
import { EntryTotals } from './entryTotals.js';
import type { EntryName } from './snapshot.js';

const overflowExamples = 5;

interface Row {
  readonly totals: EntryTotals;
  readonly line: EntryLine;
}

export class EntryTable {
  readonly #byType = new Map<string, Map<string, Row>>();
  #rows: Row[] = [];
  #sorted: readonly EntryView[] | undefined;
  /** Names beyond the cap: the first few, for the warning. */
  #overflowing: string[] = [];

  constructor(
    private readonly maxNames: number,
    private readonly frame: RunFrame,
  ) {}

  get overflowing(): readonly string[] {
    return this.#overflowing;
  }

  /** The sums of a request; made when it is new, with `startTime`, seconds since 1970. */
  totals(method: string, name: string, startTime: number): EntryTotals {
    const known = this.#byType.get(method)?.get(name);
    if (known !== undefined) return known.totals;
    const hasRoom = this.#rows.length < this.maxNames || (method === '' && name === otherText);
    if (hasRoom) return this.#add(method, name, startTime);
    this.overflow([`${method} ${name}`]);
    return this.totals('', otherText, startTime);
  }

  /** Notes names that are counted as `(other)`, here or on a worker. */
  overflow(names: readonly string[]): void {
    for (const name of names) {
      if (this.#overflowing.length < overflowExamples && !this.#overflowing.includes(name))
        this.#overflowing.push(name);
    }
  }

  get(method: string, name: string): EntryView | undefined {
    return this.#byType.get(method)?.get(name)?.line;
  }

  all(): IterableIterator<EntryTotals> {
    return this.#rows.map((row) => row.totals).values();
  }

  /** By name, then method. */
  sorted(): readonly EntryView[] {
    this.#sorted ??= this.#rows
      .map((row) => row.line)
      .sort((a, b) => compare(a.name, b.name) || compare(a.method, b.method));
    return this.#sorted;
  }

  clear(): void {
    this.#byType.clear();
    this.#rows = [];
    this.#sorted = undefined;
    this.#overflowing = [];
  }

  /** Takes on the entries of another one, in their order, without their numbers. */
  restore(entries: readonly EntryName[], overflowing: readonly string[]): void {
    this.clear();
    for (const { method, name, startTime } of entries) this.#add(method, name, startTime);
    this.#overflowing = [...overflowing];
  }

  #add(method: string, name: string, startTime: number): EntryTotals {
    const totals = new EntryTotals(method, name, startTime);
    const row = { totals, line: new EntryLine(totals, this.frame) };
    const ofType = this.#byType.get(method);
    if (ofType === undefined) this.#byType.set(method, new Map([[name, row]]));
    else ofType.set(name, row);
    this.#rows.push(row);
    this.#sorted = undefined;
    return totals;
  }
}

/** Order of code units, the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
