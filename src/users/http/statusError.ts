/** The failure that a status means, in Locust's words. */
import type { Exchange } from './exchange.js';
import { RequestError } from './transportError.js';

/** The error of a status from 400 to 599; undefined for any other. */
export function statusError(call: Exchange): RequestError | undefined {
  return isFailure(call.status) ? new RequestError('HTTPError', statusErrorText(call)) : undefined;
}

export function isFailure(status: number): boolean {
  return status >= 400 && status < 600;
}

/** The message alone, without making an error of it. It has the name, not the URL, so that failures group. */
export function statusErrorText({ status, statusText, name }: Exchange): string {
  return `${status} ${status < 500 ? 'Client' : 'Server'} Error: ${statusText} for url: ${name}`;
}
