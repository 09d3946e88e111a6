/** What the compiler knows of responses; the file is checked by `npm run types`. */
import { expectTypeOf, test } from 'vitest';
import type {
  CaughtResponse,
  CaughtStream,
  HttpResponse,
  HttpSession,
  StreamedResponse,
} from '../../../../src/users/index.js';

test('the options decide which response comes', () => {
  const calls = (client: HttpSession) => ({
    plain: client.get('/'),
    withOptions: client.post('/', { json: {}, name: 'x', record: false }),
    judged: client.get('/', { catchResponse: (response) => expectTypeOf(response).toEqualTypeOf<CaughtResponse>() }),
    caught: client.get('/', { catchResponse: true }),
    streamed: client.get('/', { stream: true }),
    caughtStream: client.request('GET', '/', { stream: true, catchResponse: true }),
    judgedStream: client.get('/', {
      stream: true,
      catchResponse: (response) => expectTypeOf(response).toEqualTypeOf<CaughtStream>(),
    }),
  });
  type Calls = ReturnType<typeof calls>;
  expectTypeOf<Calls['plain']>().toEqualTypeOf<Promise<HttpResponse>>();
  expectTypeOf<Calls['withOptions']>().toEqualTypeOf<Promise<HttpResponse>>();
  expectTypeOf<Calls['judged']>().toEqualTypeOf<Promise<HttpResponse>>();
  expectTypeOf<Calls['caught']>().toEqualTypeOf<Promise<CaughtResponse>>();
  expectTypeOf<Calls['streamed']>().toEqualTypeOf<Promise<StreamedResponse>>();
  expectTypeOf<Calls['judgedStream']>().toEqualTypeOf<Promise<StreamedResponse>>();
  expectTypeOf<Calls['caughtStream']>().toEqualTypeOf<Promise<CaughtStream>>();
});

test('a misspelt option, an unknown body and a verdict on a plain response are compile errors', () => {
  const wrong = async (client: HttpSession) => {
    // @ts-expect-error: no such option.
    await client.get('/', { jsn: {} });
    // @ts-expect-error: no such type of body.
    await client.post('/', { body: { a: 1 } });
    const response = await client.get('/');
    // @ts-expect-error: not judged by the test.
    response.failure('x');
  };
  expectTypeOf(wrong).toBeFunction();
});

test('fields of parsed JSON can be read however deep and compared; a type can be named', () => {
  const reads = (response: HttpResponse) => {
    if (response.json().accepted === true) return 1;
    if (response.json().a?.b?.[0]?.c === 3) return 2;
    for (const item of response.json().items ?? []) if (item.name === 'x') return 3;
    return `${response.json().text}`;
  };
  expectTypeOf(reads).toBeFunction();
  const typed = (response: HttpResponse) => response.json<{ readonly id: number }>().id;
  expectTypeOf(typed).returns.toEqualTypeOf<number>();
});
