/**
 * How workers join this master, as text for whoever has to start them. Pure.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { defaultPort, isLoopback, thisMachine } from './role.js';

export interface JoinFacts {
  readonly bindHost: string;
  readonly port: number;
  /** Set when it was made here, so that nobody else knows it. */
  readonly madeToken: string | undefined;
  /** Whether workers of this user on this machine find the token by themselves. */
  readonly isTokenKept: boolean;
  readonly isEncrypted: boolean;
  /** Workers have to show a certificate. */
  readonly wantsCertificates: boolean;
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
  readonly hostname: string;
}

/**
 * The lines for the terminal. They may hold the token, so they are for the terminal only, and not for a log.
 * None when the token was given: whoever gave it knows how to start workers.
 */
export function joinLines(facts: JoinFacts): readonly string[] {
  const { bindHost, madeToken, isTokenKept } = facts;
  if (madeToken === undefined) return [];
  const isOpen = !isLoopback(bindHost);
  const isDefault = bindHost === '*' || bindHost === thisMachine; // where a worker looks by itself
  const here = joinCommand(facts, isDefault ? undefined : bindHost);
  const isFound = isTokenKept && (bindHost === '*' || !isOpen);
  const command = `TSLOAD_TOKEN=${madeToken} `;
  if (!isOpen) return ['To add a worker on this machine:', `    ${isFound ? '' : command}${here}`];
  const there = `    ${command}${joinCommand(facts, reachableHost(facts))}`;
  if (!isFound) return ['To add a worker, here or on another machine:', there];
  return ['To add a worker on another machine:', there, 'or on this one:', `    ${here}`];
}

/** `tsload --worker …`; without `host`: on the machine of the master. */
function joinCommand({ port, isEncrypted, wantsCertificates }: JoinFacts, host: string | undefined): string {
  return [
    'tsload --worker',
    ...(host === undefined ? [] : [`--master-host ${host}`]),
    ...(port === defaultPort ? [] : [`--master-port ${port}`]),
    ...(isEncrypted ? ['--tls-ca CA.pem'] : []),
    ...(wantsCertificates ? ['--tls-cert CERT.pem --tls-key KEY.pem'] : []),
  ].join(' ');
}

/** An address at which other machines are likely to reach this one; else its name. */
export function reachableHost({
  bindHost,
  interfaces,
  hostname,
}: Pick<JoinFacts, 'bindHost' | 'interfaces' | 'hostname'>) {
  if (!['*', '0.0.0.0', '::', ''].includes(bindHost)) return bindHost;
  const outer = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address));
  return (outer.find(({ family }) => family === 'IPv4') ?? outer[0])?.address ?? hostname;
}
