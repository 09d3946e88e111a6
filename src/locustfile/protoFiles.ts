/**
 * The .proto files that user classes name in `static proto`, with all that they import: they are read when users are made, so
 * they go with the locustfile. Imported ones (`import './item.proto'`) are in the bundle.
 */
import { fileURLToPath } from 'node:url';
import { readProto, type UserClass } from '../users/index.js';

/** Absolute, each once. Throws `TsloadError` BAD_PROTO. */
export function protoFilesOf(userClasses: Iterable<UserClass>): readonly string[] {
  const found = new Set<string>();
  for (const userClass of userClasses) {
    const files = listOf(Reflect.get(userClass, 'proto'));
    if (files.length === 0) continue;
    const protoPath = listOf(Reflect.get(userClass, 'protoPath'));
    for (const file of readProto(files, { protoPath }).files) found.add(file);
  }
  return [...found];
}

/** What a class of another kind has under such a name is none of ours. */
function listOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((each) => {
    if (each instanceof URL && each.protocol === 'file:') return [fileURLToPath(each)];
    return typeof each === 'string' ? [each] : [];
  });
}
