import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { repository } from './tsload.js';

test('the demo prints one table of both halves of the experiment', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'demo', '--', '4s'], { cwd: repository });
  const lines = stdout.split('\n');
  const head = lines.findIndex((line) =>
    /^ +type +requests +median +95 % +99 % +average +min +max +average size/.test(line),
  );
  expect(lines[head + 2]).toMatch(/^REST +POST +\d+( +\d+\.\d\d){6} +\d+\.\d +0 /);
  expect(lines[head + 3]).toMatch(/^gRPC +grpc +\d+( +\d+\.\d\d){6} +\d+\.\d +0 /);
});
