/** The names of request options: the compiler checks them for TypeScript, and this for plain JavaScript. */
import { TsloadError } from '../../errors.js';
import type { RequestOptions } from './requestOptions.js';

const known: { readonly [Name in keyof Required<RequestOptions>]: true } = {
  name: true,
  catchResponse: true,
  stream: true,
  context: true,
  record: true,
  headers: true,
  query: true,
  json: true,
  form: true,
  multipart: true,
  body: true,
  auth: true,
  followRedirects: true,
  timeoutSeconds: true,
};

/** What those who know Locust or other clients write. */
const meant: Readonly<Record<string, string>> = {
  params: 'query',
  data: 'form or body',
  files: 'multipart',
  timeout: 'timeoutSeconds',
  allow_redirects: 'followRedirects',
  allowRedirects: 'followRedirects',
  redirect: 'followRedirects',
  catch_response: 'catchResponse',
  cookies: 'client.cookies.set',
  verify: 'static tls',
  cert: 'static tls',
  method: 'client.request',
};

/** Hot. Throws BAD_REQUEST for an option that there is not: it would be ignored in silence. */
export function checkOptionNames(options: RequestOptions): void {
  for (const name in options) if (!(name in known)) throw unknownOption(name);
}

function unknownOption(name: string): TsloadError {
  const advice = meant[name] === undefined ? `there are ${Object.keys(known).join(', ')}` : `use ${meant[name]}`;
  return new TsloadError('BAD_REQUEST', `a request has no option ${JSON.stringify(name)}: ${advice}`);
}
