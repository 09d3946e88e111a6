/** `npm run compatibility`: writes docs/compatibility.md, and says which behaviours no test names. */
import { writeFileSync } from 'node:fs';
import { behaviours } from './compatibility/behaviours.js';
import { compatibilityPage, untested } from './compatibility/page.js';
import { numberedTests } from './compatibility/testNames.js';

const tests = numberedTests(process.cwd());
writeFileSync('docs/compatibility.md', compatibilityPage(behaviours, tests));
const missing = untested(behaviours, tests);
if (missing.length > 0) console.log(`no test names ${missing.length} behaviours: ${missing.join(', ')}`);
