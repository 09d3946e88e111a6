import { expect, test } from 'vitest';
import { readHandover, writeHandover } from '../../../src/spawn/handover.js';
import { describeEnd } from '../../../src/spawn/index.js';
import { sharedNodeOptions } from '../../../src/spawn/nodeOptions.js';
import { readSpawnTarget, type SshTarget } from '../../../src/spawn/spawnTarget.js';
import { marker, readFromHost } from '../../../src/spawn/ssh/hostMessages.js';
import { sshWords, tunnelPort } from '../../../src/spawn/ssh/sshCommand.js';
import { describeNoNode, describeOldNode, describeSshEnd } from '../../../src/spawn/ssh/sshProblem.js';
import fc from '../../properties.js';

const setting = { lostSeconds: 60, nodeRange: '>=20.19' };

function target(text: string): SshTarget {
  const found = readSpawnTarget(text);
  if (found.kind !== 'ssh') throw new Error(`${text} is no ssh target`);
  return found;
}

const identity = '0123456789abcdef'.repeat(2);

test('what is handed over is read as it was written, whatever is in it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.nat(3_600_000), (secrets, orderlyMillis) => {
      const line = writeHandover({ secrets, identity, orderlyMillis });
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(readHandover(line.trimEnd())).toEqual({ secrets: { ...secrets }, identity, orderlyMillis });
    }),
  );
});

test.each([
  '',
  '{}',
  'null',
  `{"secrets":{"token":1},"identity":"${identity}","orderlyMillis":1}`,
  `{"secrets":{},"identity":"${identity}","orderlyMillis":-1}`,
  '{"secrets":{},"identity":"me","orderlyMillis":1}',
  '{"secrets":',
])('a malformed handover is refused without showing it: %s', (line) => {
  expect(() => readHandover(line)).toThrow('malformed: use the same tsload for both');
});

test('workers share the options of Node that any process can have', () => {
  const options = [
    '--max-old-space-size=4096',
    '--inspect-brk=0.0.0.0:9229',
    '--import',
    './hook.js',
    '-e',
    'code',
    '--eval=x',
  ];
  expect(sharedNodeOptions(options)).toEqual(['--max-old-space-size=4096', '--import', './hook.js']);
});

test.each([
  [{ code: 0, signal: null }, 'ended with exit code 0'],
  [{ code: null, signal: 'SIGTERM' }, 'was ended by SIGTERM'],
  [{ code: null, signal: 'SIGKILL' }, 'was ended by SIGKILL, by hand or because the machine ran out of memory'],
  [{ code: null, signal: null, problem: 'was lost' }, 'was lost'],
])('an end is told in words: %o', (end, words) => {
  expect(describeEnd(end)).toBe(words);
});

test('ssh asks nothing, shares no connection, and leads the workers to the master', () => {
  const words = sshWords(target('ssh://me@loadgen:2222?config=/c'), {
    ...setting,
    tunnel: { host: '127.0.0.1', port: 5557 },
  });
  const text = words.join(' ');
  expect(text).toMatch(/^-F \/c -o BatchMode=yes /);
  expect(text).toContain('-o ControlMaster=no -o ControlPath=none');
  expect(text).toContain('-R 127.0.0.1:0:127.0.0.1:5557 -p 2222 -l me -- loadgen exec sh -c ');
});

test('with master= there is no tunnel, and an IPv6 address of the master is put in brackets for one', () => {
  expect(sshWords(target('ssh://a?master=m'), setting)).not.toContain('-R');
  expect(sshWords(target('ssh://a'), { ...setting, tunnel: { host: '::1', port: 1 } })).toContain(
    '127.0.0.1:0:[::1]:1',
  );
});

test('what the host runs reads alike in sh, fish and csh: one line, quotes in pairs, no exclamation mark', () => {
  const command = sshWords(target('ssh://a?node=/opt/my node'), setting).at(-1) ?? '';
  expect(command).not.toMatch(/[\n!]/);
  expect(command.split("'")).toHaveLength(7);
  expect(command).toContain(" tsload '/opt/my node' ");
  expect(command).toContain('[ "$3" -gt 20 ]');
});

