/**
 * Exit codes; docs/options.md lists them. Contract §2.1.
 */
import { LocustfileError, OptionError, TsloadError } from '../errors.js';

export const exitCodes = {
  /** All went well. */
  ok: 0,
  /** The run could not start, or (see `--exit-code-on-error`) a request failed or a task threw. */
  failed: 1,
  /** The command line is wrong; or, at the end of a run, a listener or a part of tsload failed. */
  usage: 2,
  /** Results are missing in an output file: the disk was full, for example. */
  output: 3,
  /** `--config-users` names a class that does not exist. */
  configUsers: 255,
  /** `--master` together with `--worker`. */
  contradiction: 255,
  /** A worker whose master never answered, refused it, or was lost for longer than the grace. */
  noMaster: 255,
} as const;

/** Ends the program with this code; the reason has been printed already. */
export class Exit extends Error {
  constructor(readonly exitCode: number) {
    super(`exit ${exitCode}`);
  }
}

/** Ends the program with this code, after the message. */
export class CodedError extends TsloadError {
  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super('BAD_OPTION', message);
  }
}

export function exitCodeFor(thrown: unknown): number {
  if (thrown instanceof Exit || thrown instanceof CodedError) return thrown.exitCode;
  if (thrown instanceof OptionError) return exitCodes.usage;
  if (thrown instanceof LocustfileError) return exitCodes.failed;
  return exitCodes.failed;
}
