import { expect, test } from 'vitest';
import { comparisonTable } from '../../../scripts/demo/comparison.js';

const titles =
  'Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%';

test('the table shows both runs side by side, in milliseconds with two decimals', () => {
  const rest = `${titles}\r\nPOST,/factorial/,2000,1,1.9,2.25,0.4,12.345,47.5,66.5,0.03,1.9,2,2,2,2,3.25,3,4,5,6,12.345\r\n,Aggregated,2000,1,1.9,2.25,0.4,12.345,47.5,66.5,0.03,1.9,2,2,2,2,3.25,3,4,5,6,12.345\r\n`;
  const grpc = `${titles}\r\ngrpc,"a ""b"", c",2001,0,0.9,1.5,0.25,8,9.0,66.7,0,0.9,2,2,2,2,2,3,3.5,5,6,8\r\n`;
  expect(
    comparisonTable([
      { label: 'REST', statsCsv: rest },
      { label: 'gRPC', statsCsv: grpc },
    ]),
  ).toEqual([
    '      type  requests  median  95 %  99 %  average   min    max  average size  failures  requests/s',
    '-'.repeat(98),
    'REST  POST      2000    1.90  3.25  4.00     2.25  0.40  12.35          47.5         1        66.5',
    'gRPC  grpc      2001    0.90  2.00  3.50     1.50  0.25   8.00           9.0         0        66.7',
  ]);
});

test('a run without requests has no row, and what is not known is a dash or N/A', () => {
  expect(comparisonTable([{ label: 'REST', statsCsv: `${titles}\r\n,Aggregated,0\r\n` }])).toHaveLength(2);
  const [, , row] = comparisonTable([
    { label: 'REST', statsCsv: `${titles}\r\nGET,/,0,0,0,0.0,0,0,0,0.0,0.0,N/A\r\n` },
  ]);
  expect(row).toBe('REST  GET          0     N/A     -     -     0.00  0.00  0.00           0.0         0         0.0');
});
