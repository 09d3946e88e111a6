export { Activity, Pending } from './activity.js';
export { User } from './user.js';
