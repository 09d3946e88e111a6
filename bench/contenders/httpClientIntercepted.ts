/** The same behind one interceptor that adds nothing: what interceptors cost. */
import type { Work } from '../rounds.js';
import { loopOf } from './httpClient.js';

export const work: Work = (target, gate) =>
  loopOf(target, gate, [(dispatch) => (options, handler) => dispatch(options, handler)]);
