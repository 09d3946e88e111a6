/** Certificates for tests of TLS, made anew in each test process: an authority, a server on localhost, and a client. */
import { type GenerateResult, generate } from 'selfsigned';

export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  /** The authority's certificate: who trusts it trusts the others. */
  readonly ca: string;
  /** For `localhost`, `127.0.0.1` and `::1`. */
  readonly server: KeyAndCertificate;
  readonly client: KeyAndCertificate;
}

let made: Promise<Certificates> | undefined;

/** The same ones for all tests of a process; valid for a day. */
export function certificates(): Promise<Certificates> {
  made ??= make();
  return made;
}

const common = { keyType: 'ec', algorithm: 'sha256', notAfterDate: new Date(Date.now() + 86_400_000) } as const;

async function make(): Promise<Certificates> {
  const authority = await generate([{ name: 'commonName', value: 'tsload test authority' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: authority.private, cert: authority.cert };
  const [server, client] = await Promise.all([
    generate([{ name: 'commonName', value: 'localhost' }], {
      ...common,
      ca,
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
            { type: 7, ip: '::1' },
          ],
        },
      ],
    }),
    generate([{ name: 'commonName', value: 'tsload test client' }], {
      ...common,
      ca,
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true },
        { name: 'extKeyUsage', clientAuth: true },
      ],
    }),
  ]);
  return { ca: authority.cert, server: pair(server), client: pair(client) };
}

function pair({ private: key, cert }: GenerateResult): KeyAndCertificate {
  return { key, cert };
}
