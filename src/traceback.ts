/**
 * The traceback of an exception of user code, as people and statistics want it: without the frames of tsload and of Node.
 *
 * They say nothing about the user's fault, and they differ: the first task of a user is called from elsewhere than the second.
 */
import { fileURLToPath } from 'node:url';
import { TsloadError } from './errors.js';
import { describeThrown } from './log.js';

/** Where tsload's own files are; with source maps their frames name the sources. */
const ownFolders = ['dist/', 'src/'].map((folder) => new URL(`../${folder}`, import.meta.url));
const ownPlaces = [
  ...ownFolders.map(({ href }) => href),
  ...ownFolders.map((url) => fileURLToPath(url)),
  'node:internal/',
];

export function tracebackOf(thrown: unknown): string {
  const lines = describeThrown(thrown).split('\n').map(asWritten);
  const kept = lines.filter((line) => !isFrame(line) || !isForeign(line));
  if (thrown instanceof TsloadError || kept.some(isFrame)) return kept.join('\n');
  return lines.join('\n'); // no frame of the user: it is tsload that must be looked at
}

/** A class with decorators is built as `let Shopper = class _Shopper`, and that name stands in its frames. */
function asWritten(line: string): string {
  return isFrame(line) ? line.replace(/^(\s+at (?:async |new )*(?:Function\.)?)_(?=[A-Z]\w*[ .])/, '$1') : line;
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

function isForeign(line: string): boolean {
  return ownPlaces.some((place) => line.includes(place));
}
