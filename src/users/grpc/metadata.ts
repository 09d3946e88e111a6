/** Metadata as a test writes it, as grpc-js takes it, and as people may see it. */
import type { Metadata } from '@grpc/grpc-js';
import { TsloadError } from '../../errors.js';
import { maskHeaders } from '../http/secrets.js';
import type { GrpcMetadata } from './callOptions.js';
import { grpcJs } from './lazy.js';

/** Metadata for one call; `own` in place of what `general` has under the same name. */
export function metadataFor(
  general: GrpcMetadata | null | undefined,
  own: GrpcMetadata | null | undefined,
  waitForReady: boolean,
): Metadata {
  const metadata = new (grpcJs().Metadata)({ waitForReady });
  if (general != null) put(metadata, general);
  if (own != null) put(metadata, own);
  return metadata;
}

function put(metadata: Metadata, values: GrpcMetadata): void {
  if (isMetadata(values)) {
    for (const name of Object.keys(values.getMap())) putOne(metadata, name, values.get(name));
    metadata.setOptions({ ...metadata.getOptions(), ...values.getOptions() });
    return;
  }
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) putOne(metadata, name, isList(value) ? value : [value]);
  }
}

function putOne(metadata: Metadata, name: string, values: readonly (string | Uint8Array)[]): void {
  try {
    metadata.remove(name);
    for (const value of values) metadata.add(name, typeof value === 'string' ? value : Buffer.from(value));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TsloadError('BAD_REQUEST', `the metadata ${JSON.stringify(name)} cannot be sent: ${reason}`, { cause });
  }
}

function isMetadata(values: GrpcMetadata): values is Metadata {
  return values instanceof grpcJs().Metadata;
}

function isList(
  value: string | Uint8Array | readonly (string | Uint8Array)[],
): value is readonly (string | Uint8Array)[] {
  return Array.isArray(value);
}

/** For the samples of failures: one text a name, secrets masked, bytes counted. */
export function shownMetadata(metadata: Metadata | undefined): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const name of Object.keys(metadata?.getMap() ?? {})) {
    const values = metadata?.get(name) ?? [];
    shown[name] = values.map((value) => (typeof value === 'string' ? value : `${value.length} bytes`)).join(', ');
  }
  return maskHeaders(shown);
}
