/**
 * The user classes of a test that only workers of Locust run: their names come from `--config-users`, as tsload reads no Python. Here
 * they are classes that say how many users there shall be, and have no tasks.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { OptionError } from '../../errors.js';
import type { LocustfileText } from '../../link/index.js';
import type { LoadedLocustfile } from '../../locustfile/index.js';
import { getLogger } from '../../log.js';
import { User, type UserClass } from '../../users/index.js';
import { parseSettings, type Sources } from '../options/settings.js';
import { readUserConfigs } from './configUsers.js';

const log = getLogger('tsload.main');

/** What `--foreign-locustfile` names. Throws `OptionError` when it cannot be read. */
export function readForeignLocustfile(path: string): LocustfileText {
  try {
    return { filename: basename(path), contents: readFileSync(path, 'utf8') };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OptionError(`--foreign-locustfile ${path} cannot be read: ${why}`, { cause });
  }
}

/** In place of a loaded locustfile. Throws `OptionError` when no class is named, or the file cannot be read. */
export async function foreignLocustfile(path: string, sources: Sources): Promise<LoadedLocustfile> {
  const { contents } = readForeignLocustfile(path);
  const { settings } = await parseSettings(sources, []);
  const named = [...new Set(readUserConfigs(settings.configUsers).map(({ userClass }) => userClass))];
  const written = classesIn(contents);
  if (named.length === 0) throw noClasses(path, written);
  for (const name of named.filter((each) => !written.includes(each))) {
    log.warning(
      `--config-users names the class ${name}, but ${path} has no line "class ${name}": a Locust worker without it starts no user`,
    );
  }
  return locustfileOf(resolve(sources.cwd, path), contents, named);
}

function locustfileOf(file: string, contents: string, names: readonly string[]): LoadedLocustfile {
  const sha256 = createHash('sha256').update(contents).digest('hex');
  return {
    files: [file],
    userClasses: new Map(names.map((name) => [name, foreignClass(name)])),
    shapeClasses: new Map(),
    bundle: { path: file, sha256, inputs: [file], external: [], base: resolve(file, '..') },
    dataFiles: [],
    [Symbol.asyncDispose]: async () => {},
  };
}

function foreignClass(name: string): UserClass {
  const userClass = class extends User {};
  Object.defineProperty(userClass, 'name', { value: name });
  return userClass;
}

/** Names of what a Python file declares as classes, for a hint: whether they are user classes, only Python knows. */
function classesIn(python: string): readonly string[] {
  return [...python.matchAll(/^class[ \t]+(\w+)/gm)].map(([, name]) => name ?? '');
}

function noClasses(path: string, written: readonly string[]): OptionError {
  const names = written.length === 0 ? ['Shopper'] : written.slice(0, 5);
  const example = JSON.stringify(names.map((name) => ({ user_class_name: name, weight: 1 })));
  return new OptionError(
    `no user class is known: tsload does not read the Python of ${path}, so name its user classes, for example --config-users '${example}'; or give -f with a locustfile of tsload that has classes of the same names`,
  );
}
