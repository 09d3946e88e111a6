import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type MasterMessage, packEntries, type WorkerMessage } from '../../../src/link/index.js';
import {
  acknowledgeFrame,
  frameKinds,
  linkPath,
  locustfilePath,
  messageFrame,
  protocolVersion,
  subprotocol,
  versionHeader,
} from '../../../src/link/webSocket/frames.js';
import { masterLimits, workerLimits } from '../../../src/link/webSocket/limits.js';
import { pack } from '../../../src/link/webSocket/packing.js';
import { slotCount, slotOf } from '../../../src/stats/index.js';
import { masterMessages, workerMessages } from '../link/samples.js';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** The part under a heading, up to the next one. */
function part(heading: string): string {
  const start = page.indexOf(`# ${heading}\n`);
  expect(start, heading).toBeGreaterThan(0);
  const rest = page.slice(start + heading.length + 3);
  const end = rest.search(/^#+ /m);
  return end === -1 ? rest : rest.slice(0, end);
}

/** First cell and the rest of each row of a table. */
function rows(text: string): [string, string][] {
  return [...text.matchAll(/^\| `?([\w?]+)`? \|(.*)\|$/gm)].map(([, first = '', rest = '']) => [first, rest]);
}

test('docs/protocol.md lists every kind of frame with its number, and no other', () => {
  const listed = rows(part('Frames')).flatMap(([number, rest]) => {
    const kind = rest.split('|')[0]?.trim() ?? '';
    return /^\d+$/.test(number) ? [[kind, Number(number)]] : [];
  });
  expect(Object.fromEntries(listed)).toEqual(frameKinds);
});

test('its example is what is sent', () => {
  const lines = [...part('Frames').matchAll(/^(?:[0-9a-f]{2} ?)+$/gm)].map(([line]) => line.replaceAll(' ', ''));
  const quit = messageFrame(1, pack({ kind: 'quit' }));
  expect(lines).toEqual([quit, acknowledgeFrame(1)].map((frame) => Buffer.from(frame).toString('hex')));
});

/** Complete, or it does not compile. */
const masterKinds: { readonly [Kind in MasterMessage['kind']]: true } = {
  welcome: true,
  heartbeat: true,
  testStart: true,
  spawn: true,
  spawningComplete: true,
  reset: true,
  stop: true,
  quit: true,
  updateUserClass: true,
  acknowledge: true,
  grant: true,
  revoke: true,
  custom: true,
};

const workerKinds: { readonly [Kind in WorkerMessage['kind']]: true } = {
  heartbeat: true,
  started: true,
  report: true,
  users: true,
  stopped: true,
  iterations: true,
  logs: true,
  stopTest: true,
  fault: true,
  quit: true,
  custom: true,
};

test.each([
  ['From the master', masterKinds, masterMessages],
  ['From the worker', workerKinds, workerMessages],
] as const)('%s: every kind of message has a row with all of its fields', (heading, kinds, samples) => {
  const described = new Map(rows(part(heading)).filter(([kind]) => kind !== 'kind'));
  expect([...described.keys()].sort()).toEqual(Object.keys(kinds).sort());
  expect(new Set(samples.map(({ kind }) => kind))).toEqual(new Set(Object.keys(kinds)));
  for (const sample of samples) {
    const row = described.get(sample.kind) ?? '';
    if (row.includes('as above')) continue;
    for (const field of fieldsIn(sample)) expect(row, `${sample.kind}.${field}`).toMatch(new RegExp(`\\b${field}\\b`));
  }
});

/** Names of fields, and those of fields within fields that are no maps of names; the interval has a table of its own. */
function fieldsIn(message: object): string[] {
  const open = new Set(['userCounts', 'counts', 'customOptions', 'data', 'values', 'interval']);
  return Object.entries(message).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'kind') return [];
    const inner = Array.isArray(value) ? value[0] : value;
    const isOpen = open.has(key) || typeof inner !== 'object' || inner === null || ArrayBuffer.isView(inner);
    return isOpen ? [key] : [key, ...fieldsIn(inner)];
  });
}

test('the interval of a report has all of its fields', () => {
  const text = part('The interval of a report') + part('Entries as bytes');
  const report = workerMessages.find(({ kind }) => kind === 'report');
  if (report?.kind !== 'report') throw new Error('there is no report among the samples');
  const { interval } = report;
  const [entry] = interval.entries;
  const outcome = entry?.ok ?? entry?.failed;
  const all = [interval, entry, interval.errors[0], outcome, outcome?.histogram];
  const names = all.flatMap((fields) => Object.keys(fields ?? {}));
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(text, name).toMatch(new RegExp(`\\b${name}\\b`));
  expect(text).toContain(`0 to ${(slotCount - 1).toLocaleString('en')}`);
});

test('its example of an entry is what is sent', () => {
  const hex = [...part('Entries as bytes').matchAll(/^(?:[0-9a-f]{2} ?)+$/gm)].map(([line]) => line).join('');
  const outcome = { timed: 3, untimed: 0, totalMicros: 3104, minMicros: 1000, maxMicros: 1104, bytes: 30 };
  const ok = { ...outcome, histogram: { slots: [1000, 1104].map(slotOf), counts: [2, 1] } };
  const bytes = packEntries([{ requestType: 'GET', name: '/', lastRequestTimestamp: 1_700_000_000.5, ok }]);
  expect(hex.replaceAll(' ', '')).toBe(Buffer.from(bytes).toString('hex'));
});

test('versions, paths and bounds are those of the code', () => {
  const mebibyte = 1024 * 1024;
  for (const said of [
    `This page is version ${protocolVersion} of`,
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    `GET ${linkPath} HTTP/1.1`,
    `GET ${locustfilePath}\``,
    `${versionHeader}: ${subprotocol}`,
    `at most ${masterLimits.maxFrameBytes / mebibyte} MiB`,
    `within ${masterLimits.handshakeMillis / 1000} s is disconnected`,
    `the oldest of more than ${masterLimits.maxStrangers.toLocaleString('en')} such`,
    `keeps up to ${workerLimits.maxKeptBytes / mebibyte} MiB, a master ${masterLimits.maxKeptBytes / mebibyte} MiB`,
    `gives ${workerLimits.maxBufferedBytes / mebibyte} MiB to the socket`,
    `nothing for ${workerLimits.silenceMillis / 1000} s (a worker) or ${masterLimits.silenceMillis / 1000} s (a master)`,
    `from 0.1 to\n${workerLimits.maxPauseMillis / 1000} s`,
  ]) {
    expect(page).toContain(said);
  }
});
