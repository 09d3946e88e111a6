import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { masterTls } from '../../../../src/cli/cluster/tls.js';
import { certificates } from '../../../certificates.js';

test('a key with a passphrase is refused as what it is, since nobody could be asked for the phrase', async () => {
  const { server } = await certificates();
  const folder = mkdtempSync(join(tmpdir(), 'tsload-test-'));
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'sesame' } as const;
  writeFileSync(tlsCert, server.cert);
  writeFileSync(tlsKey, createPrivateKey(server.key).export(locked));
  expect(() => masterTls({ tlsCert, tlsKey, tlsCa: undefined })).toThrow(
    /^--tls-key \S+ holds no private key without a passphrase in PEM that can be read$/,
  );
});
