/**
 * How a worker reaches its master: place, token, certificates.
 */
import { connect } from 'node:net';
import { unbracketed } from '../../address.js';
import { OptionError } from '../../errors.js';
import type { MasterAddress } from '../../link/index.js';
import { getLogger } from '../../log.js';
import { CodedError, exitCodes } from '../exit.js';
import type { EarlySettings, Sources } from '../options/settings.js';
import { isLoopback } from './role.js';
import { workerTls } from './tls.js';
import { givenToken } from './token.js';
import { findToken, tokenPathsOfWorker } from './tokenFile.js';

const log = getLogger('tsload.main');

const lookMillis = 200;
/** A master that is started a moment later is nothing to speak of. */
const quietMillis = 3000;
/** From one look whether something listens there to the next. */
const knockMillis = 5000;
/** A master leaves its token a moment after it has begun to listen. */
const settleMillis = 2000;
const connectMillis = 1000;
/** As long as a worker tries to connect. */
const waitSeconds = 300;

/** `handed`: what whoever started this worker handed over. Throws `OptionError`; waits for a master of this user's to appear. */
export async function masterAddress(
  settings: EarlySettings,
  sources: Sources,
  handed: Readonly<Record<string, string>>,
): Promise<MasterAddress> {
  const { masterPort: port } = settings;
  const host = unbracketed(settings.masterHost);
  const tls = workerTls(settings);
  const given = settings.supervised ? handed['token'] : givenToken(settings, sources.variables);
  const token = given ?? (await foundToken(host, port, sources));
  if (tls === undefined && !isLoopback(host)) {
    log.warning(
      `The token goes to ${host} without encryption, so anyone on the way can read it: give master and workers TLS ` +
        'certificates (docs/security.md) unless you trust the network',
    );
  }
  return { host, port, token, ...(tls === undefined ? {} : { tls }) };
}

/** The token of a master that this user has started on this machine, now or in a while. */
async function foundToken(host: string, port: number, { variables, home }: Sources): Promise<string> {
  if (!isLoopback(host)) {
    throw new OptionError(
      `the master at ${host} wants a token: set TSLOAD_TOKEN to the one that it has printed, or give --token-file`,
    );
  }
  const paths = tokenPathsOfWorker({ host, port }, variables, home);
  const began = performance.now();
  let hasTold = false;
  let knockAt = quietMillis;
  let wasListened = false;
  for (;;) {
    const token = findToken(paths);
    if (token !== undefined) return token;
    const waitedMillis = performance.now() - began;
    if (waitedMillis > waitSeconds * 1000) throw notFound(port);
    if (waitedMillis > knockAt) {
      const isListened = await listens(host, port);
      if (isListened && wasListened) return lastToken(paths, port);
      wasListened = isListened;
      knockAt = waitedMillis + (isListened ? settleMillis : knockMillis);
      if (!isListened && !hasTold) {
        hasTold = true;
        log.info(`Waiting for a master that you start on this machine, port ${port} (for another's set TSLOAD_TOKEN)`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, lookMillis));
  }
}

/** Of what has listened there for a while. */
function lastToken(paths: readonly string[], port: number): string {
  const token = findToken(paths);
  if (token !== undefined) return token;
  throw new CodedError(
    exitCodes.noMaster,
    `what listens at port ${port} of this machine has left no token for your workers: if it is a master that was given one, give ` +
      'this worker the same, as TSLOAD_TOKEN or with --token-file; else look at --master-port',
  );
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectMillis });
    const answer = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

function notFound(port: number): CodedError {
  return new CodedError(
    exitCodes.noMaster,
    `no master of yours has listened at port ${port} of this machine for ${waitSeconds} seconds: start one with tsload --master`,
  );
}
