export type { ConnectionOptions, HttpTlsOptions, ProxyOptions } from './connectionOptions.js';
export { ConnectionPool } from './connectionPool.js';
export type { CookieJar, CookieOptions } from './cookies.js';
export type { HeadersInput, ResponseHeaders } from './headers.js';
export type { HttpSession } from './httpSession.js';
export { HttpUser } from './httpUser.js';
export type { HttpInterceptor } from './interceptors.js';
export { type JsonBody, type JsonField, JsonParseError } from './jsonBody.js';
export type { ResponseMeta } from './outcome.js';
export type {
  FormFile,
  FormValue,
  MultipartInput,
  RequestBody,
  RequestMethod,
  RequestOptions,
} from './requestOptions.js';
export type { CaughtResponse, HttpResponse } from './response.js';
export type { RestOptions, RestResponse } from './rest.js';
export type { SessionHeaders } from './sessionHeaders.js';
export type { CaughtStream, StreamedResponse } from './streamedResponse.js';
export { RequestError, type RequestErrorName } from './transportError.js';
export type { Credentials, QueryInput } from './url.js';
