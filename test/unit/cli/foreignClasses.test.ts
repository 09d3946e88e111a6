import { expect, test } from 'vitest';
import { foreignLocustfile } from '../../../src/cli/run/foreignClasses.js';
import { OptionError } from '../../../src/errors.js';
import { captureLog } from '../../capturedLog.js';
import { folder } from '../../e2e/tsload.js';

const python = `
from locust import HttpUser, task
class Shopper(HttpUser):
    @task
    def buy(self): self.client.get("/")
class Admin(HttpUser):
    class Inner: pass
`;
const cwd = folder({ 'shop.py': python });
const file = `${cwd}/shop.py`;
const config = (...names: readonly string[]) => JSON.stringify(names.map((name) => ({ user_class_name: name })));
const load = (path: string, ...words: readonly string[]) =>
  foreignLocustfile(path, { words, variables: {}, cwd, home: cwd });

test('classes that --config-users names can run, each once', async () => {
  const { userClasses } = await load(file, '--config-users', config('Shopper', 'Admin', 'Shopper'));
  expect([...userClasses.keys()]).toEqual(['Shopper', 'Admin']);
  expect([...userClasses.values()].map(({ name, weight, fixedCount }) => ({ name, weight, fixedCount }))).toEqual([
    { name: 'Shopper', weight: 1, fixedCount: 0 },
    { name: 'Admin', weight: 1, fixedCount: 0 },
  ]);
});

test('without --config-users the classes of the file are suggested, and nothing runs', async () => {
  const thrown: unknown = await load(file).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(OptionError);
  expect(String(thrown)).toContain(
    `for example --config-users '[{"user_class_name":"Shopper","weight":1},{"user_class_name":"Admin","weight":1}]'`,
  );
});

test('a file that is not there is named', async () => {
  await expect(load('/none.py')).rejects.toThrow(/^--foreign-locustfile \/none\.py cannot be read: ENOENT/);
});

test('a class that the file does not seem to have is worth a warning', async () => {
  using log = captureLog();
  await load(file, '--config-users', config('Shopper', 'Shoper'));
  expect(log.at('WARNING')).toEqual([expect.stringContaining('--config-users names the class Shoper, but')]);
});