test('the port of the tunnel is read from what ssh says', () => {
  expect(tunnelPort('Allocated port 40123 for remote forward to 127.0.0.1:5557')).toBe(40123);
  expect(tunnelPort('someone says: Allocated port 40123 for remote forward')).toBeUndefined();
});

test.each([
  ['Host key verification failed.', /ssh does not know its host key: run "ssh me@loadgen" once, compare the key/],
  ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @', /not the one that ssh knows: find out why/],
  [
    'me@loadgen: Permission denied (publickey).',
    /refuses the login: "ssh me@loadgen true" must work without a question/,
  ],
  ['Received disconnect: Too many authentication failures', /refuses the login/],
  ['ssh: Could not resolve hostname loadgen: Name or service not known', /no machine of that name is known/],
  ['ssh: connect to host loadgen port 22: Connection refused', /nothing answers there: start its ssh server/],
  ['ssh: connect to host loadgen port 22: Connection timed out', /does not answer/],
  ['ssh: connect to host loadgen port 22: No route to host', /does not answer/],
  ['Warning: remote port forwarding failed for listen port 0', /allows no tunnel.*master=HOST/],
  ["Can't open user config file /c: No such file or directory", /ssh cannot read the file config=/],
])('what ssh says becomes a sentence with what to do: %s', (line, sentence) => {
  const text = describeSshEnd(target('ssh://me@loadgen'), {
    code: 255,
    lines: ['Some banner', line, '', 'Another line'],
  });
  expect(text).toMatch(/^no workers on me@loadgen: /);
  expect(text).toMatch(sentence);
  expect(text).toContain(line);
});

test('what nobody has foreseen is told as ssh says it', () => {
  const text = describeSshEnd(target('ssh://a'), { code: 1, lines: ['This account is currently not available.', ''] });
  expect(text).toBe(
    'no workers on a: ssh ended with exit code 1 before tsload ran there (This account is currently not available.)',
  );
  expect(describeSshEnd(target('ssh://a'), { code: null, lines: [] })).toBe(
    'no workers on a: ssh was killed before tsload ran there',
  );
});

test('a host without a fitting Node is told what it needs', () => {
  expect(describeNoNode(target('ssh://a'), '>=20.19')).toBe(
    'no workers on a: it has no Node on its PATH: install Node >=20.19, or give node=/path/to/node',
  );
  expect(describeNoNode(target('ssh://a?node=/x'), '>=20.19')).toContain('there is no Node at /x');
  expect(describeOldNode(target('ssh://a'), 'v18.1.0', '>=20.19')).toContain(
    'it has Node v18.1.0, and tsload needs >=20.19',
  );
});

test('the host says nothing that is taken for a message by accident', () => {
  expect(readFromHost('Welcome to loadgen!')).toBeUndefined();
  expect(readFromHost(`${marker}{"kind":"line","worker":1,"text":"x"}`)).toEqual({
    kind: 'line',
    worker: 1,
    text: 'x',
  });
});

test('any line of a host is a message, none, or a LinkError', () => {
  const kinds = fc.constantFrom('noNode', 'oldNode', 'ready', 'started', 'line', 'ended', 'failed', 'other');
  const message = fc.record({
    kind: kinds,
    version: fc.jsonValue(),
    hasTsload: fc.jsonValue(),
    workers: fc.jsonValue(),
    end: fc.jsonValue(),
  });
  fc.assert(
    fc.property(
      fc.oneof(
        message.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (text) => {
        try {
          const read = readFromHost(`${marker}${text}`);
          expect(['noNode', 'oldNode', 'ready', 'started', 'line', 'ended', 'failed']).toContain(read?.kind);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'LinkError' });
        }
      },
    ),
  );
});
