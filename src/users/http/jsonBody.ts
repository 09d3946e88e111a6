/** Parsed JSON of unknown form. */

/**
 * What `response.json()` gives unless the test names a type (`response.json<Item>()`): any field may be read, however deep,
 * tested for equality and iterated over. For arithmetic, methods of a value, or to hand it to a typed function, name the type.
 */
export interface JsonBody {
  readonly [key: string]: JsonField;
  [Symbol.iterator](): Iterator<JsonField>;
}
export type JsonField = JsonBody & (string | number | boolean);

/** The body is not JSON. Inside `await using` with `catchResponse` it fails the request. */
export class JsonParseError extends Error {
  override readonly name = 'JsonParseError';
  constructor(requestName: string, cause: unknown) {
    super(`the body of ${requestName} is not JSON`, { cause });
  }
}
