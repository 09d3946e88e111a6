export * from './catalogue.js';
export * from './control.js';
export * from './environment.js';
export * from './eventHook.js';
export * from './recorder.js';
export * from './requestHook.js';
export * from './statistics.js';
export * from './testEvents.js';
