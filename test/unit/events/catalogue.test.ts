import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EventHook, Events } from '../../../src/events/index.js';

const hooks = Object.entries(new Events()).filter(([, value]) => value instanceof EventHook);

test('there are eighteen events, each called as its field', () => {
  expect(hooks).toHaveLength(18);
  for (const [field, hook] of hooks) expect(hook).toMatchObject({ name: field });
});

test('the page about events has a line for each, with its name in Locust', () => {
  const page = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+)` \|.*\| `(\w+)` \|$/gm)].map(([, name, locustName]) => [
    name,
    locustName,
  ]);
  const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  for (const [name] of hooks) expect(documented).toContainEqual([name, snakeCase(name)]);
});

test('two environments have listeners of their own', () => {
  const [one, two] = [new Events(), new Events()];
  one.quit.addListener(() => {});
  expect([one.quit.isListened, two.quit.isListened]).toEqual([true, false]);
});
