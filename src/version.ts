/**
 * Which tsload this is. Reads one small file and loads nothing: `tsload --version` answers as fast as Node starts.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The directory of the running tsload's package. */
export const packageDirectory = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(`${packageDirectory}/package.json`, 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  return 'of unknown version';
}
