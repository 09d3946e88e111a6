/**
 * Locust's configuration syntax, one setting a line: `users = 10`, `users: 10`, `users 10`, `--users 10`, or a bare `headless`.
 * Pure; reading the file and finding the option is done elsewhere.
 */
import { OptionError } from '../../errors.js';

/** One setting of a configuration file. No texts: a bare flag. */
export interface ConfigEntry {
  /** As written, without dashes: a long name, the beginning of one, or a letter. */
  readonly key: string;
  readonly texts: readonly string[];
  /** Where it stands, for messages: `tsload.conf:3`. */
  readonly place: string;
}

const skipped = /^\s*([#;[]|---|$)/;
const setting = /^\s*(?:--?)?([^\s:=#;]+)\s*(?:[:=\s]\s*(.*?))?\s*$/;

/** Reads the lines. Throws `OptionError` for a line that is no setting. */
export function parseConfFile(text: string, file: string): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (skipped.test(line)) continue;
    const place = `${file}:${index + 1}`;
    const match = setting.exec(line);
    const key = match?.[1];
    const rest = match?.[2] ?? '';
    if (key === undefined || /^[#;]/.test(rest)) {
      throw new OptionError(
        `${place} is no setting: write "key = value", or a bare flag, but not ${JSON.stringify(line)}`,
      );
    }
    entries.push({ key, texts: parseConfigValue(rest.replace(/\s[#;].*$/, '').trim()), place });
  }
  return entries;
}

/** `[a, "b c"]` and JSON lists are lists, `"text"` loses its quotes, anything else is one text, and nothing is a bare flag. */
export function parseConfigValue(value: string): readonly string[] {
  if (value === '') return [];
  if (value.startsWith('[') && value.endsWith(']')) return parseList(value);
  return [/^"(.*)"$/.exec(value)?.[1] ?? value];
}

/** The texts of `[…]`: JSON where it is JSON, else split at commas. An object inside is given as its JSON text. */
export function parseList(value: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed)) return parsed.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  } catch {
    // not JSON: a plain list
  }
  const inner = value.slice(1, -1).trim();
  if (inner === '') return [];
  return inner.split(',').map((item) => item.trim().replace(/^(["'])(.*)\1$/, '$2'));
}
