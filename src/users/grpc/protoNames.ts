/**
 * Field names as a test writes them: camelCase, by the rule of protobuf's own JSON form (`time_taken` is `timeTaken`), wherever
 * the schema came from: a file, a bundle or server reflection.
 *
 * Pure: protobufjs's JSON form in, the same with other names out.
 */
import type { ProtoJson } from './service.js';

/** `time_taken` → `timeTaken`, `line_2` → `line2`. */
export function fieldName(name: string): string {
  return name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase());
}

/** `CalculateFactorial` → `calculateFactorial`, `get_item` → `getItem`. Capitals inside stay: `GetURL` → `getURL`. */
export function methodName(name: string): string {
  const joined = name.replace(/_+(.)/g, (_, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

type Json = Record<string, unknown>;

/** A copy with camelCase fields and oneofs. Map fields that came as lists of entries, as in descriptors, become maps. */
export function withFieldNames(json: ProtoJson): ProtoJson {
  return renamedNamespace(json, json, []);
}

function renamedNamespace(json: Json, root: Json, scope: readonly string[]): Json {
  const copy: Json = { ...json };
  if (isObject(json['fields'])) Object.assign(copy, renamedType(json, json['fields'], root, scope));
  if (isObject(json['nested'])) copy['nested'] = renamedNested(json['nested'], root, scope);
  return copy;
}

function renamedNested(nested: Json, root: Json, scope: readonly string[]): Json {
  const copy: Json = {};
  for (const [name, child] of Object.entries(nested)) {
    if (!isObject(child)) continue;
    copy[name] = renamedNamespace(child, root, [...scope, name]);
  }
  return copy;
}

function renamedType(type: Json, fields: Json, root: Json, scope: readonly string[]): Json {
  const names = camelNames(Object.keys(fields));
  const copy: Json = { fields: {} };
  const renamed: Json = {};
  for (const [name, field] of Object.entries(fields)) {
    renamed[names.get(name) ?? name] = isObject(field) ? mapOrField(field, root, scope) : field;
  }
  copy['fields'] = renamed;
  if (isObject(type['oneofs'])) copy['oneofs'] = renamedOneofs(type['oneofs'], names, new Set(names.values()));
  return copy;
}

/** Two names that would become one stay as they are. */
function camelNames(names: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(fieldName(name), (counts.get(fieldName(name)) ?? 0) + 1);
  return new Map(names.map((name) => [name, counts.get(fieldName(name)) === 1 ? fieldName(name) : name]));
}

function renamedOneofs(oneofs: Json, names: ReadonlyMap<string, string>, taken: ReadonlySet<string>): Json {
  const copy: Json = {};
  for (const [name, oneof] of Object.entries(oneofs)) {
    const members = isObject(oneof) && Array.isArray(oneof['oneof']) ? oneof['oneof'] : [];
    const wanted = fieldName(name);
    // a synthetic oneof (`_x` for `optional x`) keeps its name: its camelCase form would be another field's
    const isTaken = name.startsWith('_') || taken.has(wanted);
    copy[isTaken ? name : wanted] = { oneof: members.map((member: unknown) => names.get(String(member)) ?? member) };
  }
  return copy;
}

function mapOrField(field: Json, root: Json, scope: readonly string[]): Json {
  if (field['rule'] !== 'repeated' || typeof field['type'] !== 'string') return field;
  const entry = lookUp(field['type'], root, scope);
  if (!isObject(entry?.['options']) || entry['options']['map_entry'] !== true) return field;
  const fields = entry['fields'];
  const [key, value] = isObject(fields) ? [fields['key'], fields['value']] : [];
  if (!isObject(key) || !isObject(value)) return field;
  return { id: field['id'], keyType: key['type'], type: value['type'] };
}

function lookUp(type: string, root: Json, scope: readonly string[]): Json | undefined {
  if (type.startsWith('.')) return at(root, type.slice(1).split('.'));
  for (let depth = scope.length; depth >= 0; depth--) {
    const found = at(root, [...scope.slice(0, depth), ...type.split('.')]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function at(root: Json, path: readonly string[]): Json | undefined {
  let here: Json | undefined = root;
  for (const name of path) {
    const nested: unknown = here?.['nested'];
    const child: unknown = isObject(nested) && Object.hasOwn(nested, name) ? nested[name] : undefined;
    here = isObject(child) ? child : undefined;
  }
  return here;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
