/**
 * Cuts a stream of bytes into lines that are fit to be shown. Pure.
 *
 * Holds at most one line, and of that at most `maxCharacters`; what is beyond is counted and dropped, and the line says so.
 */
import { StringDecoder } from 'node:string_decoder';

/** A stack trace or a JSON body fits; a dump of binary data does not. */
export const maxLineCharacters = 16 * 1024;

/** Would move the cursor or ring the bell. Tab stays, and so does escape, which colours begin with. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const unshown = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g;

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #held = '';
  #dropped = 0;

  constructor(
    private readonly line: (text: string) => void,
    private readonly maxCharacters = maxLineCharacters,
  ) {}

  take(bytes: Buffer): void {
    this.#takeText(this.#decoder.write(bytes));
  }

  /** The stream has ended: what is held is the last line. */
  end(): void {
    this.#takeText(this.#decoder.end());
    if (this.#held !== '') this.#deliver();
  }

  #takeText(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#hold(text.slice(start, end));
      this.#deliver();
      start = end + 1;
    }
    this.#hold(text.slice(start));
  }

  #hold(text: string): void {
    const room = this.maxCharacters - this.#held.length;
    this.#held += text.slice(0, room);
    this.#dropped += Math.max(0, text.length - room);
  }

  #deliver(): void {
    const line = this.#held.replace(/\r$/, '').replace(unshown, '\ufffd');
    const rest = this.#dropped === 0 ? '' : ` … and ${this.#dropped} more characters`;
    this.#held = '';
    this.#dropped = 0;
    this.line(line + rest);
  }
}
