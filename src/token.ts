/** What may be a token: it stands in a header, in a variable and on a command line. Pure. */

const maxLength = 1000;

export const tokenRule = `between 1 and ${maxLength.toLocaleString('en')} visible ASCII characters, without blanks`;

export function isToken(token: string): boolean {
  return token.length <= maxLength && /^[\x21-\x7e]+$/.test(token);
}

/** The one of the environment variables; one that is empty is none. */
export function tokenOfVariables(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  const token = variables['TSLOAD_TOKEN'];
  return token === '' ? undefined : token;
}
