/**
 * The command line of ssh, and the one that it runs on the host. Pure.
 */
import { bracketed } from '../../address.js';
import type { SshTarget } from '../spawnTarget.js';
import { marker } from './hostMessages.js';

export interface Tunnel {
  /** Where the tunnel leads, as seen from this machine. */
  readonly host: string;
  readonly port: number;
}

const connectSeconds = 15;

/** Set here because a user's configuration may say otherwise for sessions at a terminal. */
const settings = [
  'BatchMode=yes', // nobody is there to answer a question
  `ConnectTimeout=${connectSeconds}`,
  'LogLevel=INFO', // the tunnel's port is told at this level
  'ControlMaster=no', // a shared connection would keep the tunnel when this session is over
  'ControlPath=none',
  'RemoteCommand=none',
  'RequestTTY=no',
  'PermitLocalCommand=no',
  'ForwardAgent=no',
  'ForwardX11=no',
];

export interface SshSetting {
  /** Absent: the workers reach the master without one. */
  readonly tunnel?: Tunnel;
  /** Seconds without an answer after which ssh gives the connection up. */
  readonly lostSeconds: number;
  /** The versions of Node that tsload runs on, as in package.json: `>=20.19`. */
  readonly nodeRange: string;
}

/** Words after `ssh`. */
export function sshWords(target: SshTarget, { tunnel, lostSeconds, nodeRange }: SshSetting): readonly string[] {
  const { config, port, user, host } = target;
  return [
    ...(config === undefined ? [] : ['-F', config]),
    ...[...settings, ...aliveSettings(lostSeconds)].flatMap((setting) => ['-o', setting]),
    ...(tunnel === undefined ? [] : ['-R', `127.0.0.1:0:${bracketed(tunnel.host)}:${tunnel.port}`]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    '--',
    host,
    hostCommand(target.node, nodeRange),
  ];
}

/** Asks the server for a sign of life, and gives up after the sixth question without an answer. */
function aliveSettings(lostSeconds: number): readonly string[] {
  return [`ServerAliveInterval=${Math.max(1, Math.round(lostSeconds / 6))}`, 'ServerAliveCountMax=6'];
}

/** The port on the host that leads to the master, once ssh has said it. */
export function tunnelPort(line: string): number | undefined {
  const [, port] = /^Allocated port (\d+) for remote forward/.exec(line) ?? [];
  return port === undefined ? undefined : Number(port);
}

/** As a user would type it, for messages: `ssh -p 2222 user@host`. */
export function shownCommand({ config, port, user, host }: SshTarget): string {
  const words = [
    'ssh',
    ...(config === undefined ? [] : ['-F', config]),
    ...(port === undefined ? [] : ['-p', `${port}`]),
  ];
  return [...words, user === undefined ? host : `${user}@${host}`].join(' ');
}

/** `user@host`, for messages. */
export function placeOf({ user, host }: SshTarget): string {
  return user === undefined ? host : `${user}@${host}`;
}

/**
 * Whatever shell the user has there gets this: one line, no exclamation mark, and single quotes around all that is special, which
 * sh, fish and csh read alike.
 */
function hostCommand(node: string | undefined, nodeRange: string): string {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(nodeRange) ?? [];
  const words = [`'${findNode(major, minor)}'`, 'tsload', `'${node ?? 'node'}'`, `'${readLoader}'`];
  return `exec sh -c ${words.join(' ')}`;
}

/** In sh, so that a Node of any age, or none, gets a sentence. A session without a terminal often has a short PATH. */
function findNode(major: string, minor: string): string {
  const say = (json: string) => `{ echo "${marker}${json.replaceAll('"', '\\"')}"; exit 1; }`;
  return [
    'PATH=$PATH:/usr/local/bin:/opt/homebrew/bin:$HOME/.local/bin:$HOME/bin',
    `v=$("$1" -v </dev/null 2>/dev/null) || ${say('{"kind":"noNode"}')}`,
    'set -- "$1" "$2" $(echo "$v" | tr -c 0-9 " ") 0 0', // $3 is the major version, $4 the minor one
    `[ "$3" -gt ${major} ] || [ "$3" -eq ${major} -a "$4" -ge ${minor} ] || ${say('{"kind":"oldNode","version":"$v"}')}`,
    'exec "$1" -e "$2"',
  ].join('; ');
}

/** Reads a length, a line feed and so many bytes from standard input, not one more, and runs them: `loader.ts`. */
const readLoader = [
  'const fs = require("fs")',
  'const pause = new Int32Array(new SharedArrayBuffer(4))',
  'const read = (to, at) => { for (;;) { try { return fs.readSync(0, to, at, to.length - at) }' +
    ' catch (e) { if (e.code === "EAGAIN") Atomics.wait(pause, 0, 0, 10); else return 0 } } }',
  'const one = Buffer.alloc(1)',
  'let size = ""',
  'while (read(one, 0) > 0 && one[0] > 10) size += one',
  'const text = Buffer.alloc(Number(size))',
  'for (let at = 0, got = 1; got > 0 && at < text.length; at += got) got = read(text, at)',
  'import("data:text/javascript;base64," + text.toString("base64"))',
].join('; ');
