/** What may be a token: it stands in a header, in a variable and on a command line. Pure. */

const maxLength = 1000;

export const tokenRule = `between 1 and ${maxLength.toLocaleString('en')} visible ASCII characters, without blanks`;

export function isToken(token: string): boolean {
  return token.length <= maxLength && /^[\x21-\x7e]+$/.test(token);
}
