/**
 * undici, loaded when the first connection needs it and no more of it than that needs.
 *
 * The whole package costs about 75 ms and 19 MB (it brings fetch, WebSocket and a cache); its client alone 24 ms and 10 MB,
 * so the client's own file is tried first. undici declares no `exports`, and should that file ever move, the whole
 * package serves as well: both give the same class.
 */
import { createRequire } from 'node:module';
import type * as Undici from 'undici';

const load = createRequire(import.meta.url);

let clientClass: typeof Undici.Client | undefined;
let dispatcherClass: typeof Undici.Dispatcher | undefined;

/** undici's Client, the class of one connection. */
export function undiciClient(): typeof Undici.Client {
  clientClass ??= loadPart('undici/lib/dispatcher/client.js', isClient) ?? undici().Client;
  return clientClass;
}

/** undici's base of all dispatchers, which knows how interceptors are composed. */
export function undiciDispatcher(): typeof Undici.Dispatcher {
  dispatcherClass ??= loadPart('undici/lib/dispatcher/dispatcher.js', isDispatcher) ?? undici().Dispatcher;
  return dispatcherClass;
}

/** The whole package: for form data and proxies, which few tests use. */
export function undici(): typeof Undici {
  return load('undici');
}

/** What one file of undici exports, or undefined when it is not there or something else. Exported for its test. */
export function loadPart<Part>(file: string, isPart: (found: unknown) => found is Part): Part | undefined {
  try {
    const found: unknown = load(file);
    return isPart(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

export function isClient(found: unknown): found is typeof Undici.Client {
  return (
    typeof found === 'function' && typeof found.prototype?.dispatch === 'function' && 'pipelining' in found.prototype
  );
}

export function isDispatcher(found: unknown): found is typeof Undici.Dispatcher {
  return typeof found === 'function' && typeof found.prototype?.compose === 'function';
}
