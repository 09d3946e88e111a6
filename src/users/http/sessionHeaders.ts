/** Headers that a client sends with every request. */
import { type HeaderList, headerOf, mergeHeaders } from './headers.js';

/** Changed by `set` and `delete`; names in any case. Locust: `client.headers`. */
export class SessionHeaders {
  #list: HeaderList;

  constructor(list: HeaderList) {
    this.#list = list;
  }

  get(name: string): string | undefined {
    return headerOf(this.#list, name.toLowerCase());
  }

  /** Sends `name: value` with every request from now on. */
  set(name: string, value: string): void {
    this.#list = mergeHeaders(this.#list, { [name]: value });
  }

  delete(name: string): void {
    this.#list = mergeHeaders(this.#list, { [name]: null });
  }

  /** Hot: for the client. */
  get list(): HeaderList {
    return this.#list;
  }
}
