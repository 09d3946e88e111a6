/**
 * Locustfiles given as a URL: fetched once, kept in the run's own directory.
 */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LocustfileError } from '../errors.js';

const maxBytes = 16 * 1024 * 1024;
const timeoutMillis = 30_000;

/** Whether a text is an http or https URL with a host. Locust: `is_url`. */
export function isUrl(text: string): boolean {
  if (!/^https?:\/\/[^/]/i.test(text)) return false;
  try {
    return new URL(text).hostname !== '';
  } catch {
    return false;
  }
}

/** Downloads `url` into `directory` under its last path part and returns the file. Throws `LocustfileError`. */
export async function downloadLocustfile(url: string, directory: string): Promise<string> {
  const text = await fetchText(url);
  const name = basename(new URL(url).pathname) || 'locustfile.ts';
  const path = join(directory, /\.[cm]?[jt]s$/.test(name) ? name : `${name}.ts`);
  writeFileSync(path, text);
  return path;
}

async function fetchText(url: string): Promise<Buffer> {
  let response: Response;
  let body: Buffer;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutMillis) });
    body = Buffer.from(await response.arrayBuffer());
  } catch (thrown) {
    throw new LocustfileError(`locustfile ${url} cannot be downloaded: ${reasonOf(thrown)}`, { cause: thrown });
  }
  if (!response.ok) {
    throw new LocustfileError(
      `locustfile ${url} cannot be downloaded: the server answered ${response.status} ${response.statusText}`,
    );
  }
  if (body.length > maxBytes) {
    throw new LocustfileError(`locustfile ${url} has ${body.length} bytes: at most ${maxBytes} are taken`);
  }
  return body;
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? thrown.cause.message : thrown.message;
}
