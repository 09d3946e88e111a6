/** A user's cookies. tough-cookie keeps them; it is loaded when the first cookie comes, which in many tests is never. */
import { createRequire } from 'node:module';
import type * as ToughCookie from 'tough-cookie';

const load = createRequire(import.meta.url);

function toughCookie(): typeof ToughCookie {
  return load('tough-cookie');
}

export interface CookieOptions {
  /** Default: the host of the user. */
  readonly url?: string;
  /** Hosts that get the cookie, with all below it. Default: the host alone. */
  readonly domain?: string;
  /** Default `/`. */
  readonly path?: string;
}

/** The cookies that a client has received and sends. Locust: `client.cookies`, `client.cookiejar`. */
export class CookieJar {
  readonly #home: string;
  #jar: ToughCookie.CookieJar | undefined = undefined;

  /** `home`: the URL that is meant where none is named. */
  constructor(home: string) {
    this.#home = home;
  }

  /** The value of the cookie that a request to `url` would send; undefined without one. Default: the root of the host. */
  get(name: string, url: string = this.#home): string | undefined {
    return this.#jar?.getCookiesSync(url).find((cookie) => cookie.key === name)?.value;
  }

  /** Keeps a cookie as if the server had set it. A value that no server could set is left out. */
  set(name: string, value: string, options: CookieOptions = {}): void {
    const domain = options.domain === undefined ? '' : `; Domain=${options.domain}`;
    this.receive([`${name}=${value}; Path=${options.path ?? '/'}${domain}`], options.url ?? this.#home);
  }

  /** Name and value of all cookies that a request to `url` would send. Default: the root of the host. */
  all(url: string = this.#home): Record<string, string> {
    return Object.fromEntries((this.#jar?.getCookiesSync(url) ?? []).map((cookie) => [cookie.key, cookie.value]));
  }

  /** Forgets all cookies. */
  clear(): void {
    this.#jar = undefined;
  }

  /** For the client: keeps what an answer from `url` set. Malformed cookies are ignored, as browsers do. */
  receive(setCookies: readonly string[], url: string): void {
    // Public suffixes are left to the target: tests run against localhost and bare names.
    this.#jar ??= new (toughCookie().CookieJar)(undefined, { rejectPublicSuffixes: false, looseMode: true });
    for (const text of setCookies) this.#jar.setCookieSync(text, url, { ignoreError: true });
  }

  /** For the client: the Cookie header of a request to `url`; empty without cookies. */
  header(url: string): string {
    return this.#jar === undefined ? '' : this.#jar.getCookieStringSync(url);
  }

  /** Hot: whether there was ever a cookie. */
  get isEmpty(): boolean {
    return this.#jar === undefined;
  }
}
