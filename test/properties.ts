/**
 * fast-check, as all tests import it. Elsewhere every run looks somewhere else; where CI runs they are the same, so that what fails
 * there fails by what was changed.
 */
import fc from 'fast-check';

if (process.env['CI']) fc.configureGlobal({ seed: 20_260_101 });

export default fc;
