import { TsloadError } from '../errors.js';

/** Workers cannot be started where they should run. The command line ends with code 1. */
export class SpawnError extends TsloadError {
  override readonly name = 'SpawnError';
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('SPAWN', message, options);
  }
}
