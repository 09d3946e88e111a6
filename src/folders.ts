/** Folders of files that are to be written. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Throws what the system says.
 *
 * One by one, because `mkdir` with `recursive` never comes back where a folder is there and takes no other in it, as in /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  if (await makeOne(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path).catch(unlessThere);
}

/** False when the folder around it is missing, or takes no other. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path).catch(unlessThere);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

function unlessThere(thrown: unknown): void {
  if (codeOf(thrown) !== 'EEXIST') throw thrown;
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}
