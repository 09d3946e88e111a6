/** Words for a file that cannot be written. */
import { TsloadError } from '../errors.js';

/** What the system says, without the stack and the path: `ENOSPC: no space left on device`. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split(', ')[0] ?? message;
}

/** Before the run: the command line ends with it. */
export function cannotOpen(path: string, cause: unknown): TsloadError {
  return new TsloadError(
    'OUTPUT',
    `output file ${path} cannot be written (${reasonOf(cause)}): give a path in a folder that you may write to`,
    { cause },
  );
}
