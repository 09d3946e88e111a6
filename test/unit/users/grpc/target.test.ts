import { expect, test } from 'vitest';
import { fieldName, methodName } from '../../../../src/users/grpc/protoNames.js';
import { stableDetails, statusName } from '../../../../src/users/grpc/status.js';
import { readTarget } from '../../../../src/users/grpc/target.js';

test.each([
  ['localhost:50051', 'dns:localhost:50051', undefined],
  ['grpc://localhost:50051', 'dns:localhost:50051', false],
  ['grpcs://api.example:443/', 'dns:api.example:443', true],
  ['grpcs://api.example', 'dns:api.example:443', true],
  ['https://api.example', 'dns:api.example:443', true],
  ['HTTP://api.example/', 'dns:api.example:80', false],
  ['http://127.0.0.1:8080', 'dns:127.0.0.1:8080', false],
  ['[::1]:50051', 'dns:[::1]:50051', undefined],
  ['grpc://[fe80::1%eth0]:1', 'dns:[fe80::1%eth0]:1', false],
  [' localhost:1 ', 'dns:localhost:1', undefined],
  ['unix:/tmp/socket', 'unix:/tmp/socket', undefined],
  ['dns:///api.example:1', 'dns:///api.example:1', undefined],
  ['ipv4:1.2.3.4:5,6.7.8.9:5', 'ipv4:1.2.3.4:5,6.7.8.9:5', undefined],
])('the host %s leads to %s', (host, address, isSecure) => {
  expect(readTarget(host)).toMatchObject({ address, isSecure });
});

test.each([
  '',
  'localhost',
  'grpc://localhost',
  'localhost:0',
  'localhost:65536',
  'localhost:abc',
  '::1',
  '::1:50051',
  'http://h:1/path',
  'http://h:1?query',
  'ftp://h:1',
  'a b:1',
  'anna@host:1',
])('the host %j is none', (host) => {
  expect(readTarget(host)).toBeTypeOf('string');
});

test.each([
  ['time_taken', 'timeTaken'],
  ['line_2', 'line2'],
  ['a__b_c', 'aBC'],
  ['alreadyCamel', 'alreadyCamel'],
  ['with_Capital', 'withCapital'],
  ['trailing_', 'trailing'],
])('the field %s is %s in a test', (name, camel) => {
  expect(fieldName(name)).toBe(camel);
});

test.each([
  ['CalculateFactorial', 'calculateFactorial'],
  ['get_item', 'getItem'],
  ['GetURL', 'getURL'],
  ['X', 'x'],
])('the method %s is %s in a test', (name, camel) => {
  expect(methodName(name)).toBe(camel);
});

test.each([
  ['Deadline exceeded after 0.201s,name resolution: 0.001s,metadata filters: 0.000s', 'Deadline exceeded'],
  [
    'Deadline exceeded after 1.5s,name resolution: 0.001s,Waiting for LB pick',
    'Deadline exceeded, Waiting for LB pick',
  ],
  ['Deadline exceeded after 1.5s,waiting for name resolution', 'Deadline exceeded, waiting for name resolution'],
  ['Received message larger than max (10485766 vs 4194304)', 'Received message larger than max (4194304)'],
  [
    'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:9. Resolution note: ',
    'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:9',
  ],
  ['connect ETIMEDOUT 10.0.0.1:443 - Local (192.168.1.2:54321)', 'connect ETIMEDOUT 10.0.0.1:443'],
  [
    'connect EADDRNOTAVAIL 10.0.0.1:443 - Local (0.0.0.0:0)',
    'limit of the load generator: connect EADDRNOTAVAIL 10.0.0.1:443',
  ],
  ['80ABCDEF01234567:error:0A000126:SSL routines', 'error:0A000126:SSL routines'],
  ['object at 0x7f3a2b1c', 'object at 0x…'],
  ['no such book', 'no such book'],
  ['', 'no details'],
])('equal failures have one text: %s', (details, text) => {
  expect(stableDetails(details)).toBe(text);
});

test('a code that gRPC does not know is UNKNOWN', () => {
  expect([0, 5, 16, 17, -1].map(statusName)).toEqual(['OK', 'NOT_FOUND', 'UNAUTHENTICATED', 'UNKNOWN', 'UNKNOWN']);
});
