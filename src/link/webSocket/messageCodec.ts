/**
 * Messages to bytes and back.
 *
 * What users or their code put into a message is read here before it goes, as the other end will read it: there it would end the
 * link. What tsload makes itself, often and large, is not.
 */
import type { MasterMessage, ReportMessage, WorkerMessage } from '../messages.js';
import { packEntries } from '../packEntries.js';
import { readMasterMessage } from '../readMasterMessage.js';
import { readReportData, readWorkerMessage } from '../readWorkerMessage.js';
import { pack, packChecked, unpack, withLists } from './packing.js';

export interface Codec<Outgoing, Incoming> {
  /** Throws `LinkError` for what cannot be sent. */
  encode(message: Outgoing): Uint8Array;
  /** Throws `LinkError` for what is no message. */
  decode(body: Uint8Array): Incoming;
}

export const workerCodec: Codec<WorkerMessage, MasterMessage> = {
  encode: encodeWorkerMessage,
  decode: (body) => readMasterMessage(unpack(body)),
};

export const masterCodec: Codec<MasterMessage, WorkerMessage> = {
  encode: encodeMasterMessage,
  decode: (body) => readWorkerMessage(unpack(body)),
};

/** Throws `LinkError` for what a worker would not be sent: for whoever has to know before anything is changed. */
export function checkSendable(message: MasterMessage): void {
  masterCodec.encode(message);
}

function encodeWorkerMessage(message: WorkerMessage): Uint8Array {
  if (message.kind === 'heartbeat') return pack(message);
  return message.kind === 'report' ? encodeReport(message) : packChecked(message, readWorkerMessage);
}

function encodeReport(report: ReportMessage): Uint8Array {
  const { data } = report;
  if (Object.keys(data).length === 0) return pack(asSent(report));
  packChecked({ data }, readReportData);
  return pack({ ...asSent(report), data: withLists(data) });
}

/** A report as `readWorkerMessage` takes it. */
export function asSent(report: ReportMessage): object {
  const { interval } = report;
  return { ...report, interval: { ...interval, entries: packEntries(interval.entries) } };
}

function encodeMasterMessage(message: MasterMessage): Uint8Array {
  switch (message.kind) {
    case 'welcome':
    case 'testStart':
    case 'updateUserClass':
    case 'custom':
      return packChecked(message, readMasterMessage);
    default:
      return pack(message);
  }
}
