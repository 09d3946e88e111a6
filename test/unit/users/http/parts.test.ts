/** The parts of the client that decide without doing anything. */

import { expect, test } from 'vitest';
import { nowMicros } from '../../../../src/clock.js';
import { Deadline, DeadlineList, deadlinesOf } from '../../../../src/users/http/deadlines.js';
import { headerOf, mergeHeaders } from '../../../../src/users/http/headers.js';
import { maskHeaders, maskUrl } from '../../../../src/users/http/secrets.js';
import {
  isClient,
  isDispatcher,
  loadPart,
  undici,
  undiciClient,
  undiciDispatcher,
} from '../../../../src/users/http/undici.js';
import { appendQuery, encodeQuery, readBaseUrl, resolveTarget } from '../../../../src/users/http/url.js';
import fc from '../../../properties.js';
import { until } from '../../../until.js';

class Alarm extends Deadline {
  at = 0;
  expire() {
    this.at = nowMicros();
  }
}

test('deadlines fall due in order, not before their time; cleared and moved ones do not', async () => {
  const list = new DeadlineList(30);
  const alarms = [new Alarm(), new Alarm(), new Alarm(), new Alarm()];
  const start = nowMicros();
  for (const alarm of alarms) list.add(alarm, start);
  alarms[1]?.clear();
  alarms[2]?.clear();
  list.add(alarms[2]!, start + 60_000);
  await until(() => alarms[2]!.at > 0);
  expect(alarms[0]!.at - start).toBeGreaterThanOrEqual(30_000);
  expect(alarms[1]!.at).toBe(0);
  expect(alarms[2]!.at - start).toBeGreaterThanOrEqual(90_000);
  expect(alarms[3]!.at).toBeLessThanOrEqual(alarms[2]!.at);
  expect(list.isEmpty).toBe(true);
});

test('a deadline set again by one that expires is kept, and lists of one length are shared', async () => {
  const list = deadlinesOf(10);
  expect(deadlinesOf(10)).toBe(list);
  let times = 0;
  class Again extends Deadline {
    expire() {
      if (++times < 3) list.add(this, nowMicros());
    }
  }
  list.add(new Again(), nowMicros());
  await until(() => times === 3);
  expect(list.isEmpty).toBe(true);
});

test("the client's own file of undici and the whole package give the same classes; what is not there gives none", () => {
  expect(undiciClient()).toBe(undici().Client);
  expect(undiciDispatcher()).toBe(undici().Dispatcher);
  expect(loadPart('undici/lib/dispatcher/client.js', isClient)).toBe(undici().Client);
  expect(loadPart('undici/lib/moved.js', isClient)).toBeUndefined();
  expect(loadPart('undici/lib/core/errors.js', isDispatcher)).toBeUndefined();
});

test('any path that begins with a slash becomes one that a request line can hold', () => {
  const base = readBaseUrl('http://host');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const { path, origin } = resolveTarget(base!, `/${text}`);
      expect(path).toMatch(/^\/[!$-;=?-[\]_a-z~]*$/);
      expect(origin).toBe('http://host');
    }),
  );
});

test('a path that needs no encoding stays as it is', () => {
  const base = readBaseUrl('http://host/api');
  for (const path of ['/', "/a-b_c.d~e!f$g&h'i(j)k*l+m,n;o=p:q@r", '/%20?x=[1]&y=%C3%A4']) {
    expect(resolveTarget(base!, path).path).toBe(`/api${path}`);
  }
});

test('a query survives its encoding', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.array(fc.string(), { minLength: 1 })), (query) => {
      const read = new URL(`http://h${appendQuery('/x', query)}`).searchParams;
      for (const [key, values] of Object.entries(query)) expect(read.getAll(key)).toEqual(values);
    }),
  );
  expect(encodeQuery('?a=1 2')).toBe('a=1%202');
  expect(encodeQuery(new URLSearchParams({ a: 'b c' }))).toBe('a=b+c');
  expect(appendQuery('/x', {})).toBe('/x');
});

test('headers of a call replace those of the client, whatever the case, and null removes', () => {
  const list = mergeHeaders(['A', '1', 'b', '2'], { a: 'x', B: null, c: ['y', 'z'] });
  expect(list).toEqual(['a', 'x', 'c', 'y', 'c', 'z']);
  expect(mergeHeaders(['a', '1'], new Headers({ A: 'x' }))).toEqual(['a', 'x']);
  expect(mergeHeaders(['a', '1'], new Map([['b', 2]]))).toEqual(['a', '1', 'b', '2']);
  expect(headerOf(list, 'A')).toBe('x');
  expect(headerOf(list, 'd')).toBeUndefined();
});

test('secrets are masked wherever they stand', () => {
  for (const name of [
    'Authorization',
    'cookie',
    'SET-COOKIE',
    'Proxy-Authorization',
    'X-API-Key',
    'api_key',
    'X-Session-Id',
    'client-secret',
    'x-csrf-token',
    'X-CSRFToken',
    'accessToken',
  ]) {
    expect(maskHeaders({ [name]: 'hidden' })[name], name).toBe('***');
  }
  expect(maskHeaders({ 'x-monkey': 'shown', accept: '*/*', 'x-none': undefined })).toEqual({
    'x-monkey': 'shown',
    accept: '*/*',
  });
  expect(maskUrl('https://u:p@host/x?a=1&access_token=t&apiKey=k&sessionId=s&keyword=w#token=z')).toBe(
    'https://***@host/x?a=1&access_token=***&apiKey=***&sessionId=***&keyword=w#token=z',
  );
});
