// Interceptors stand between the client and the wire: here one gives every request an id.
// They are undici's own kind, the first is the outermost, and see each attempt of a call, redirects and retries included. What they
// do before the first attempt leaves is not in the time of the sample.
import { constant, type HttpInterceptor, HttpUser, task } from 'tsload';
import { useExampleServer } from './servers/startServer.js';

useExampleServer('restServer.mjs');

let requests = 0;

const withRequestId: HttpInterceptor = (dispatch) => (options, handler) => {
  requests++;
  return dispatch({ ...options, headers: { ...options.headers, 'x-request-id': `test-${requests}` } }, handler);
};

export class TracedUser extends HttpUser {
  static override interceptors = [withRequestId];
  static override waitTime = constant(0.5);

  @task
  async factorial() {
    await this.client.post('/factorial/', { json: { number: 1_000 } });
  }
}
