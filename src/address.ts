/** How addresses are written. Pure. */

/** An IPv6 address as it stands in a URL; others as they are. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
