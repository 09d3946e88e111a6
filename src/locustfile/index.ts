export type { Bundle } from './bundle.js';
export { isUrl } from './download.js';
export { type LoadedLocustfile, type LoadOptions, loadLocustfiles } from './load.js';
export { defaultLocustfile, locustfileExtensions } from './resolve.js';
