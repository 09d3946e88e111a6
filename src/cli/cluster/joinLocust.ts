/**
 * How workers of Locust's protocol join this master, as text for whoever has to start them. Pure.
 */
import { reachableHost } from './join.js';
import { defaultPort, isLoopback } from './role.js';

export interface LocustJoinFacts extends Pick<Parameters<typeof reachableHost>[0], 'interfaces' | 'hostname'> {
  readonly bindHost: string;
  readonly port: number;
  /** Workers that ask for a locustfile get one. */
  readonly givesLocustfile: boolean;
}

/** The lines for the terminal. */
export function locustJoinLines(facts: LocustJoinFacts): readonly string[] {
  const { bindHost, port, givesLocustfile } = facts;
  const isHere = isLoopback(bindHost);
  const host = isHere && bindHost === '127.0.0.1' ? [] : [`--master-host ${isHere ? bindHost : reachableHost(facts)}`];
  const place = [...host, ...(port === defaultPort ? [] : [`--master-port ${port}`])];
  const locust = ['locust --worker', givesLocustfile ? '-f -' : '-f LOCUSTFILE.py', ...place].join(' ');
  return [
    `To add a worker of Locust${isHere ? ' on this machine' : ''}:`,
    `    ${locust}`,
    ...(place.length === 0 ? [] : [`or of boomer, with the flags ${place.join(' ')}`]),
  ];
}
