/** The text of a body, by the charset that its Content-Type names. */
import { TextDecoder } from 'node:util';

/** UTF-8 when none is named, or one that is not known. */
export function decodeText(bytes: Uint8Array, contentType: string | undefined): string {
  const charset = charsetOf(contentType);
  if (charset === 'utf-8') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return textDecoder(charset).decode(bytes);
}

/** A decoder for text that arrives in pieces. */
export function textDecoder(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder('utf-8');
  }
}

/** The charset in a Content-Type, lower case; `utf-8` when there is none. */
export function charsetOf(contentType: string | undefined): string {
  const found = contentType === undefined ? null : /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType);
  const charset = found?.[1]?.toLowerCase() ?? 'utf-8';
  return charset === 'utf8' ? 'utf-8' : charset;
}
