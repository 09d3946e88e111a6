/**
 * How a worker's runner gets its connection to a master.
 */
import { OptionError } from '../errors.js';
import { connectToLocustMaster, connectToMaster, type WorkerEnd, type WorkerHello } from '../link/index.js';
import { tokenOfVariables } from '../token.js';
import { defaultGraceSeconds } from '../worker/index.js';
import type { Environment } from './environment.js';
import type { WorkerRunnerOptions } from './workerRunner.js';

/** Seconds: a Locust master answers each second, and its Python may be busy for some. */
const leastLocustGrace = 5;

/** Throws `ConnectionError`, or the reason of `signal`. */
export function joinMaster(
  environment: Environment,
  options: WorkerRunnerOptions,
  hello: () => WorkerHello,
): Promise<WorkerEnd> {
  const { masterHost: host = '127.0.0.1', masterPort: port = 5557, connectSeconds, signal } = options;
  if (options.connect !== undefined) return options.connect(hello);
  const common = { host, port, hello, ...(signal === undefined ? {} : { signal }) };
  if (options.protocol === 'locust') {
    const userClasses = environment.userClasses.map(({ name }) => name);
    const masterTimeoutSeconds = Math.max(leastLocustGrace, options.graceSeconds ?? defaultGraceSeconds);
    return connectToLocustMaster({ ...common, userClasses, masterTimeoutSeconds });
  }
  return connectToMaster({
    ...common,
    token: tokenOf(options),
    graceSeconds: options.graceSeconds ?? defaultGraceSeconds,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(connectSeconds === undefined ? {} : { connectSeconds }),
  });
}

export function untilAborted(signal: AbortSignal): Disposable & { readonly aborted: Promise<void> } {
  let resolveAborted = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    resolveAborted = resolve;
  });
  signal.addEventListener('abort', resolveAborted, { once: true });
  if (signal.aborted) resolveAborted();
  return { aborted, [Symbol.dispose]: () => signal.removeEventListener('abort', resolveAborted) };
}

function tokenOf({ token = tokenOfVariables(process.env) }: WorkerRunnerOptions): string {
  if (token !== undefined && token !== '') return token;
  throw new OptionError('a worker needs the token of its master: give token, or set TSLOAD_TOKEN');
}
