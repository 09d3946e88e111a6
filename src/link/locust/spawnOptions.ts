/**
 * What a Locust worker is told of a test besides its users. Pure. Of its own options Locust takes over `tags` and `exclude_tags` only;
 * all others are those of the locustfile, under the names that Python gives them.
 */
import type { TestSettings } from '../messages.js';

export function parsedOptionsOf(settings: TestSettings, secret: ReadonlySet<string>): Record<string, unknown> {
  const { tags, excludeTags, customOptions } = settings;
  const open = Object.entries(customOptions).filter(([name]) => !secret.has(name));
  return {
    ...Object.fromEntries(open.map(([name, value]) => [pythonName(name), value])),
    tags: tags.length > 0 ? tags : null,
    exclude_tags: excludeTags.length > 0 ? excludeTags : null,
  };
}

/** `myOption` and `my-option` as `my_option`. */
export function pythonName(name: string): string {
  return name
    .replace(/-/g, '_')
    .replace(/([a-z0-9])([A-Z])/g, (_, before: string, letter: string) => `${before}_${letter.toLowerCase()}`);
}

/** `my_option` as `myOption`: how our options are called in `parsedOptions`. */
export function ownName(name: string): string {
  return name.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
}
