/** A process whose clock is wrong: libfaketime shifts what the system says, and leaves the monotonic clock alone, as a wrong clock does. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export function faketimeLibrary(): string | undefined {
  const places = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime', 'libfaketime.so.1'));
  return places.find((place) => existsSync(place));
}

/** Environment of a process whose clock is so far off, for example `+1h`. */
export function withClock(offset: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: faketimeLibrary() ?? '',
    FAKETIME: offset,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
}

/** The same, with an offset that stands in a file and may change while the process runs. */
export function withClockOf(file: string): Readonly<Record<string, string>> {
  const { FAKETIME: _, ...rest } = withClock('');
  return { ...rest, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' };
}
