/**
 * How the program says which tsload it is.
 */
import { packageDirectory, readVersion } from '../version.js';

export { packageDirectory, readVersion };

/** `tsload 0.1.0 from /usr/lib/node_modules/tsload (Node v20.19.0)`. */
export function versionLine(): string {
  return `tsload ${readVersion()} from ${packageDirectory} (Node ${process.version})`;
}
