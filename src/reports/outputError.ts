/** Words for a file that cannot be written. */
import { TsloadError } from '../errors.js';
import { systemReason } from '../log.js';

/** Before the run: the command line ends with it. */
export function cannotOpen(path: string, cause: unknown): TsloadError {
  return new TsloadError(
    'OUTPUT',
    `output file ${path} cannot be written (${systemReason(cause)}): give a path in a folder that you may write to`,
    { cause },
  );
}
