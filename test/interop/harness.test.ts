/** The real peers are there: what the other tests of this folder stand on. */
import { expect, test } from 'vitest';
import { serve } from '../e2e/tsload.js';
import { freePort } from '../freePort.js';
import { startBoomer, startLocust, startLocustWorker } from './locust.js';

const locustfile = `
from locust import User, task, constant
class Idle(User):
    wait_time = constant(1)
    @task
    def nothing(self): pass
`;

test("a boomer worker and a Locust worker take part in a test of Locust's master", async () => {
  let asked = 0;
  await using target = await serve((_, response) => {
    asked++;
    response.end('ok');
  });
  const files = { 'locustfile.py': locustfile };
  const port = await freePort();
  const line = `--master --headless -u 3 -r 3 -t 10 --expect-workers 2 --master-bind-host 127.0.0.1 --master-bind-port ${port}`;
  using master = startLocust(line, { files });
  using worker = startLocustWorker(port, '', { files });
  using boomer = startBoomer(port, target.url);
  const { code, stderr } = await master.finished;
  expect(code).toBe(0);
  expect(stderr).toContain('/boomer');
  expect((await worker.finished).code).toBe(0);
  await boomer.finished;
  expect(asked).toBeGreaterThan(0);
});
