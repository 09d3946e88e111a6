export type { Bundle } from './bundle.js';
export {
  type LoadPackageOptions,
  type LocustfilePackage,
  loadPackage,
  type PackOptions,
  packLocustfile,
} from './delivery.js';
export { isUrl } from './download.js';
export { type LoadedLocustfile, type LoadOptions, loadLocustfiles } from './load.js';
export type { TsloadModule } from './ownModules.js';
export { generateProtoTypes, type ProtoTypesOptions, writeProtoTypes } from './protoTypes.js';
export { defaultLocustfile, locustfileExtensions } from './resolve.js';
