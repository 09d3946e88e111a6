/**
 * The frames of a link, to bytes and back. Pure. docs/protocol.md is their description for people.
 *
 *   worker                                     master
 *     │ ── open ───────────────────────────────▶ │   I am worker W of session S, and have your messages up to n
 *     │ ◀───────────────────────────── resume ── │   I know it, and have yours up to m: both send what is missing
 *     │ ◀────────────────────────── introduce ── │   or: I don't know it, so say who you are
 *     │ ── hello ──────────────────────────────▶ │   what `WorkerHello` has
 *     │ ◀───────────────────────────── joined ── │   numbers begin at 1 in both directions
 *     │ ◀──── message, acknowledge, … ─────────▶ │
 *     │ ── heartbeat ──────────────────────────▶ │ ── answer ──▶   neither is kept
 *     │ ◀───────────────── bye or end ─────────▶ │   closed on purpose, or because something is wrong
 */
import { LinkError } from '../../errors.js';
import { maxCount } from '../bounds.js';
import { asFields, text, whole } from '../fields.js';
import { pack, unpack } from './packing.js';

/** Goes up when the two ends could misunderstand each other; peers of different ones refuse each other. */
export const protocolVersion = 1;

/** As it stands in the header `Sec-WebSocket-Protocol`. */
export const subprotocol = `tsload.${protocolVersion}`;
/** Header with the same for requests that open no WebSocket. */
export const versionHeader = 'tsload-link';
export const linkPath = '/link';
export const locustfilePath = '/locustfile';
/** Media type of what is there. */
export const packageType = 'application/octet-stream';

export const frameKinds = {
  open: 1,
  resume: 2,
  introduce: 3,
  hello: 4,
  joined: 5,
  message: 6,
  heartbeat: 7,
  answer: 8,
  acknowledge: 9,
  bye: 10,
  end: 11,
} as const;

export interface OpenFrame {
  readonly kind: 'open';
  readonly worker: string;
  /** Secret of the worker's process: nobody else can take its place. */
  readonly session: string;
  /** Number of the last message that came from the master. */
  readonly received: number;
}

/** Times of a heartbeat: `sentAt` in milliseconds of the worker's monotonic clock, the others in seconds since 1970. */
export interface AnswerTimes {
  /** 0: this is the answer to no heartbeat. */
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly answeredAt: number;
}

export type Frame =
  | OpenFrame
  | { readonly kind: 'resume'; readonly received: number }
  | { readonly kind: 'introduce' }
  | { readonly kind: 'hello'; readonly hello: unknown }
  | { readonly kind: 'joined' }
  | { readonly kind: 'message'; readonly number: number; readonly body: Buffer }
  | { readonly kind: 'heartbeat'; readonly received: number; readonly sentAt: number; readonly body: Buffer }
  | { readonly kind: 'answer'; readonly received: number; readonly times: AnswerTimes; readonly body: Buffer }
  | { readonly kind: 'acknowledge'; readonly received: number }
  | { readonly kind: 'bye'; readonly number: number }
  | { readonly kind: 'end'; readonly sentence: string };

const numberBytes = 6;
const maxId = 256;
const maxSentence = 2_000;

export const nothing: Uint8Array = new Uint8Array(0);

export function openFrame(open: Omit<OpenFrame, 'kind'>): Uint8Array {
  return withHead(frameKinds.open, pack(open));
}

export function resumeFrame(received: number): Uint8Array {
  return numbered(frameKinds.resume, received, nothing);
}

export function introduceFrame(): Uint8Array {
  return withHead(frameKinds.introduce, nothing);
}

export function helloFrame(hello: unknown): Uint8Array {
  return withHead(frameKinds.hello, pack(hello));
}

export function joinedFrame(): Uint8Array {
  return withHead(frameKinds.joined, nothing);
}

export function messageFrame(number: number, body: Uint8Array): Uint8Array {
  return numbered(frameKinds.message, number, body);
}

export function byeFrame(number: number): Uint8Array {
  return numbered(frameKinds.bye, number, nothing);
}

export function acknowledgeFrame(received: number): Uint8Array {
  return numbered(frameKinds.acknowledge, received, nothing);
}

