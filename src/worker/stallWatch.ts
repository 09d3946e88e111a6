/**
 * Notices that the event loop does not turn any more: a task that never awaits freezes every user, every timer and every
 * signal handler of the process. A thread of its own (`stallThread.ts`) sees it, finds out where, and breaks the task off.
 *
 * Costs nothing on the path: four timer ticks a second here, and a sleeping thread. Neither keeps the process alive. The thread
 * is started with the test: the very first task may be the one that never awaits, and then nothing could start it any more.
 *
 * Breaking off is V8's `terminateExecution`. After it Node 20 and 22 abort the process, because their stack of async ids is
 * off; so its check is turned off before, and the stack is emptied at the next tick, just as Node does after an uncaught
 * exception. Without access to these (`process.binding`) the process exits with a message and code 2; where a task swallows even
 * the termination it is killed, with a message. What was flushed to files stays.
 */
import { existsSync } from 'node:fs';
import inspector from 'node:inspector';
import { findSourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker as Thread } from 'node:worker_threads';
import { describeThrown, getLogger } from '../log.js';
import { TaskSet, User } from '../users/index.js';
import { Cell, type StallHooks, stallHooksKey, tickMillis } from './stallProtocol.js';

const log = getLogger('tsload.runners');

/** Seconds without a turn of the event loop after which a task counts as stalled. */
export const defaultStallSeconds = 5;

export interface StallWatchOptions {
  /** 0: no watch. */
  readonly stallSeconds: number;
  /** Called inside the frozen process, before the task is broken off: keep other users from running into the same. */
  beforeBreak(): void;
  /** The event loop turns again. */
  broken(message: string): void;
}

/** The tests that are watched. There may be several in a process, and there is one event loop, so one thread for all. */
const watched = new Set<StallWatchOptions>();
let thread: WatchedThread | undefined;

/** The watch over one worker. */
export class StallWatch {
  constructor(private readonly options: StallWatchOptions) {}

  start(): void {
    if (this.options.stallSeconds <= 0) return;
    watched.add(this.options);
    thread ??= new WatchedThread(this.options.stallSeconds);
  }

  stop(): void {
    if (!watched.delete(this.options) || watched.size > 0) return;
    thread?.close();
    thread = undefined;
  }
}

/** This thread, with another that watches it. */
class WatchedThread {
  readonly #cells = new Int32Array(new SharedArrayBuffer(4 * Object.keys(Cell).length));
  readonly #ticker = setInterval(() => this.#tick(), tickMillis).unref();
  readonly #watcher: Thread | undefined;
  #repair: (() => void) | undefined;
  #message: string | undefined;

  constructor(stallSeconds: number) {
    const script = new URL('./stallThread.js', import.meta.url);
    if (!existsSync(fileURLToPath(script))) return; // tsload runs from its sources, in its own tests
    Reflect.set(globalThis, stallHooksKey, this.#hooks());
    const ownRoot = new URL('..', import.meta.url).href;
    const workerData = { cells: this.#cells, stallSeconds, ownRoot };
    this.#watcher = new Thread(script, { workerData, execArgv: [], env: {}, name: 'tsload stall watch' });
    this.#watcher.unref();
    this.#watcher.on('error', (thrown) => log.debug(`the stall watch does not run: ${describeThrown(thrown)}`));
  }

  close(): void {
    clearInterval(this.#ticker);
    this.#watcher?.terminate().catch(() => {});
    Reflect.deleteProperty(globalThis, stallHooksKey);
  }

  #tick(): void {
    const isDebugged = inspector.url() !== undefined;
    Atomics.store(this.#cells, Cell.isDebugged, isDebugged ? 1 : 0);
    Atomics.add(this.#cells, Cell.ticks, 1);
    const message = this.#message;
    if (message === undefined) return;
    this.#repair?.();
    this.#repair = undefined;
    this.#message = undefined;
    for (const { broken } of watched) broken(message);
  }

  /** What the watcher calls in here while this thread stands still. */
  #hooks(): StallHooks {
    return {
      userClassOf,
      placeOf,
      prepare: (message) => {
        this.#message = message;
        this.#repair ??= loosenAsyncStack();
        for (const { beforeBreak } of watched) beforeBreak();
        return this.#repair !== undefined;
      },
    };
  }
}

/** The user class behind the `this` of some call; empty when it is neither a user nor a task set. */
function userClassOf(self: unknown): string {
  const user: unknown = self instanceof TaskSet ? self.user : self;
  return user instanceof User ? user.constructor.name : '';
}

function placeOf(url: string, line: number, column: number): string {
  const entry = findSourceMap(url)?.findEntry(line, column);
  if (entry !== undefined && 'originalSource' in entry) {
    return `${fileOf(entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  }
  return `${fileOf(url)}:${line + 1}:${column + 1}`;
}

function fileOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

/** Lets a broken off callback leave its async ids behind; the function returned puts things right. */
function loosenAsyncStack(): (() => void) | undefined {
  const isQuiet = process.noDeprecation;
  try {
    process.noDeprecation = true;
    const wrap: unknown = Reflect.apply(Reflect.get(process, 'binding'), process, ['async_wrap']);
    return loosen(wrap);
  } catch {
    return undefined;
  } finally {
    if (isQuiet === undefined) Reflect.deleteProperty(process, 'noDeprecation');
    else process.noDeprecation = isQuiet;
  }
}

function loosen(wrap: unknown): (() => void) | undefined {
  if (typeof wrap !== 'object' || wrap === null) return undefined;
  const fields: unknown = Reflect.get(wrap, 'async_hook_fields');
  const check: unknown = Reflect.get(Object(Reflect.get(wrap, 'constants')), 'kCheck');
  const clear: unknown = Reflect.get(wrap, 'clearAsyncIdStack');
  if (!(fields instanceof Uint32Array) || typeof check !== 'number' || typeof clear !== 'function') return undefined;
  const checked = fields[check] ?? 0;
  fields[check] = 0;
  return () => {
    clear();
    fields[check] = checked;
  };
}
