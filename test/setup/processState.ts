/**
 * What a process holds beside the modules of the project, so that one file of tests could leave it to the next: environment,
 * folder, title, exit code, listeners, globals, what hangs on Node's own objects, and what keeps its event loop alive.
 *
 * Two readings are compared, and each difference is a sentence. Timers and handles that keep no process alive are not seen.
 */
import { defaultMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { vi } from 'vitest';

/** What each thing that can be left behind is called, and its value. */
export type ProcessState = ReadonlyMap<string, unknown>;

/** Modules of Node that a test could patch. */
const nodeModules = [
  ...[
    'child_process',
    'crypto',
    'dgram',
    'dns',
    'dns/promises',
    'events',
    'fs',
    'fs/promises',
    'http',
    'http2',
    'https',
    'net',
  ],
  ...['os', 'path', 'perf_hooks', 'stream', 'timers', 'timers/promises', 'tls', 'url', 'util', 'v8', 'zlib'],
];

export function readProcessState(): ProcessState {
  return new Map<string, unknown>([
    ['process.cwd()', process.cwd()],
    ['process.title', process.title],
    ['process.exitCode', process.exitCode],
    ['process.umask()', process.umask()],
    ['vi.isFakeTimers()', vi.isFakeTimers()],
    ...Object.entries(process.env).map(([name, value]) => [`process.env.${name}`, value] as const),
    ['events.defaultMaxListeners', defaultMaxListeners],
    ...listeners(),
    ...openHandles(),
    ...members(),
  ]);
}

/** One sentence for each thing that is not as it was. */
export function whatWasLeft(before: ProcessState, after: ProcessState): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => isLeft(name, before, after)).map((name) => sentence(name, before, after));
}

function isLeft(name: string, before: ProcessState, after: ProcessState): boolean {
  // fewer were left by an earlier file, which has been told
  if (name.startsWith(open) || name.startsWith(listening))
    return Number(after.get(name) ?? 0) > Number(before.get(name) ?? 0);
  if (!before.has(name) && name.startsWith(member)) return false; // packages may add to what is there when they are loaded
  return !Object.is(before.get(name), after.get(name));
}

function sentence(name: string, before: ProcessState, after: ProcessState): string {
  const shown = (state: ProcessState) =>
    state.has(name) ? inspect(state.get(name), { depth: -1, breakLength: Infinity }) : 'not there';
  return `${name}: ${shown(before)} before, ${shown(after)} after`;
}

function listeners(): (readonly [name: string, count: number])[] {
  const emitters = { process, 'process.stdout': process.stdout, 'process.stderr': process.stderr };
  return Object.entries(emitters).flatMap(([name, emitter]) =>
    emitter
      .eventNames()
      .map((event) => [`${listening}${name} for ${String(event)}`, emitter.listenerCount(event)] as const),
  );
}

const listening = 'listeners of ';
const open = 'open handles of kind ';

function openHandles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(open + kind, (counts.get(open + kind) ?? 0) + 1);
  return counts;
}

const member = 'member ';

/** The members of the global object, of Node's modules, and of the classes in either: a patch replaces one of them. */
function members(): ReadonlyMap<string, unknown> {
  const found = new Map(globals());
  for (const name of nodeModules) addMembers(found, name, required(name));
  for (const [name, value] of [...found]) addMembersOfClass(found, name.replace(/^member |^globalThis\./, ''), value);
  return found;
}

const required = createRequire(import.meta.url);

/**
 * Globals, but for those of vitest, and those that packages keep under a symbol from when they are first loaded; of symbols only
 * ours. Node makes many globals when they are first asked for, so they are asked for here; not storage, which warns.
 */
function globals(): (readonly [name: string, value: unknown])[] {
  return Reflect.ownKeys(globalThis)
    .filter((key) => (typeof key === 'symbol' ? key.description?.startsWith('tsload.') : !/^__|Storage$/.test(key)))
    .map((key) => [`globalThis.${String(key)}`, Reflect.get(globalThis, key)]);
}

function addMembersOfClass(found: Map<string, unknown>, name: string, value: unknown): void {
  const isObject = typeof value === 'object' && value !== null;
  if (value === globalThis || (!isObject && typeof value !== 'function')) return;
  addMembers(found, name, value);
  const prototype: unknown = Reflect.get(value, 'prototype');
  if (typeof prototype === 'object' && prototype !== null) addMembers(found, `${name}.prototype`, prototype);
}

function addMembers(found: Map<string, unknown>, name: string, object: object): void {
  for (const [key, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (!key.startsWith('_')) found.set(`${member}${name}.${key}`, get ?? value);
  }
}
