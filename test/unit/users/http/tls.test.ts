import { expect, test } from 'vitest';
import { certificates } from '../../../certificates.js';
import { aUser } from './builders.js';
import { httpServer, httpsServer, tcpServer } from './servers.js';

test('[104] a certificate that nobody trusts is a TLS error, and is none with verify: false', async () => {
  const { server: pair } = await certificates();
  await using server = await httpsServer(pair, (_, response) => response.end('secret'));
  using careful = aUser(server.url);
  const refused = await careful.client.get('/');
  expect(refused.status).toBe(0);
  expect(refused.error?.name).toBe('TlsError');
  expect(refused.error?.message).toMatch(/unable to verify|self-signed/i);
  using careless = aUser(server.url, { tls: { verify: false } });
  expect((await careless.client.get('/')).text()).toBe('secret');
});

test('a certificate of an own authority is trusted when ca names it, also for a host name', async () => {
  const { ca, server: pair } = await certificates();
  await using server = await httpsServer(pair, (_, response) => response.end('secret'));
  using byAddress = aUser(server.url, { tls: { ca } });
  expect((await byAddress.client.get('/')).text()).toBe('secret');
  using byName = aUser(`https://localhost:${server.port}`, { tls: { ca: [Buffer.from(ca)] } });
  expect((await byName.client.get('/')).text()).toBe('secret');
});

test('a certificate for another name is a TLS error; servername says which name is meant', async () => {
  const { ca, server: pair } = await certificates();
  const names: unknown[] = [];
  const options = {
    ...pair,
    SNICallback: (name: string, done: (error: null) => void) => {
      names.push(name);
      done(null);
    },
  };
  await using server = await httpsServer(options, (_, response) => response.end('secret'));
  using wrong = aUser(server.url, { tls: { ca, servername: 'other.example' } });
  expect((await wrong.client.get('/')).error?.message).toContain('other.example');
  using right = aUser(server.url, { tls: { ca, servername: 'localhost' } });
  expect((await right.client.get('/')).status).toBe(200);
  expect(names).toEqual(['other.example', 'localhost']);
});

test('a client certificate is presented where the server asks for one', async () => {
  const { ca, server: pair, client } = await certificates();
  await using server = await httpsServer(
    { ...pair, ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { socket } = request;
      response.end('getPeerCertificate' in socket ? 'welcome' : '');
    },
  );
  using stranger = aUser(server.url, { tls: { ca } });
  expect((await stranger.client.get('/')).status).toBe(0);
  using guest = aUser(server.url, { tls: { ca, ...client } });
  expect((await guest.client.get('/')).text()).toBe('welcome');
});

test('a server without TLS is told apart from one that is down', async () => {
  await using server = await httpServer((_, response) => response.end());
  using visitor = aUser(server.url.replace('http', 'https'));
  expect((await visitor.client.get('/')).error?.name).toBe('TlsError');
  await using plain = await tcpServer((socket) => socket.destroy());
  using other = aUser(plain.url.replace('http', 'https'));
  expect((await other.client.get('/')).status).toBe(0);
});

test('each user makes a whole handshake of its own: no session is taken over', async () => {
  const { ca, server: pair } = await certificates();
  const reused: boolean[] = [];
  await using server = await httpsServer(pair, (request, response) => {
    const { socket } = request;
    reused.push(
      'isSessionReused' in socket && typeof socket.isSessionReused === 'function' && socket.isSessionReused(),
    );
    response.end();
  });
  const tls = { ca };
  using one = aUser(server.url, { tls });
  using two = aUser(server.url, { tls });
  await one.client.get('/');
  await one.client.get('/', { headers: { connection: 'close' } });
  await one.client.get('/');
  await two.client.get('/');
  expect(reused).toEqual([false, false, false, false]);
  expect(server.connections).toBe(3);
});

test('TLS options that cannot be read are named when the client is made', () => {
  const { user } = aUser('https://127.0.0.1:1', { tls: { cert: 'no pem', key: 'no pem' } });
  expect(() => user.client).toThrow(/the TLS options cannot be used .*give certificates and keys as PEM/);
});
