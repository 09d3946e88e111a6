/**
 * Messages to bytes and back. Each end of a session has a codec of its own, as names that were said once are numbers after that.
 */
import type { MasterMessage, WorkerMessage } from '../messages.js';
import { readMasterMessage } from '../readMasterMessage.js';
import { readWorkerMessage } from '../readWorkerMessage.js';
import { pack, unpack } from './packing.js';

export interface Codec<Outgoing, Incoming> {
  /** Throws `LinkError` for what cannot be sent. */
  encode(message: Outgoing): Uint8Array;
  /** Throws `LinkError` for what is no message. */
  decode(body: Uint8Array): Incoming;
}

/** Names that many workers say, kept once. */
export type NamePool = Map<string, string>;

export function workerCodec(): Codec<WorkerMessage, MasterMessage> {
  return { encode: pack, decode: (body) => readMasterMessage(unpack(body)) };
}

export function masterCodec(_names: NamePool): Codec<MasterMessage, WorkerMessage> {
  return { encode: pack, decode: (body) => readWorkerMessage(unpack(body)) };
}
