import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runSingleUser } from '../../../src/environment/index.js';
import { requestRow, rowHeader } from '../../../src/environment/requestRow.js';
import { TsloadError } from '../../../src/errors.js';
import { events } from '../../../src/events/index.js';
import { HttpUser, StopUser, task, User } from '../../../src/users/index.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A user of a locustfile's own client: two requests, one of them failed, then its end. */
class Twice extends User {
  @task
  async work() {
    const { request } = this.environment.events;
    request.fire({ requestType: 'GET', name: '/a', responseTime: 12.4, responseLength: 7 });
    request.fire({
      requestType: 'GET',
      name: '/b',
      responseTime: null,
      responseLength: 0,
      exception: new Error('lost'),
    });
    throw new StopUser();
  }
}

describe('runSingleUser', () => {
  test("tasks find the defaults of the locustfile's own arguments", async () => {
    vi.stubEnv('MY_ACCOUNT', 'ann');
    const listener = events.initCommandLineParser.addListener(({ parser }) => {
      parser.addArgument(['--page-size', '-p'], { default: 20 });
      parser.addArgument('--account', { default: 'nobody', envVar: 'MY_ACCOUNT' });
    });
    const { environment } = await runSingleUser(Twice, { write: () => {}, logLevel: null });
    events.initCommandLineParser.removeListener(listener);
    expect(environment.parsedOptions).toEqual({ pageSize: 20, account: 'ann' });
  });

  test('prints a header and a row for each request, and resolves with the user when it is over', async () => {
    const lines: string[] = [];
    const user = await runSingleUser(Twice, { write: (line) => lines.push(line), logLevel: null });
    expect(user).toBeInstanceOf(Twice);
    expect(user.state).toBe('stopped');
    expect(lines.map((line) => line.split('\t').map((text) => text.trim()))).toEqual([
      ['type', 'name', 'resp_ms', 'exception'],
      ['GET', '/a', '12', ''],
      ['GET', '/b', '', 'lost'],
    ]);
  });

  test('may be called again, in the same environment; init and testStart are fired each time', async () => {
    const fired: string[] = [];
    const onInit = events.init.addListener(({ runner }) => fired.push(`init ${runner}`));
    const onStart = events.testStart.addListener(() => fired.push('testStart'));
    const quiet = { write: () => {}, logLevel: null };
    const [first, second] = [await runSingleUser(Twice, quiet), await runSingleUser(Twice, quiet)];
    events.init.removeListener(onInit);
    events.testStart.removeListener(onStart);
    expect(fired).toEqual(['init undefined', 'testStart', 'init undefined', 'testStart']);
    expect(second.environment).toBe(first.environment);
    expect(Reflect.get(second.environment, 'singleUserInstance')).toBe(second);
  });

  test('[153] takes its host from LOCUST_HOST, and TSLOAD_HOST comes first', async () => {
    const server = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    class Guest extends HttpUser {
      @task
      async visit() {
        await this.client.get('/hello');
        throw new StopUser();
      }
    }
    const lines: string[] = [];
    const write = (line: string) => lines.push(line);
    vi.stubEnv('LOCUST_HOST', `http://127.0.0.1:${port}`);
    await runSingleUser(Guest, { write, logLevel: null, includeLength: true, includePayload: true });
    expect(lines[1]?.split('\t').map((text) => text.trim())).toEqual([
      'GET',
      '/hello',
      expect.stringMatching(/^\d+(\.\d\d?)?$/),
      '5',
      '',
      'hello',
    ]);
    vi.stubEnv('TSLOAD_HOST', 'http://127.0.0.1:1');
    await runSingleUser(Guest, { write, logLevel: null });
    expect(lines.at(-1)).toMatch(/ECONNREFUSED|refused/i);
    await new Promise((resolve) => server.close(resolve));
  });

  test('iterations end a user that would go on, and a seed makes its choices the same', async () => {
    const choices: string[] = [];
    class Chooser extends User {
      @task a() {
        choices.push('a');
      }
      @task b() {
        choices.push('b');
      }
    }
    const options = { iterations: 20, seed: 7, write: () => {}, logLevel: null };
    await runSingleUser(Chooser, options);
    const first = choices.splice(0);
    expect(first).toHaveLength(20);
    await runSingleUser(Chooser, options);
    expect(choices).toEqual(first);
  });

  test('an HttpUser without a host is refused with its sentence, as a mistake and not as the end of a test', async () => {
    class Homeless extends HttpUser {}
    const refusal = await runSingleUser(Homeless, { host: '', write: () => {} }).catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(TsloadError);
    expect(String(refusal)).toMatch(/Homeless has no host/);
  });

  test('a class that cannot be made is refused with its sentence', async () => {
    class Broken extends User {
      constructor(...given: ConstructorParameters<typeof User>) {
        super(...given);
        this.fail();
      }
      fail() {
        throw new Error('no licence');
      }
    }
    await expect(runSingleUser(Broken, { write: () => {}, logLevel: null })).rejects.toThrow(/Broken.*no licence/);
  });
});

describe('rows', () => {
  const event = {
    requestType: 'POST',
    name: '/n',
    responseTime: 3,
    responseLength: 4,
    startTime: 0,
    context: { user: 'a' },
    response: { text: 'line 1\nline 2' },
    exception: `boom\t${'x'.repeat(600)}`,
  };

  test('columns come with their options, in the order of the header', () => {
    const all = { includeTime: true, includeLength: true, includeContext: true, includePayload: true };
    const names = rowHeader(all)
      .split('\t')
      .map((text) => text.trim());
    expect(names).toEqual(['time', 'type', 'name', 'resp_ms', 'length', 'exception', 'context', 'payload']);
    const row = requestRow(event, all)
      .split('\t')
      .map((text) => text.trim());
    expect(row).toHaveLength(names.length);
    expect(row.slice(0, 5)).toEqual(['1970-01-01T00:00:00.000Z', 'POST', '/n', '3', '4']);
    const [, , , millis] = requestRow({ ...event, responseTime: 0.418 }, all).split('\t');
    expect(millis).toBe('0.42');
    expect(row.slice(6)).toEqual(['{"user":"a"}', 'line 1 line 2']);
  });

  test('an exception is cut at 500 characters and stays on its row', () => {
    const exception = requestRow(event, {}).split('\t').at(-1) ?? '';
    expect(exception).toHaveLength(500);
    expect(exception.startsWith('boom xxx')).toBe(true);
  });
});
