/** Names, error texts and times made fit for a line of a terminal. Pure. */
import { styleText } from 'node:util';
import { millisecondsText } from './numbers.js';

export type Style = 'bold' | 'dim' | 'red' | 'yellow';

/** Colours a text, or leaves it. Widths are counted before. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** A stream's face, as far as output depends on it. `process.stderr` is one. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Colours only on a terminal, and not when NO_COLOR says otherwise (no-color.org) or the terminal is dumb. */
export function paintFor(terminal: Terminal, environment: NodeJS.ProcessEnv): Paint {
  const isRefused = Boolean(environment['NO_COLOR']) || environment['TERM'] === 'dumb';
  return terminal.isTTY === true && !isRefused ? coloured : plain;
}

/** One line: line ends and tabs become blanks, other control characters (escape sequences of a name) are shown as `?`. */
export function flatten(text: string): string {
  return (
    text
      .trim()
      .replace(/\s*[\r\n\u2028\u2029]+\s*|\t/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
  );
}

/** At most `width` characters; the middle goes, because names and paths differ at their ends. */
export function elideMiddle(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const kept = Math.max(width - 1, 0);
  const tail = Math.floor(kept / 2);
  const end = tail === 0 ? [] : characters.slice(-tail);
  return [...characters.slice(0, kept - tail), '…', ...end].join('');
}

/** At most `width` characters; the end goes. */
export function elideEnd(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(width - 1, 0)).join('')}…`;
}

/** As `padEnd`, in characters as people count them. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length));
}

/** Milliseconds for a narrow column: whole ones cut off, as Locust does, but below 10 ms two decimals, so 0.4 is not 0. */
export function columnTime(milliseconds: number): string {
  if (milliseconds >= 10) return String(Math.trunc(milliseconds));
  return millisecondsText(Math.trunc(milliseconds * 100 + 1e-6) / 100);
}

/** `0:42`, `1:02:03`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
