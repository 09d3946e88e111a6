/**
 * Where the last whole row of a file ends: a process that was killed may have left half a row behind it.
 */
import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 1 << 20;
const lineFeed = 0x0a;
const quote = 0x22;

/** Bytes up to there. `isQuoted`: line ends within quotes end no row, as in CSV. */
export async function endOfLastRow(file: FileHandle, isQuoted: boolean): Promise<number> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let position = 0;
  let end = 0;
  let isWithin = false;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
    if (bytesRead === 0) return end;
    for (let at = 0; at < bytesRead; at++) {
      if (chunk[at] === quote) isWithin = isQuoted && !isWithin;
      else if (chunk[at] === lineFeed && !isWithin) end = position + at + 1;
    }
    position += bytesRead;
  }
}
