/**
 * What esbuild and a throwing locustfile have to say, in a sentence with file, line and column.
 */

import { isBuiltin } from 'node:module';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from 'esbuild';
import { ownNamespace } from './ownModules.js';

const shownErrors = 5;

/** The folder that paths in messages start from, and the one that the user is in. */
export interface MessagePlaces {
  readonly base: string;
  readonly cwd: string;
}

/** For example `locustfile cannot be built: shop.ts:3:10: Expected ";" but found "x"`, then the line itself. */
export function describeBuildFailure(errors: readonly Message[], places: MessagePlaces): string {
  const shown = errors.slice(0, shownErrors).map((error) => describeMessage(error, places));
  const more = errors.length > shownErrors ? [`and ${errors.length - shownErrors} more errors`] : [];
  return `the locustfile cannot be built: ${[...shown, ...more].join('\n')}`;
}

export function describeMessage({ text, location, notes }: Message, places: MessagePlaces): string {
  const named = text.replace(
    /\bexport in "([^":]+)"/,
    (_, file) => `export in ${JSON.stringify(shownPath(file, places))}`,
  );
  const said = named.replaceAll(`${ownNamespace}:`, '');
  const hint = hintFor(said);
  const suggestion = notes.map((note) => note.text).find((note) => note.startsWith('Did you mean'));
  const told = [said, suggestion, hint].filter((part) => part !== undefined && part !== '').join(' ');
  if (location === null) return told;
  const { line, column, lineText, namespace } = location;
  const file = namespace === 'file' ? shownPath(location.file, places) : location.file;
  return `${file}:${line}:${column + 1}: ${told}\n    ${lineText.trim()}`;
}

function shownPath(file: string, { base, cwd }: MessagePlaces): string {
  return relative(cwd, resolve(base, file));
}

function hintFor(text: string): string {
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1];
  if (missing === undefined || /^[./]/.test(missing) || isBuiltin(missing)) return '';
  const name = missing
    .split('/')
    .slice(0, missing.startsWith('@') ? 2 : 1)
    .join('/');
  return `(npm install ${name}?)`;
}

/** Where something thrown comes from: the first place in `files` on its stack, as `shop.ts:3:7`. */
export function placeOf(thrown: unknown, files: ReadonlySet<string>): string | undefined {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return undefined;
  for (const line of thrown.stack.split('\n')) {
    const match = /\(?([^()\s][^()]*):(\d+):(\d+)\)?$/.exec(line.replace(/^\s*at (async )?/, ''));
    const path = match?.[1] === undefined ? undefined : pathOf(match[1]);
    if (path !== undefined && files.has(path)) return `${path}:${match?.[2]}:${match?.[3]}`;
  }
  return undefined;
}

function pathOf(place: string): string {
  return place.startsWith('file://') ? fileURLToPath(place) : place;
}
