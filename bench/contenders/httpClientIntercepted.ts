/** The same behind one interceptor that adds nothing: what interceptors cost. */
import type { Work } from '../rounds.js';
import { loopOf } from './httpClient.js';

export const work: Work = (target) => loopOf(target, [(dispatch) => (options, handler) => dispatch(options, handler)]);
