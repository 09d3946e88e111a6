import type { TerminalStream } from '../src/reports/progress.js';

/** What stands on a screen after all that was written to it: the few control sequences that tsload uses. */
export class Screen implements TerminalStream {
  readonly isTTY = true;
  readonly lines: string[] = [''];
  #column = 0;

  constructor(readonly columns = 100) {}

  write(chunk: string | Uint8Array): boolean {
    const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is a terminal
    for (const part of text.match(/\u001b\[K|[\s\S]/g) ?? []) this.#put(part);
    return true;
  }

  #put(part: string): void {
    const line = this.lines.at(-1) ?? '';
    if (part === '\r') this.#column = 0;
    else if (part === '\u001b[K') this.lines[this.lines.length - 1] = line.slice(0, this.#column);
    else if (part === '\n') this.#column = this.lines.push('') && 0;
    else {
      this.lines[this.lines.length - 1] = line.slice(0, this.#column) + part + line.slice(this.#column + 1);
      this.#column++;
    }
  }
}
