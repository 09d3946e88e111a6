import { OptionError } from '../../errors.js';

export async function init(_words: readonly string[]): Promise<number> {
  throw new OptionError('not yet');
}
