/**
 * What a run's exit code is. Contract §2.1.
 */
import type { Environment } from './environment.js';

/** `onError`: the code for failed requests and exceptions of tasks, `--exit-code-on-error`. Ask when `quitting` listeners are done. */
export function exitCodeOf(environment: Environment, onError = 1): number {
  if (environment.processExitCode !== undefined) return environment.processExitCode;
  const { stats, runner, events } = environment;
  if (stats.errors.length > 0 || stats.exceptions.length > 0) return onError;
  if (runner?.hasBadSetup || runner?.lossOfMaster) return 1;
  return events.hasFailedListener || runner?.hasFault ? 2 : 0;
}
