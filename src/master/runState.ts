/**
 * The states of a run, as a table. Pure.
 */
export type MasterState = 'ready' | 'spawning' | 'running' | 'stopping' | 'stopped';
export type RunInput = 'start' | 'allSpawned' | 'stop' | 'allStopped';

/** What each input does in each state. No cell: the input means nothing there. */
const transitions: { readonly [S in MasterState]: { readonly [I in RunInput]?: MasterState } } = {
  ready: { start: 'spawning' },
  // A ramp replaces the ramp before it. `allSpawned` may come while listeners of testStart still run: it is of that ramp.
  spawning: { start: 'spawning', allSpawned: 'running', stop: 'stopping' },
  running: { start: 'spawning', stop: 'stopping' },
  // A start in here is refused: half the users are leaving. A late `allSpawned` of the ramp that was broken off means nothing.
  stopping: { allStopped: 'stopped' },
  stopped: { start: 'spawning' },
};

export const masterStates = Object.keys(transitions) as readonly MasterState[];

/** The state after an input; `undefined` when the input means nothing in this state. */
export function nextRunState(state: MasterState, input: RunInput): MasterState | undefined {
  return transitions[state][input];
}

/** Whether a test is going on, from its first user's plan to its last user's end. */
export function isTesting(state: MasterState): boolean {
  return state === 'spawning' || state === 'running' || state === 'stopping';
}
