/**
 * The answer to a Locust worker that was started with `-f -` and asks for its master's locustfile.
 */
import { basename } from 'node:path';
import { describeThrown, getLogger } from '../../log.js';
import type { LocustfileText } from './options.js';

const none =
  'this master is tsload and has no Python locustfile to give: start it with --foreign-locustfile FILE.py, or the worker with a locustfile of its own';

const log = getLogger('tsload.link');

/** Since 2.31 a request names a version and the answer may have several files; before there was one. */
export async function answerLocustfile(
  request: unknown,
  locustfiles: (() => Promise<readonly LocustfileText[]>) | undefined,
): Promise<unknown> {
  if (locustfiles === undefined) return { error: none };
  try {
    const files = await locustfiles();
    if (request instanceof Map) return { locustfiles: files.map(answerOf) };
    const [first] = files;
    if (first === undefined) return { error: none };
    return answerOf(first);
  } catch (thrown) {
    log.error(`the locustfile for Locust workers cannot be given: ${describeThrown(thrown)}`);
    return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** A worker writes the file into a folder of its own: the name is to have none. */
function answerOf({ filename, contents }: LocustfileText): LocustfileText {
  return { filename: basename(filename), contents };
}
