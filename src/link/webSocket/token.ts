/** The token that a worker shows and a master compares. Pure. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { OptionError } from '../../errors.js';
import { isToken, tokenRule } from '../../token.js';

/** Throws `OptionError` for a token that cannot stand in a header. It is never in the message. */
export function checkToken(token: string): void {
  if (isToken(token)) return;
  throw new OptionError(`the token must be ${tokenRule}; the one given has ${token.length} characters`);
}

/** Compares in a time that says nothing about where they differ. */
export function isSameSecret(found: string, expected: string): boolean {
  return timingSafeEqual(digest(found), digest(expected));
}

/** What the header `Authorization` shows, if anything. */
export function shownToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
