/**
 * What is said of a file that stands where a journal would be written, or beside results that belong to it.
 */
import { open } from 'node:fs/promises';
import { TsloadError } from '../../errors.js';

const beginning = 'tsload journal';

/** Whether there is a journal: no other file, and none that cannot be read. */
export async function isJournal(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const bytes = Buffer.alloc(beginning.length);
    await file.read(bytes, 0, bytes.length, 0);
    return bytes.toString('latin1') === beginning;
  } catch {
    return false; // a folder, for example
  } finally {
    await file.close();
  }
}

export function runNotEnded(path: string, cause?: unknown): TsloadError {
  return new TsloadError(
    'OUTPUT',
    `${path} is the journal of a run that has not ended: go on with it by --resume ${path}, or delete it`,
    { cause },
  );
}

export function noJournal(path: string, cause: unknown): TsloadError {
  return new TsloadError('OUTPUT', `${path} exists and is no journal: give another path with --journal`, { cause });
}