export function heartbeatFrame(received: number, sentAt: number, body: Uint8Array): Uint8Array {
  const frame = numbered(frameKinds.heartbeat, received, nothing, 8 + body.length);
  frame.writeDoubleBE(sentAt, 1 + numberBytes);
  frame.set(body, 1 + numberBytes + 8);
  return frame;
}

export function answerFrame(received: number, times: AnswerTimes, body: Uint8Array): Uint8Array {
  const frame = numbered(frameKinds.answer, received, nothing, 24 + body.length);
  frame.writeDoubleBE(times.sentAt, 1 + numberBytes);
  frame.writeDoubleBE(times.receivedAt, 1 + numberBytes + 8);
  frame.writeDoubleBE(times.answeredAt, 1 + numberBytes + 16);
  frame.set(body, 1 + numberBytes + 24);
  return frame;
}

export function endFrame(sentence: string): Uint8Array {
  return withHead(frameKinds.end, Buffer.from(sentence.slice(0, maxSentence)));
}

/** Throws `LinkError` for what is no frame. */
export function readFrame(bytes: Buffer): Frame {
  const kind = bytes[0];
  switch (kind) {
    case frameKinds.message:
      return { kind: 'message', number: readNumber(bytes), body: bytes.subarray(1 + numberBytes) };
    case frameKinds.heartbeat:
      return {
        kind: 'heartbeat',
        received: readNumber(bytes),
        sentAt: readTime(bytes, 0),
        body: bytes.subarray(1 + numberBytes + 8),
      };
    case frameKinds.answer:
      return { kind: 'answer', received: readNumber(bytes), times: readTimes(bytes), body: bytes.subarray(31) };
    case frameKinds.acknowledge:
      return { kind: 'acknowledge', received: readNumber(bytes) };
    case frameKinds.bye:
      return { kind: 'bye', number: readNumber(bytes) };
    case frameKinds.end:
      return { kind: 'end', sentence: oneLine(bytes.toString('utf8', 1, 1 + maxSentence)) };
    default:
      return readGreeting(bytes);
  }
}

function readGreeting(bytes: Buffer): Frame {
  switch (bytes[0]) {
    case frameKinds.open:
      return readOpen(unpack(bytes.subarray(1)));
    case frameKinds.resume:
      return { kind: 'resume', received: readNumber(bytes) };
    case frameKinds.introduce:
      return { kind: 'introduce' };
    case frameKinds.hello:
      return { kind: 'hello', hello: unpack(bytes.subarray(1)) };
    case frameKinds.joined:
      return { kind: 'joined' };
    default:
      throw new LinkError(`a frame has the unknown kind ${bytes[0] ?? 'of nothing, as it is empty'}`);
  }
}

function readOpen(value: unknown): OpenFrame {
  const fields = asFields(value, 'an open frame');
  return {
    kind: 'open',
    worker: text(fields, 'worker', maxId),
    session: text(fields, 'session', maxId),
    received: whole(fields, 'received', 0, maxCount),
  };
}

function readNumber(bytes: Buffer): number {
  if (bytes.length < 1 + numberBytes) throw new LinkError(`a frame of ${bytes.length} bytes is cut off`);
  return bytes.readUIntBE(1, numberBytes);
}

/** The time at that place behind the number. */
function readTime(bytes: Buffer, place: number): number {
  const at = 1 + numberBytes + place * 8;
  if (bytes.length < at + 8) throw new LinkError(`a frame of ${bytes.length} bytes is cut off`);
  const time = bytes.readDoubleBE(at);
  if (time >= 0 && time < 1e15) return time;
  throw new LinkError(`a heartbeat has the time ${time}`);
}

function readTimes(bytes: Buffer): AnswerTimes {
  return { sentAt: readTime(bytes, 0), receivedAt: readTime(bytes, 1), answeredAt: readTime(bytes, 2) };
}

function withHead(kind: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(1 + body.length);
  frame[0] = kind;
  frame.set(body, 1);
  return frame;
}

function numbered(kind: number, number: number, body: Uint8Array, room = body.length): Buffer {
  const frame = Buffer.allocUnsafe(1 + numberBytes + room);
  frame[0] = kind;
  frame.writeUIntBE(number, 1, numberBytes);
  frame.set(body, 1 + numberBytes);
  return frame;
}

/** A foreign text for a log: on one line, and nothing that steers a terminal. */
export function oneLine(foreign: string): string {
  return foreign.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
}
