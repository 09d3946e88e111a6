/**
 * `npm run imports`: holds the sources to the import rules of docs/architecture.md. Ends with 1 if one is broken.
 */
import { readSources } from './imports/readSources.js';
import { findViolations } from './imports/violations.js';

const files = readSources(process.cwd(), ['src', 'examples', 'bench', 'scripts']);
const violations = findViolations(files);
for (const violation of violations) console.error(violation);
console.log(`${files.length} files, ${violations.length} violations of the import rules`);
process.exitCode = violations.length === 0 ? 0 : 1;
