import { expect, test } from 'vitest';
import { optionsPage } from '../../../scripts/options/optionsPage.js';
import { optionList } from '../../../src/cli/options/optionTable.js';

test('docs/options.md says what the table of options says', async () => {
  await expect(optionsPage()).toMatchFileSnapshot('../../../docs/options.md');
});

test('names, letters and variables of options are each used once', () => {
  const specs = optionList.map(([, spec]) => spec);
  for (const used of [
    specs.map((spec) => spec.name),
    specs.flatMap((spec) => spec.alias ?? []),
    specs.flatMap((spec) => spec.env ?? []),
  ]) {
    expect(used).toEqual([...new Set(used)]);
  }
});
