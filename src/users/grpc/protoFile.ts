/**
 * Reads a .proto file and everything it imports. What is wrong with it is one sentence with file and line.
 *
 * Imports are looked up beside the importing file, then in `protoPath`, then in the folders above the importing file (where
 * the root of a tree of .proto files usually is), then among Google's common files, which tsload brings along.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { IParserResult, NamespaceBase, Root, Service } from 'protobufjs';
import { TsloadError } from '../../errors.js';
import { bundledFile, protobuf } from './lazy.js';
import { withFieldNames } from './protoNames.js';
import type { ProtoJson } from './service.js';

export interface ProtoFile {
  /** Absolute paths of the file and of all that it imports, without those that tsload brings along. */
  readonly files: readonly string[];
  /** Full names of the services that the files asked for declare, in their order. */
  readonly services: readonly string[];
  readonly json: ProtoJson;
  /** As parsed: original field names, comments, places. */
  readonly root: Root;
}

export interface ReadProtoOptions {
  readonly protoPath?: readonly string[];
}

/** Reads one or more .proto files into one schema. Throws `TsloadError` BAD_PROTO. */
export function readProto(paths: readonly string[], options: ReadProtoOptions = {}): ProtoFile {
  const reader = new ProtoReader(options.protoPath ?? []);
  const files = paths.map((path) => resolve(path));
  for (const file of files) reader.read(file, undefined);
  reader.resolveTypes();
  const services = servicesIn(reader.root).filter((service) => files.includes(service.filename ?? ''));
  return {
    files: reader.files,
    services: services.map((service) => service.fullName.slice(1)),
    json: withFieldNames({ ...reader.root.toJSON() }),
    root: reader.root,
  };
}

/** Every service in a schema. */
export function servicesIn(namespace: NamespaceBase): Service[] {
  return namespace.nestedArray.flatMap((child) => {
    if (child instanceof protobuf().Service) return [child];
    return child instanceof protobuf().Namespace ? servicesIn(child) : [];
  });
}

interface ImportLine {
  readonly file: string;
  readonly line: number;
}

class ProtoReader {
  readonly root: Root = new (protobuf().Root)();
  readonly files: string[] = [];
  readonly #sources = new Map<string, string>();

  constructor(private readonly protoPath: readonly string[]) {}

  read(file: string, from: ImportLine | undefined): void {
    if (this.#sources.has(file)) return;
    const source = sourceOf(file, from);
    this.#sources.set(file, source);
    if (!file.startsWith(bundledFolder())) this.files.push(file);
    const { imports, weakImports } = this.#parse(file, source);
    for (const target of imports ?? []) this.#import(file, source, target);
    for (const target of weakImports ?? []) if (this.#find(file, target)) this.#import(file, source, target);
  }

  resolveTypes(): void {
    try {
      this.root.resolveAll();
    } catch (thrown) {
      throw this.#unresolved(thrown);
    }
  }

  #parse(file: string, source: string): IParserResult {
    const { parse } = protobuf();
    Reflect.set(parse, 'filename', file); // every parsed object remembers it; not in the types
    try {
      return parse(source, this.root, { keepCase: true, alternateCommentMode: true });
    } catch (thrown) {
      throw new TsloadError('BAD_PROTO', syntaxProblem(file, source, thrown), { cause: thrown });
    } finally {
      Reflect.set(parse, 'filename', null);
    }
  }

  #import(file: string, source: string, target: string): void {
    const found = this.#find(file, target);
    const line = lineOf(source, new RegExp(`import[^;"']*["']${escaped(target)}["']`));
    if (found !== undefined) {
      this.read(found, { file, line });
      return;
    }
    if (this.#sources.has(target)) return;
    const common = protobuf().common.get(target);
    if (common?.nested) {
      this.#sources.set(target, '');
      this.root.addJSON(common.nested);
      return;
    }
    const folders = [dirname(file), ...this.protoPath].map(shown).join(', ');
    throw new TsloadError(
      'BAD_PROTO',
      `${shown(file)}:${line}: the import "${target}" is not found in ${folders} or the folders above: ` +
        'put it there, or name its folder (static protoPath, or --proto-path of tsload proto types)',
    );
  }

  #find(file: string, target: string): string | undefined {
    const folders = [dirname(file), ...this.protoPath.map((path) => resolve(path)), ...foldersAbove(dirname(file))];
    if (target.startsWith('google/')) folders.push(bundledFolder());
    return folders.map((folder) => join(folder, target)).find((path) => existsSync(path));
  }

  /** protobufjs names the missing type and the message it is used in, but no file: look for the word. */
  #unresolved(thrown: unknown): TsloadError {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const type = /no such (?:type or enum|type|enum)[: ]*'?([\w.]+)'?/i.exec(message)?.[1];
    if (type === undefined) return new TsloadError('BAD_PROTO', `${this.#names()}: ${message}`, { cause: thrown });
    const word = new RegExp(`(?<![\\w.])${escaped(type)}(?![\\w.])`);
    for (const [file, source] of this.#sources) {
      if (!word.test(source)) continue;
      const place = `${shown(file)}:${lineOf(source, word)}`;
      return new TsloadError('BAD_PROTO', `${place}: there is no type ${type}: declare or import it`, {
        cause: thrown,
      });
    }
    return new TsloadError('BAD_PROTO', `${this.#names()}: there is no type ${type}`, { cause: thrown });
  }

  #names(): string {
    return this.files.map(shown).join(', ');
  }
}

/** Google's common .proto files, as protobufjs has them; the rest of them it has built in. */
function bundledFolder(): string {
  return dirname(bundledFile('package.json'));
}

function sourceOf(file: string, from: ImportLine | undefined): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const reason =
      thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT' ? 'does not exist' : String(thrown);
    const importedBy = from === undefined ? '' : `, imported by ${shown(from.file)}:${from.line},`;
    throw new TsloadError('BAD_PROTO', `the proto file ${shown(file)}${importedBy} cannot be read: ${reason}`, {
      cause: thrown,
    });
  }
}

/** protobufjs: `illegal token '}' (/path/item.proto, line 12)`. */
function syntaxProblem(file: string, source: string, thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const line = Number(/line (\d+)\)$/.exec(message)?.[1] ?? source.split('\n').length);
  const problem =
    thrown instanceof TypeError ? 'the file ends too early' : message.replace(/ \((?:.*, )?line \d+\)$/, '');
  const text = (source.split('\n')[line - 1] ?? '').trim();
  return `${shown(file)}:${line}: ${problem.replace(/^illegal (.*)$/, 'cannot read this: $1')}${text === '' ? '' : `\n    ${text}`}`;
}

function lineOf(source: string, pattern: RegExp): number {
  const index = source.search(pattern);
  return index < 0 ? 1 : source.slice(0, index).split('\n').length;
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [] : [above, ...foldersAbove(above)];
}

/** As the user would write it: relative where the file lies below the working directory. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
