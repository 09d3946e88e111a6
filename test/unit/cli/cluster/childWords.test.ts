import { expect, test } from 'vitest';
import { childWords } from '../../../../src/cli/cluster/childWords.js';
import { CustomArguments } from '../../../../src/cli/options/customArguments.js';

const custom = new CustomArguments([]);
custom.addArgument('--color');
custom.addArgument('--api-key', { isSecret: true });

const wordsFor = (line: string, master: 'own' | 'other', isLocal = true, takesLocustfile = false) =>
  childWords(line.split(' '), custom.specs, { master, isLocal, takesLocustfile }).join(' ');

const line =
  '-f a.ts --processes 4 --token sesame --tls-cert c.pem --tls-key k.pem -u 3 --csv out/x --json --logfile l --config-users {} --color red --api-key x --headless';

test('workers on this machine get the words of the run, without what is of the master alone, and without secrets', () => {
  expect(wordsFor(line, 'own')).toBe('--locustfile=a.ts --users=3 --config-users={} --color=red');
});

test("workers on this machine that take the master's locustfile need not build it again", () => {
  expect(wordsFor(line, 'own', true, true)).toBe('--locustfile=- --users=3 --config-users={} --color=red');
});

test("workers elsewhere get no files of this machine and take the master's locustfile", () => {
  expect(wordsFor(line, 'own', false)).toBe('--locustfile=- --users=3 --color=red');
});

test("a supervisor's workers trust whom it trusts", () => {
  expect(wordsFor('--worker --processes 2 --master-host m --tls-ca ca.pem -L debug', 'other')).toBe(
    '--tls-ca=ca.pem --loglevel=debug',
  );
});

test("a supervisor's workers speak the protocol of its master, and wait for it as long as they are told to", () => {
  const words = '--worker --processes 2 --protocol locust --master-grace 5';
  expect(wordsFor(words, 'other')).toBe('--protocol=locust --master-grace=5');
  expect(wordsFor('--processes 2 --protocol locust --master-grace 5', 'own')).toBe('');
});

test('user classes stay, before and after two dashes', () => {
  expect(wordsFor('Buyer --processes 4', 'own')).toBe('Buyer');
  expect(wordsFor('--tags a --processes 4 -- Buyer --master', 'own')).toBe('--tags=a -- Buyer --master');
});

test("a supervisor, which does not know the locustfile's options, leaves them as they are", () => {
  const words = '--worker --processes 2 --color red -x 3 Buyer --token sesame'.split(' ');
  const place = { master: 'other', isLocal: true, takesLocustfile: true } as const;
  expect(childWords(words, [], place).join(' ')).toBe('--locustfile=- --color red -x 3 Buyer');
});
