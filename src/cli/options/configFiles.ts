/**
 * The configuration files of a run, lowest rank first: ~/.tsload.conf, ./tsload.conf, package.json#tsload, and --config.
 */
import { readFileSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import { OptionError } from '../../errors.js';
import { type ConfigEntry, parseConfFile } from './confFile.js';

export interface ConfigPlaces {
  readonly cwd: string;
  readonly home: string;
  /** What --config named. */
  readonly file: string | undefined;
}

/** The settings of each file, lowest rank first; files that do not exist are left out, except the one that was named. */
export async function readConfigFiles({ cwd, home, file }: ConfigPlaces): Promise<ConfigEntry[][]> {
  const layers: ConfigEntry[][] = [];
  for (const path of [join(home, '.tsload.conf'), join(cwd, 'tsload.conf')]) {
    const text = readIfThere(path);
    if (text !== undefined) layers.push(parseConfFile(text, shortName(path, cwd)));
  }
  const manifest = readIfThere(join(cwd, 'package.json'));
  if (manifest !== undefined) layers.push(packageEntries(manifest));
  if (file !== undefined) layers.push(await namedFile(resolve(cwd, file), cwd));
  return layers;
}

async function namedFile(path: string, cwd: string): Promise<ConfigEntry[]> {
  const name = shortName(path, cwd);
  const text = readIfThere(path);
  if (text === undefined) throw new OptionError(`configuration file ${path} does not exist: check --config`);
  return extname(path) === '.toml' ? tomlEntries(text, name) : parseConfFile(text, name);
}

function shortName(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') ? path : short;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR'))
      return undefined;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new OptionError(`configuration file ${path} cannot be read: ${reason}`, { cause: thrown });
  }
}

/** `[tool.tsload]` and Locust's `[tool.locust]`; ours ranks above. Other sections are others' business. */
async function tomlEntries(text: string, name: string): Promise<ConfigEntry[]> {
  const { parse } = await import('smol-toml');
  let document: unknown;
  try {
    document = parse(text);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
    throw new OptionError(`configuration file ${name} is no valid TOML: ${reason}`, { cause: thrown });
  }
  const tool = member(document, 'tool');
  return ['locust', 'tsload'].flatMap((section) => objectEntries(member(tool, section), `${name} [tool.${section}]`));
}

function packageEntries(text: string): ConfigEntry[] {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new OptionError(`package.json is no valid JSON: ${reason}`, { cause: thrown });
  }
  return objectEntries(member(manifest, 'tsload'), 'package.json#tsload');
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value ? Reflect.get(value, key) : undefined;
}

/** Lists stay lists; everything else is a text, as if it had been typed. */
function objectEntries(value: unknown, place: string): ConfigEntry[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError(`${place} must be an object of options but is ${JSON.stringify(value)}`);
  }
  return Object.entries(value).map(([key, given]) => ({ key: kebab(key), texts: textsOf(given), place }));
}

function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => (typeof item === 'object' && item !== null ? JSON.stringify(item) : String(item)));
}

/** `runTime` is as good as `run-time` where keys are JavaScript's. */
function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-');
}
