export { type Environment, events } from './events/index.js';
export { User } from './users/index.js';
