/**
 * Reads the TypeScript files below some folders and what each of them imports: import and export statements, `import()`, and
 * the import types of TypeScript. Declaration files generated beside a .proto are read too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parseSync } from 'oxc-parser';
import type { Import, SourceFile } from './violations.js';

/** Throws when a file does not parse, and when nothing at all was found: a check that checks nothing must not pass. */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  const present = folders.filter((folder) => existsSync(join(root, folder)));
  const files = present.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.split(sep).includes('node_modules'))
      .sort()
      .map((name) => readSource(root, join(root, folder, name))),
  );
  if (files.length === 0) throw new Error(`no TypeScript files in ${folders.join(', ')} of ${root}`);
  return files;
}

function readSource(root: string, file: string): SourceFile {
  const { program, errors } = parseSync(file, readFileSync(file, 'utf8'));
  const [error] = errors;
  if (error) throw new Error(`${file} cannot be parsed: ${error.message}`);
  return { path: relative(root, file).split(sep).join('/'), imports: importsIn(program) };
}

function importsIn(node: unknown): Import[] {
  if (Array.isArray(node)) return node.flatMap(importsIn);
  if (!isRecord(node)) return [];
  const own = importOf(node);
  return [...(own ? [own] : []), ...Object.values(node).flatMap(importsIn)];
}

function importOf(node: Readonly<Record<string, unknown>>): Import | undefined {
  switch (node['type']) {
    case 'ImportDeclaration':
      return anImport(node['source'], node['importKind'] === 'type');
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return anImport(node['source'], node['exportKind'] === 'type');
    case 'ImportExpression':
      return anImport(node['source'], false);
    case 'TSImportType':
      return anImport(node['source'] ?? node['argument'], true);
    default:
      return undefined;
  }
}

function anImport(source: unknown, isTypeOnly: boolean): Import | undefined {
  return isRecord(source) && typeof source['value'] === 'string'
    ? { specifier: source['value'], isTypeOnly }
    : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
