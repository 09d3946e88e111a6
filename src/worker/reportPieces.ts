/**
 * A report as a master takes it: in pieces when it is larger than a message may be, and without entries and errors that are out of
 * the bounds of one, as nothing that the recorder makes is. A master ends the link over either.
 *
 * What was measured in one interval may come in several reports; what is beside the samples goes with the last: whoever has read it has
 * them all, as where it says that iterations are finished.
 */
import { entryFault, errorFault, maxEntries, maxErrors, maxPairs, type ReportMessage } from '../link/index.js';
import { getLogger } from '../log.js';
import { bounded, charactersOf, type EntryStats, type ErrorStats, type OutcomeStats } from '../stats/index.js';
import type { KeptReport } from './keptReports.js';

/** Bytes of entries and errors in a piece, by a bound from above: half of what a frame may have, for there is more in a report. */
const maxPieceBytes = 16 * 1024 * 1024;
/** Of UTF-8, for each unit of UTF-16. */
const maxBytesOfUnit = 3;
/** Of all else in an entry with two outcomes, or in an error: numbers, and in MessagePack the names of fields. */
const maxPlainBytes = 200;
/** Of all else in a sample: the heads of up to two hundred texts. */
const maxPlainSampleBytes = 2_000;
/** Of a slot and its count. */
const maxPairBytes = 12;
/** Entries that are named when they are left out. */
const maxNamed = 100;
const namedCharacters = 200;

const log = getLogger('tsload.runners');

/** What is sent as one message. */
export type ReportPiece = Omit<ReportMessage, 'sequence'>;

interface Piece {
  readonly entries: EntryStats[];
  readonly errors: ErrorStats[];
  bytes: number;
  pairs: number;
}

export class ReportPieces {
  readonly #named = new Set<string>();

  /** `fault`: something that was measured is in no report. */
  constructor(private readonly fault: (message: string) => void) {}

  /** One report, or several one after the other. */
  of(report: KeptReport): readonly ReportPiece[] {
    const { interval } = report;
    const pieces = [emptyPiece()];
    for (const entry of interval.entries) if (this.#fits(entry, entryFault(entry))) addEntry(pieces, entry);
    for (const error of interval.errors) if (this.#fits(error, errorFault(error))) addError(pieces, error);
    const last = pieces[pieces.length - 1]!;
    if (pieces.length === 1 && isWhole(last, report)) return [report];
    return pieces.map((piece) => (piece === last ? lastPart(report, piece) : earlierPart(report, piece)));
  }

  #fits({ requestType, name }: { readonly requestType: string; readonly name: string }, fault: string | undefined) {
    if (fault === undefined) return true;
    const key = bounded(`${requestType} ${name}`, namedCharacters);
    if (this.#named.has(key) || this.#named.size === maxNamed) return false;
    this.#named.add(key);
    const message = `what was measured of ${key} is left out of reports, as a master would not take it: ${fault}`;
    log.error(message);
    this.fault(message);
    return false;
  }
}

function isWhole({ entries, errors }: Piece, { interval }: KeptReport): boolean {
  return entries.length === interval.entries.length && errors.length === interval.errors.length;
}

function lastPart(report: KeptReport, { entries, errors }: Piece): ReportPiece {
  return { ...report, interval: { ...report.interval, entries, errors } };
}

function earlierPart(report: KeptReport, { entries, errors }: Piece): ReportPiece {
  const { iterations: _, ...rest } = report;
  const interval = { ...report.interval, entries, errors, cutOff: 0, overflowingNames: [] };
  return { ...rest, exceptions: [], data: {}, interval, hasMore: true };
}

function emptyPiece(): Piece {
  return { entries: [], errors: [], bytes: 0, pairs: 0 };
}

function addEntry(pieces: Piece[], entry: EntryStats): void {
  const pairs = pairsOf(entry.ok) + pairsOf(entry.failed);
  const bytes = textBytes(entry.requestType, entry.name) + maxPlainBytes + pairs * maxPairBytes;
  const piece = pieceFor(
    pieces,
    bytes,
    ({ entries, pairs: had }) => entries.length < maxEntries && had + pairs <= maxPairs,
  );
  piece.entries.push(entry);
  piece.pairs += pairs;
}

function addError(pieces: Piece[], error: ErrorStats): void {
  const bytes = textBytes(error.requestType, error.name, error.error) + maxPlainBytes + samplesBytes(error);
  pieceFor(pieces, bytes, ({ errors }) => errors.length < maxErrors).errors.push(error);
}

/** The last piece if it has room, or a new one. */
function pieceFor(pieces: Piece[], bytes: number, hasRoom: (piece: Piece) => boolean): Piece {
  let piece = pieces[pieces.length - 1]!;
  if (piece.bytes > 0 && (piece.bytes + bytes > maxPieceBytes || !hasRoom(piece))) {
    piece = emptyPiece();
    pieces.push(piece);
  }
  piece.bytes += bytes;
  return piece;
}

function pairsOf(outcome: OutcomeStats | undefined): number {
  return outcome === undefined ? 0 : outcome.histogram.slots.length;
}

function textBytes(...texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length * maxBytesOfUnit, 0);
}

function samplesBytes({ samples }: ErrorStats): number {
  return samples.reduce((sum, sample) => sum + charactersOf(sample) * maxBytesOfUnit + maxPlainSampleBytes, 0);
}
