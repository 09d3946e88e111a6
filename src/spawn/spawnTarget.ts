/**
 * Reads what `--spawn` names. Pure.
 *
 *     local?workers=4
 *     ssh://user@host:22?workers=4&master=10.0.0.5&node=/opt/node/bin/node&config=/home/me/load.conf
 */
import { OptionError } from '../errors.js';

export interface LocalTarget {
  readonly kind: 'local';
  /** -1: one for each core. */
  readonly workers: number;
}

export interface SshTarget {
  readonly kind: 'ssh';
  /** A name that ssh knows: of the network, or of its configuration. */
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
  /** -1: one for each core of the host. */
  readonly workers: number;
  /** Where the workers reach the master; undefined: through a tunnel in the connection. */
  readonly master: { readonly host: string; readonly port: number | undefined } | undefined;
  /** Path of Node on the host; undefined: the one on its PATH. */
  readonly node: string | undefined;
  /** ssh's configuration file on this machine, instead of the user's own. */
  readonly config: string | undefined;
}

export type SpawnTarget = LocalTarget | SshTarget;

/** More on one machine is a slip of the finger. */
export const maxWorkers = 1024;

const expectedWorkers = `a number of workers from 1 to ${maxWorkers}, or -1 for one on each core,`;
const examples = 'for example local?workers=4 or ssh://user@host?workers=4';

/** `label`: the option as it was given, for the message. Throws `OptionError`. */
export function readSpawnTarget(text: string, label = '--spawn'): SpawnTarget {
  if (/^local(\?|$)/.test(text)) return readLocal(text, label);
  if (/^ssh:/i.test(text)) return readSsh(text, label);
  throw new OptionError(
    `${label} must be local or an address that begins with ssh:// but is ${shown(text)}: ${examples}`,
  );
}

/** `label` names the option. Throws `OptionError`. */
export function checkWorkers(count: number, label: string): number {
  if (Number.isInteger(count) && (count === -1 || (count >= 1 && count <= maxWorkers))) return count;
  throw new OptionError(`${label} must be ${expectedWorkers} but is ${count}`);
}

function readLocal(text: string, label: string): LocalTarget {
  const query = readQuery(text.slice('local?'.length), ['workers'], text, label);
  return { kind: 'local', workers: readWorkers(query, label) };
}

function readSsh(text: string, label: string): SshTarget {
  const url = readUrl(text, label);
  if (url.password !== '') {
    throw new OptionError(`${label} has a password in its address: leave it out, and let ssh log in with a key`);
  }
  if (!['', '/'].includes(url.pathname) || url.hash !== '') {
    throw new OptionError(`${label} takes no path after the host, but is ${shown(text)}: ${examples}`);
  }
  const query = readQuery(url.search.slice(1), ['workers', 'master', 'node', 'config'], text, label);
  return {
    kind: 'ssh',
    host: readHost(url, text, label),
    user: readUser(url, text, label),
    port: url.port === '' ? undefined : Number(url.port),
    workers: readWorkers(query, label),
    master: readMaster(query.get('master'), label),
    node: readNode(query, label),
    config: readPath(query, 'config', label),
  };
}

function readUrl(text: string, label: string): URL {
  const url = text.startsWith('ssh://') && URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined) return url;
  throw new OptionError(`${label} is no address that can be read: ${shown(text)}; give ${examples}`);
}

/** Neither may begin with a dash, which ssh would take for an option. */
function readHost(url: URL, text: string, label: string): string {
  const host = decoded(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (/^[\p{L}\p{N}_:][\p{L}\p{N}_.:%-]*$/u.test(host)) return host;
  throw new OptionError(`${label} names no host that ssh could reach: ${shown(text)}; give ${examples}`);
}

function readUser(url: URL, text: string, label: string): string | undefined {
  if (url.username === '') return undefined;
  const user = decoded(url.username);
  if (/^[^-\s\p{C}][^\s\p{C}]*$/u.test(user)) return user;
  throw new OptionError(`${label} names no user that could log in: ${shown(text)}; give ${examples}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function readQuery(search: string, known: readonly string[], text: string, label: string): URLSearchParams {
  const query = new URLSearchParams(search);
  for (const [name, value] of query) {
    if (!known.includes(name)) {
      throw new OptionError(`${label} does not know ${shown(name)} in ${shown(text)}: it takes ${known.join(', ')}`);
    }
    if (query.getAll(name).length > 1) throw new OptionError(`${label} gives ${name} twice: ${shown(text)}`);
    if (value === '') throw new OptionError(`${label} gives ${name} no value: ${shown(text)}`);
  }
  return query;
}

function readWorkers(query: URLSearchParams, label: string): number {
  const text = query.get('workers') ?? '1';
  if (/^-?\d+$/.test(text)) return checkWorkers(Number(text), `${label} workers=`);
  throw new OptionError(`${label} workers= must be ${expectedWorkers} but is ${shown(text)}`);
}

function readMaster(text: string | null, label: string): SshTarget['master'] {
  if (text === null) return undefined;
  const [, bracketed, plain, port] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (
    host !== undefined &&
    !host.startsWith('-') &&
    (port === undefined || (Number(port) >= 1 && Number(port) <= 65535))
  ) {
    return { host, port: port === undefined ? undefined : Number(port) };
  }
  throw new OptionError(`${label} must give master as HOST or HOST:PORT but gives ${shown(text)}`);
}

function readPath(query: URLSearchParams, name: string, label: string): string | undefined {
  const path = query.get(name);
  if (path === null || /^[^-\p{C}][^\p{C}]*$/u.test(path)) return path ?? undefined;
  throw new OptionError(`${label} must give ${name} as the path of a file but gives ${shown(path)}`);
}

/** It goes through a shell of the host, whichever that is, in single quotes. */
function readNode(query: URLSearchParams, label: string): string | undefined {
  const path = readPath(query, 'node', label);
  if (path === undefined || !/['!\\]/.test(path)) return path;
  throw new OptionError(`${label} must give node as the path of a file without quotes but gives ${shown(path)}`);
}

function shown(text: string): string {
  const secretless = text.replace(/(\/\/[^/?#@:]*):[^/?#@]*@/, '$1:…@');
  return JSON.stringify(secretless.length > 200 ? `${secretless.slice(0, 200)}…` : secretless);
}
