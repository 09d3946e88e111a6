/**
 * `--worker --processes N`: starts N workers of somebody else's master, and waits for them.
 */
import { bracketed } from '../../address.js';
import { getLogger } from '../../log.js';
import { localSpawner, PrefixedLines } from '../../spawn/index.js';
import { readVersion } from '../../version.js';
import { childWords, memberWords } from '../cluster/childWords.js';
import { highestCode, OwnWorkers } from '../cluster/ownWorkers.js';
import { workerTls } from '../cluster/tls.js';
import { givenToken } from '../cluster/token.js';
import type { EarlySettings, Sources } from '../options/settings.js';
import type { Around } from './session.js';

const log = getLogger('tsload.main');

/** Seconds that workers get for their end, beyond the stop timeout that their master has set. */
const graceSeconds = 60;

/** Returns the highest exit code of the workers. */
export async function runSupervisor(
  settings: EarlySettings,
  processes: number,
  sources: Sources,
  around: Around,
): Promise<number> {
  around.logging.setUp(settings);
  const crew = processes === 1 ? 'one worker' : `${processes} workers`;
  log.info(`Starting tsload ${readVersion()}: ${crew} of ${bracketed(settings.masterHost)}:${settings.masterPort}`);
  workerTls(settings); // what is wrong with the files is said once
  const token = givenToken(settings, sources.variables);
  const takesLocustfile = settings.locustfile.length === 0 || settings.locustfile.includes('-');
  const order = {
    masterHost: settings.masterHost,
    masterPort: settings.masterPort,
    words: [...memberWords(settings), ...childWords(sources.words, [], { isLocal: true, takesLocustfile })],
    secrets: token === undefined ? {} : { token },
  };
  using lines = new PrefixedLines(around.logging.stream);
  await using own = new OwnWorkers((worker, line) => lines.write(worker, line));
  around.signals.giveTo({
    stop: (signal) => {
      log.info(`Got ${signal}: stopping the workers (once more: at once)`);
      void own.stop(graceSeconds);
    },
    hurry: () => void own.stop(0),
  });
  await own.start([{ spawner: localSpawner(processes), order }]);
  await own.ended;
  const code = highestCode(own.ends);
  log.info(`All workers have ended (exit code ${code})`);
  return code;
}
