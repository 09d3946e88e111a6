/**
 * The files of --tls-cert, --tls-key and --tls-ca, read and checked before anything listens or connects.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { OptionError } from '../../errors.js';
import type { ClientTls, ServerTls } from '../../link/index.js';
import type { Settings } from '../options/optionTable.js';

type TlsSettings = Pick<Settings, 'tlsCert' | 'tlsKey' | 'tlsCa'>;

/** What a master shows its workers; undefined: connections are not encrypted. Throws `OptionError`. */
export function masterTls(settings: TlsSettings): ServerTls | undefined {
  const { tlsCa } = settings;
  const pair = certificate(settings);
  if (pair === undefined) {
    if (tlsCa === undefined) return undefined;
    throw new OptionError('--tls-ca needs --tls-cert and --tls-key on a master: it has no certificate to show');
  }
  if (tlsCa === 'system') {
    throw new OptionError('--tls-ca system is for workers: a master needs the file of those who sign its workers');
  }
  return tlsCa === undefined ? pair : { ...pair, ca: certificates(tlsCa) };
}

/** How a worker connects; undefined: not encrypted. Throws `OptionError`. */
export function workerTls(settings: TlsSettings): ClientTls | undefined {
  const { tlsCa } = settings;
  const pair = certificate(settings);
  if (pair === undefined && tlsCa === undefined) return undefined;
  if (tlsCa === undefined || tlsCa === 'system') return { ...pair };
  return { ...pair, ca: certificates(tlsCa) };
}

function certificate({ tlsCert, tlsKey }: TlsSettings): { cert: string; key: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsKey === undefined)
    throw new OptionError('--tls-cert needs --tls-key: give the private key of the certificate');
  if (tlsCert === undefined) throw new OptionError('--tls-key needs --tls-cert: give the certificate of the key');
  const cert = certificates(tlsCert, '--tls-cert');
  const key = readPem('--tls-key', tlsKey);
  const what = /ENCRYPTED/.test(key) ? 'private key without a passphrase' : 'private key';
  const isPair = parsed('--tls-key', tlsKey, what, () =>
    new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)),
  );
  if (isPair) return { cert, key };
  throw new OptionError(
    `--tls-key ${tlsKey} is not the key of the certificate ${tlsCert}: give the two that belong together`,
  );
}

function certificates(path: string, option = '--tls-ca'): string {
  const pem = readPem(option, path);
  parsed(option, path, 'certificate', () => new X509Certificate(pem));
  return pem;
}

function readPem(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new OptionError(`${option} ${path} cannot be read: ${reason}`, { cause: thrown });
  }
}

function parsed<T>(option: string, path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    throw new OptionError(`${option} ${path} holds no ${what} in PEM that can be read`, { cause: thrown });
  }
}
