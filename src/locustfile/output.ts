/**
 * What the bundle's code looks like: lowered so far that every supported Node runs it, and with names that stay.
 */

/** The oldest Node that tsload supports: decorators and `using` are lowered. */
export const lowered = 'node20.19';

/**
 * Class and function names stay what the user wrote (`keepNames`), whatever esbuild renames. But its helper costs 0.3 µs for
 * each named closure that is made, request after request, and only names given while the locustfile loads are ever shown. So
 * the helper works until the footer is reached, and then hands its argument back.
 */
export const quickNames = {
  banner: 'let __tsload_isLoading = true;',
  footer: '__tsload_isLoading = false;',
  rewrite: (code: string): string =>
    code.replace(
      /^var __name = \(target, value\) => (.*);$/m,
      'var __name = (target, value) => __tsload_isLoading ? $1 : target;',
    ),
} as const;
