import { OptionError } from '../../errors.js';

export async function proto(words: readonly string[]): Promise<number> {
  throw new OptionError(`tsload proto ${words.join(' ')} is not a command: write tsload proto types FILE...`);
}
