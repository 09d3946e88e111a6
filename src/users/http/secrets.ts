/** What must stand in no log, page or report: masked before a failed request is shown to people. Pure. */

const mask = '***';

const secretHeader =
  /^(authorization|proxy-authorization|cookie|set-cookie)$|api[-_]?key|token|secret|password|passwd|session|signature/i;
const secretParameter = /([?&][^=&#]*(?:api[-_]?key|token|secret|password|passwd|session|signature)[^=&#]*=)[^&#]*/gi;

/** Headers with the values of secret ones replaced. */
export function maskHeaders(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const masked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) masked[name] = secretHeader.test(name) ? mask : value;
  }
  return masked;
}

/** A URL or path with credentials and the values of secret parameters replaced. */
export function maskUrl(url: string): string {
  return url.replace(/\/\/[^/?#@]*@/, `//${mask}@`).replace(secretParameter, `$1${mask}`);
}
