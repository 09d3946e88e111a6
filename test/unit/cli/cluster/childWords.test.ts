import { expect, test } from 'vitest';
import { childWords, memberWords } from '../../../../src/cli/cluster/childWords.js';
import { CustomArguments } from '../../../../src/cli/options/customArguments.js';

const custom = new CustomArguments([]);
custom.addArgument('--color');
custom.addArgument('--api-key', { isSecret: true });

const wordsFor = (line: string, isLocal = true, takesLocustfile = false) =>
  childWords(line.split(' '), custom.specs, { isLocal, takesLocustfile }).join(' ');

const line =
  '-f a.ts --processes 4 --token sesame --tls-cert c.pem --tls-key k.pem -u 3 --csv out/x --json --logfile l --config-users {} --color red --api-key x --headless';

test('workers on this machine get the words of the run, without what is of the master alone, and without secrets', () => {
  expect(wordsFor(line)).toBe('--locustfile=a.ts --users=3 --config-users={} --color=red');
});

test("workers on this machine that take the master's locustfile need not build it again", () => {
  expect(wordsFor(line, true, true)).toBe('--locustfile=- --users=3 --config-users={} --color=red');
});

test("workers elsewhere get no files of this machine and take the master's locustfile", () => {
  expect(wordsFor(line, false)).toBe('--locustfile=- --users=3 --color=red');
});

test('no word of a process about its own place among masters and workers is for the workers that it starts', () => {
  expect(wordsFor('--worker --processes 2 --master-host m --tls-ca ca.pem --master-grace 5 -L debug')).toBe(
    '--loglevel=debug',
  );
});

test("a supervisor's workers trust whom it trusts, speak the protocol of its master and wait for it as long, whatever said so", () => {
  const trust = { tlsCert: 'c.pem', tlsKey: 'k.pem', tlsCa: 'ca.pem' };
  expect(memberWords({ ...trust, protocol: 'tsload', masterGrace: 5 }).join(' ')).toBe(
    '--tls-cert=c.pem --tls-key=k.pem --tls-ca=ca.pem --protocol=tsload --master-grace=5',
  );
  const none = { tlsCert: undefined, tlsKey: undefined, tlsCa: undefined };
  expect(memberWords({ ...none, protocol: 'locust', masterGrace: 60 })).toEqual([
    '--protocol=locust',
    '--master-grace=60',
  ]);
});

test('user classes stay, before and after two dashes', () => {
  expect(wordsFor('Buyer --processes 4')).toBe('Buyer');
  expect(wordsFor('--tags a --processes 4 -- Buyer --master')).toBe('--tags=a -- Buyer --master');
});

test("a supervisor, which does not know the locustfile's options, leaves them as they are", () => {
  const words = '--worker --processes 2 --color red -x 3 Buyer --token sesame'.split(' ');
  const place = { isLocal: true, takesLocustfile: true } as const;
  expect(childWords(words, [], place).join(' ')).toBe('--locustfile=- --color red -x 3 Buyer');
});
