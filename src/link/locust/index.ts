export { connectToLocustMaster, openLocustServer } from './open.js';
export {
  type LocustfileText,
  type LocustMasterOptions,
  type LocustServer,
  type LocustServerOptions,
  locustVersion,
} from './options.js';
