/**
 * Where a host leads. Pure.
 *
 *   host:port  [::1]:port  grpc://host:port  http://host[:port]     without TLS, unless the class has `tls`
 *   grpcs://host[:port]  https://host[:port]                        with TLS
 *   dns:///host:port  ipv4:…  ipv6:…  unix:/path                    grpc-js's own targets, as they are
 */

export interface Target {
  /** For people and for the request event: `grpc://host:port`. */
  readonly url: string;
  /** As grpc-js takes it. */
  readonly address: string;
  /** What the scheme says about TLS; undefined when there is none or it says nothing. */
  readonly isSecure: boolean | undefined;
}

const ownSchemes = /^(dns|ipv4|ipv6|unix|unix-abstract|vsock|xds):/;
const withScheme = /^(grpcs?|https?):\/\/([^/?#]*)(.*)$/i;
const hostAndPort = /^(\[[0-9a-f:.]+(?:%[\w.-]+)?\]|[^\s:/@[\]]+)(?::(\d{1,5}))?$/i;

/** The target, or what is wrong with the host, as the end of a sentence that begins with it. */
export function readTarget(host: string): Target | string {
  const text = host.trim();
  if (ownSchemes.test(text)) return { url: text, address: text, isSecure: undefined };
  const [, scheme, authority = text, rest = ''] = withScheme.exec(text) ?? [];
  if (scheme === undefined && text.includes('://'))
    return 'has a scheme that is none of grpc, grpcs, http, https, dns, unix';
  if (authority.includes('@')) return 'has a user name in it, which gRPC has no place for: use metadata';
  if (rest !== '' && rest !== '/') return 'has a path, which gRPC has no place for';
  const [, name, port = defaultPort(scheme)] = hostAndPort.exec(authority) ?? [];
  if (name === undefined) return 'is no host and port';
  if (port === undefined) return 'has no port';
  if (Number(port) < 1 || Number(port) > 65_535) return `has the port ${port}, which is not between 1 and 65535`;
  return { url: `${scheme ?? 'grpc'}://${name}:${port}`, address: `dns:${name}:${port}`, isSecure: isSecure(scheme) };
}

function defaultPort(scheme: string | undefined): string | undefined {
  switch (scheme?.toLowerCase()) {
    case 'https':
    case 'grpcs':
      return '443';
    case 'http':
      return '80';
    default:
      return undefined;
  }
}

function isSecure(scheme: string | undefined): boolean | undefined {
  return scheme === undefined ? undefined : scheme.toLowerCase().endsWith('s');
}
