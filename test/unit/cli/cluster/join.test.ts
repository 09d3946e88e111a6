import { describe, expect, test } from 'vitest';
import { type JoinFacts, joinLines, reachableHost } from '../../../../src/cli/cluster/join.js';

const address = (ip: string, more: object = {}) => ({
  address: ip,
  netmask: '',
  mac: '',
  cidr: null,
  internal: false,
  family: 'IPv4' as const,
  ...more,
});

const facts: JoinFacts = {
  bindHost: '*',
  port: 5557,
  madeToken: 'abc',
  isTokenKept: true,
  isEncrypted: false,
  wantsCertificates: false,
  interfaces: { lo: [address('127.0.0.1', { internal: true })], eth0: [address('10.0.0.5')] },
  hostname: 'master-1',
};

const lines = (more: Partial<JoinFacts>) => joinLines({ ...facts, ...more }).map((line) => line.trim());

describe('the command to join with', () => {
  test('has the token and the address for other machines, and neither for this one', () => {
    expect(lines({})).toEqual([
      'To add a worker on another machine:',
      'TSLOAD_TOKEN=abc tsload --worker --master-host 10.0.0.5',
      'or on this one:',
      'tsload --worker',
    ]);
  });

  test('has the port where it is not the usual one, and what TLS needs', () => {
    expect(lines({ port: 6000, isEncrypted: true, wantsCertificates: true })).toContain(
      'TSLOAD_TOKEN=abc tsload --worker --master-host 10.0.0.5 --master-port 6000 --tls-ca CA.pem --tls-cert CERT.pem --tls-key KEY.pem',
    );
  });

  test('of a master that only this machine can reach is about this machine only', () => {
    expect(lines({ bindHost: '127.0.0.1', port: 6000 })).toEqual([
      'To add a worker on this machine:',
      'tsload --worker --master-port 6000',
    ]);
  });

  test.each(['::1', 'localhost', '127.0.0.2'])(
    'of a master at %s names it, as a worker looks at 127.0.0.1',
    (bindHost) => {
      expect(lines({ bindHost })).toEqual([
        'To add a worker on this machine:',
        `tsload --worker --master-host ${bindHost}`,
      ]);
    },
  );

  test('of a master at one outer address has that address', () => {
    expect(lines({ bindHost: '10.0.0.7' })).toEqual([
      'To add a worker, here or on another machine:',
      'TSLOAD_TOKEN=abc tsload --worker --master-host 10.0.0.7',
    ]);
  });

  test('has the token also for this machine when it could not be kept there', () => {
    expect(lines({ bindHost: '127.0.0.1', isTokenKept: false })).toContain('TSLOAD_TOKEN=abc tsload --worker');
  });

  test('is not shown for a token that was given', () => {
    expect(lines({ madeToken: undefined })).toEqual([]);
  });
});

test.each([
  ['*', facts.interfaces, '10.0.0.5'],
  ['0.0.0.0', { a: [address('169.254.1.1'), address('192.168.0.2')] }, '192.168.0.2'],
  ['*', { a: [address('fe80::1', { family: 'IPv6' }), address('2001:db8::1', { family: 'IPv6' })] }, '2001:db8::1'],
  ['*', { lo: [address('127.0.0.1', { internal: true })] }, 'master-1'],
  ['10.9.9.9', facts.interfaces, '10.9.9.9'],
])('a master at %j is reached at the likeliest address', (bindHost, interfaces, host) => {
  expect(reachableHost({ bindHost, interfaces, hostname: 'master-1' })).toBe(host);
});
