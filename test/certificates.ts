/** Certificates for tests of TLS, made anew in each test process: an authority, a server on localhost, and a client. */
import { type CertificateExtension, type GenerateResult, generate } from 'selfsigned';

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
  /** As that of the server, but over since yesterday. */
  readonly expired: KeyAndCertificate;
  /** For `master.example` and nothing else. */
  readonly elsewhere: KeyAndCertificate;
}

let made: Promise<Certificates> | undefined;

/** The same ones for all tests of a process; valid for a day. */
export function certificates(): Promise<Certificates> {
  made ??= make();
  return made;
}

const day = 86_400_000;
const common = { keyType: 'ec', algorithm: 'sha256', notAfterDate: new Date(Date.now() + day) } as const;

async function make(): Promise<Certificates> {
  const authority = await generate([{ name: 'commonName', value: 'tsload test authority' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: authority.private, cert: authority.cert };
  const sign = async (name: string, extensions: readonly CertificateExtension[], more: object = {}) => {
    const leaf: CertificateExtension[] = [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
    ];
    return pair(
      await generate([{ name: 'commonName', value: name }], {
        ...common,
        ca,
        extensions: [...leaf, ...extensions],
        ...more,
      }),
    );
  };
  const serverAuth: CertificateExtension = { name: 'extKeyUsage', serverAuth: true };
  const local: CertificateExtension[] = [
    serverAuth,
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'localhost' },
        { type: 7, ip: '127.0.0.1' },
        { type: 7, ip: '::1' },
      ],
    },
  ];
  const [server, client, expired, elsewhere] = await Promise.all([
    sign('localhost', local),
    sign('tsload test client', [{ name: 'extKeyUsage', clientAuth: true }]),
    sign('localhost', local, {
      notBeforeDate: new Date(Date.now() - 2 * day),
      notAfterDate: new Date(Date.now() - day),
    }),
    sign('master.example', [serverAuth, { name: 'subjectAltName', altNames: [{ type: 2, value: 'master.example' }] }]),
  ]);
  return { ca: authority.cert, server, client, expired, elsewhere };
}

function pair({ private: key, cert }: GenerateResult): KeyAndCertificate {
  return { key, cert };
}
