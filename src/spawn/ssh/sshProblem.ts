/**
 * Why a host could not be used, in a sentence with what to do. Pure.
 */
import type { SshTarget } from '../spawnTarget.js';
import { placeOf, shownCommand } from './sshCommand.js';

export interface SshEnd {
  /** Exit code of ssh; null when a signal ended it. 255 says that ssh itself failed. */
  readonly code: number | null;
  /** What ssh wrote to its error output, and what the host's shell said, the latest last. */
  readonly lines: readonly string[];
}

/** The first whose pattern is met counts. */
const problems: readonly (readonly [pattern: RegExp, sentence: (target: SshTarget) => string])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    (target) =>
      `its host key is not the one that ssh knows: find out why, then run "${shownCommand(target)}" and do what it says`,
  ],
  [
    /host key verification failed|no .* host key is known|no matching host key type/i,
    (target) => `ssh does not know its host key: run "${shownCommand(target)}" once, compare the key, and accept it`,
  ],
  [
    /permission denied|too many authentication failures|no supported authentication methods/i,
    (target) =>
      `it refuses the login: "${shownCommand(target)} true" must work without a question, with a key that ssh's agent or configuration offers`,
  ],
  [
    /could not resolve hostname|name or service not known/i,
    () => 'no machine of that name is known: correct the name, or add it to the configuration of ssh',
  ],
  [
    /connection refused/i,
    () => 'nothing answers there: start its ssh server, or give the right port as ssh://host:PORT',
  ],
  [
    /timed out|no route to host|network is unreachable|host is down/i,
    () => 'it does not answer: is it up, and do the networks between let ssh pass?',
  ],
  [
    /remote port forwarding failed|administratively prohibited/i,
    () =>
      'its ssh server allows no tunnel (AllowTcpForwarding): allow it, or give master=HOST, the address at which the host reaches the master',
  ],
  [
    /can't open user config file/i,
    ({ config }) => `ssh cannot read the file config=${config}: give the path of one that exists`,
  ],
  [/^spawn .* (ENOENT|EACCES)$/, () => "there is no ssh on this machine that could be run: install OpenSSH's client"],
  [/bad configuration option|terminating, .* bad configuration/i, () => 'the configuration of ssh has a mistake'],
];

/** Begins with the host. */
export function describeSshEnd(target: SshTarget, { code, lines }: SshEnd): string {
  const said = lines.map((line) => line.trim()).filter((line) => line !== '');
  const found = problems.find(([pattern]) => said.some((line) => pattern.test(line)));
  const place = `no workers on ${placeOf(target)}`;
  if (found !== undefined) return `${place}: ${found[1](target)}${quoted(saidBy(found[0], said))}`;
  const last = said.at(-1);
  const how = code === null ? 'ssh was killed' : `ssh ended with exit code ${code}`;
  return `${place}: ${how} before tsload ran there${last === undefined ? '' : quoted(last)}`;
}

export function describeNoNode(target: SshTarget, needed: string): string {
  const place = placeOf(target);
  if (target.node !== undefined)
    return `no workers on ${place}: there is no Node at ${target.node}, as node= says: give its path`;
  return `no workers on ${place}: it has no Node on its PATH: install Node ${needed}, or give node=/path/to/node`;
}

export function describeOldNode(target: SshTarget, version: string, needed: string): string {
  const place = placeOf(target);
  return `no workers on ${place}: it has Node ${version}, and tsload needs ${needed}: install it, or give node=/path/to/node`;
}

function saidBy(pattern: RegExp, lines: readonly string[]): string {
  return lines.find((line) => pattern.test(line)) ?? '';
}

function quoted(line: string): string {
  return ` (${line.slice(0, 300)})`;
}
