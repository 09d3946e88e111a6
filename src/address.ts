/** How addresses are written. Pure. */

/** An IPv6 address as it stands in a URL; others as they are. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** An IPv6 address as the system takes it, also where it was given as it stands in a URL; others as they are. */
export function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
