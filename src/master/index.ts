export { type ClassPlan, Dispatcher, type Placement, pauseSeconds, type Step, usersPerStep } from './dispatcher.js';
export { Master, type MasterOptions } from './master.js';
export type { Shape } from './shapeDriver.js';
