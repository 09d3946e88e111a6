import { expect, test } from 'vitest';
import { type LocustJoinFacts, locustJoinLines } from '../../../../src/cli/cluster/joinLocust.js';

const here: LocustJoinFacts = {
  bindHost: '127.0.0.1',
  port: 5557,
  givesLocustfile: true,
  interfaces: {},
  hostname: 'one.example',
};

test('on one machine with the port that Locust expects, a worker of it needs no address', () => {
  expect(locustJoinLines(here)).toEqual(['To add a worker of Locust on this machine:', '    locust --worker -f -']);
});

test('a master without a locustfile for them lets workers bring their own', () => {
  expect(locustJoinLines({ ...here, givesLocustfile: false })).toContain('    locust --worker -f LOCUSTFILE.py');
});

test('address and port are told where they are others than those that Locust expects', () => {
  expect(locustJoinLines({ ...here, bindHost: '*', port: 6000 })).toEqual([
    'To add a worker of Locust:',
    '    locust --worker -f - --master-host one.example --master-port 6000',
    'or of boomer, with the flags --master-host one.example --master-port 6000',
  ]);
});
