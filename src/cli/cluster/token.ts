/**
 * Which token a process has: --token, then --token-file, then TSLOAD_TOKEN. It is never logged and stands in no message.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, readSync } from 'node:fs';
import { OptionError } from '../../errors.js';
import { isToken, tokenOfVariables, tokenRule } from '../../token.js';
import type { Settings } from '../options/optionTable.js';
import type { Variables } from '../options/variables.js';

const maxLineBytes = 4096;

/** The token that was given, or undefined. Throws `OptionError` for a file that cannot be read or holds none. */
export function givenToken(settings: Pick<Settings, 'token' | 'tokenFile'>, variables: Variables): string | undefined {
  if (settings.token !== undefined) return settings.token;
  if (settings.tokenFile !== undefined) return checked(firstLine(settings.tokenFile), placeOf(settings.tokenFile));
  const variable = tokenOfVariables(variables);
  return variable === undefined ? undefined : checked(variable, 'TSLOAD_TOKEN');
}

/** A new one: 128 bits of chance, in letters that need no quotes anywhere. */
export function makeToken(): string {
  return randomBytes(16).toString('hex');
}

function checked(token: string, place: string): string {
  if (isToken(token)) return token;
  throw new OptionError(`the token of ${place} must be ${tokenRule}`);
}

function placeOf(file: string): string {
  return file === '-' ? 'standard input' : `--token-file ${file}`;
}

function firstLine(file: string): string {
  try {
    return (file === '-' ? lineOfInput() : (readFileSync(file, 'utf8').split('\n')[0] ?? '')).trim();
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new OptionError(`${placeOf(file)} cannot be read: ${reason}`, { cause: thrown });
  }
}

/** Byte by byte, so that whatever follows the line stays for whoever reads on: a parent's pipe says by its end that it is gone. */
function lineOfInput(): string {
  const byte = Buffer.alloc(1);
  let line = '';
  while (line.length < maxLineBytes && readSync(process.stdin.fd, byte) === 1) {
    const letter = byte.toString('latin1');
    if (letter === '\n') break;
    line += letter;
  }
  return line;
}
