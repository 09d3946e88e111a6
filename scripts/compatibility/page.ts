/** Writes docs/compatibility.md from the behaviours and the tests that name them. Pure: text out. */
import type { Behaviour, Later } from './behaviours.js';
import type { NumberedTest } from './testNames.js';

const laterTexts: { readonly [L in Later]: string } = {
  page: 'Later: needs the web page.',
  html: 'Later: needs the HTML report.',
  otel: 'Later: needs the OpenTelemetry output.',
};

const introduction = `# Compatibility with Locust, behaviour by behaviour

Locust's own tests describe what it does. Each line below is one of those behaviours in tsload's words, with the tests of
tsload that hold it. Where tsload does otherwise on purpose, the line says so and why. [Coming from Locust](coming-from-locust.md)
is the page to read when you move a test; this one is for looking up.

Written by \`npm run compatibility\`; a test fails when it is out of date.

| # | behaviour | held by |
| --- | --- | --- |
`;

export function compatibilityPage(behaviours: readonly Behaviour[], tests: readonly NumberedTest[]): string {
  return introduction + behaviours.map((behaviour) => `${row(behaviour, tests)}\n`).join('');
}

/** Behaviours of one machine that no test names. */
export function untested(behaviours: readonly Behaviour[], tests: readonly NumberedTest[]): number[] {
  return behaviours
    .filter(({ later, pythonOnly }) => later === undefined && pythonOnly === undefined)
    .map(({ number }) => number)
    .filter((number) => !tests.some(({ numbers }) => numbers.includes(number)));
}

function row({ number, behaviour, later, pythonOnly, difference }: Behaviour, tests: readonly NumberedTest[]): string {
  const named = tests.filter(({ numbers }) => numbers.includes(number));
  const held = [
    ...named.map(({ name, file }) => `“${cell(name)}” (${file.slice('test/'.length)})`),
    ...(later ? [named.length > 0 ? `The rest l${laterTexts[later].slice(1)}` : laterTexts[later]] : []),
    ...(pythonOnly ? ['Python only.'] : []),
    ...(difference ? [`**Differs:** ${difference}`] : []),
  ];
  return `| ${number} | ${cell(behaviour)} | ${held.join('<br>')} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
