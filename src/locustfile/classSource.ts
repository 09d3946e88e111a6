/**
 * In which file of the user's a class is written: its text is looked for in the bundle, and the place in the source map.
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export class ClassSources {
  readonly #code: string;
  readonly #map: SourceMap;

  constructor(private readonly bundlePath: string) {
    this.#code = readFileSync(bundlePath, 'utf8');
    this.#map = new SourceMap(JSON.parse(readFileSync(`${bundlePath}.map`, 'utf8')));
  }

  /** Absolute; undefined when it cannot be told: the class is a proxy, or two files hold the same text. */
  fileOf(value: object): string | undefined {
    if (typeof value !== 'function') return undefined;
    const text = Function.prototype.toString.call(value);
    const files = new Set(occurrences(this.#code, text).map((offset) => this.#sourceAt(offset)));
    const [file] = files;
    return files.size === 1 ? file : undefined;
  }

  #sourceAt(offset: number): string | undefined {
    const lines = this.#code.slice(0, offset).split('\n');
    const entry = this.#map.findEntry(lines.length - 1, lines.at(-1)?.length ?? 0);
    if (!('originalSource' in entry)) return undefined;
    const source = new URL(entry.originalSource, pathToFileURL(this.bundlePath));
    return source.protocol === 'file:' ? fileURLToPath(source) : undefined;
  }
}

function occurrences(code: string, text: string): readonly number[] {
  const found: number[] = [];
  for (let at = code.indexOf(text); at >= 0; at = code.indexOf(text, at + 1)) found.push(at);
  return found;
}
