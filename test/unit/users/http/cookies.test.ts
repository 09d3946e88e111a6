import { expect, test } from 'vitest';
import { aUser } from './builders.js';
import { httpServer } from './servers.js';

const cookieServer = () =>
  httpServer((request, response) => {
    if (request.url === '/login') response.setHeader('set-cookie', ['sid=abc; Path=/; HttpOnly', 'lang=de']);
    if (request.url === '/deep/set') response.setHeader('set-cookie', 'deep=1; Path=/deep');
    if (request.url === '/logout') response.setHeader('set-cookie', 'sid=; Path=/; Max-Age=0');
    if (request.url === '/bad') response.setHeader('set-cookie', ['', '=;=', 'x=1; Domain=other.example']);
    response.end(request.headers.cookie ?? '');
  });

test('[93] cookies are kept and sent, by path, until the server takes them back or clear() forgets them', async () => {
  await using server = await cookieServer();
  using visitor = aUser(server.url);
  const { client } = visitor;
  expect((await client.get('/')).text()).toBe('');
  const login = await client.get('/login');
  expect(login.cookies).toEqual({ sid: 'abc', lang: 'de' });
  expect((await client.get('/')).text()).toBe('sid=abc; lang=de');
  await client.get('/deep/set');
  expect((await client.get('/deep/x')).text()).toBe('deep=1; sid=abc; lang=de');
  expect((await client.get('/')).text()).toBe('sid=abc; lang=de');
  await client.get('/logout');
  expect((await client.get('/')).text()).toBe('lang=de');
  client.cookies.clear();
  expect((await client.get('/')).text()).toBe('');
});

test('cookies can be read and set by the test; a Cookie header of its own is sent instead of the kept ones', async () => {
  await using server = await cookieServer();
  using visitor = aUser(server.url);
  const { client } = visitor;
  expect(client.cookies.get('token')).toBeUndefined();
  client.cookies.set('token', 'x1');
  client.cookies.set('part', 'y', { path: '/part' });
  expect(client.cookies.get('token')).toBe('x1');
  expect(client.cookies.all()).toEqual({ token: 'x1' });
  expect((await client.get('/part/1')).text()).toBe('part=y; token=x1');
  expect((await client.get('/', { headers: { Cookie: 'own=1' } })).text()).toBe('own=1');
});

test('cookies stay with their host, and each user has its own', async () => {
  await using server = await cookieServer();
  using visitor = aUser(server.url);
  using other = aUser(server.url);
  await visitor.client.get('/login');
  expect((await visitor.client.get(`http://localhost:${server.port}/`)).text()).toBe('');
  expect((await other.client.get('/')).text()).toBe('');
});

test('cookies that a server cannot set are ignored', async () => {
  await using server = await cookieServer();
  using visitor = aUser(server.url);
  expect((await visitor.client.get('/bad')).status).toBe(200);
  expect((await visitor.client.get('/')).text()).not.toContain('x=1');
});
