/**
 * Environment variables: `TSLOAD_USERS`, and Locust's `LOCUST_USERS` where ours is not set. Pure.
 */
import type { AnySpec } from './arguments.js';
import { parseConfigValue } from './confFile.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/** The variables that an option is read from, first choice first. */
export function variablesOf(spec: AnySpec): string[] {
  if (spec.plainEnv !== undefined) return [spec.plainEnv];
  if (spec.env === undefined) return [];
  return spec.isLocustEnv === false ? [`TSLOAD_${spec.env}`] : [`TSLOAD_${spec.env}`, `LOCUST_${spec.env}`];
}

export interface FromVariable {
  readonly variable: string;
  readonly texts: readonly string[];
}

/** What the environment says about an option; undefined when no variable is set, or it is empty. */
export function fromVariables(spec: AnySpec, variables: Variables): FromVariable | undefined {
  for (const variable of variablesOf(spec)) {
    const value = variables[variable];
    if (value === undefined || value === '') continue;
    return { variable, texts: spec.arity === 'many' ? parseConfigValue(value) : [value] };
  }
  return undefined;
}

/** User classes named by `TSLOAD_USER_CLASSES`, separated by blanks. */
export function userClassesFrom(variables: Variables): readonly string[] {
  const value = variables['TSLOAD_USER_CLASSES'] ?? variables['LOCUST_USER_CLASSES'] ?? '';
  return value.split(/\s+/).filter((name) => name !== '');
}
