/**
 * `--config-users`: statics of user classes from JSON. `{"user_class_name": "Shopper", "weight": 3, "tasks": ["browse"]}`.
 */
import { readFileSync } from 'node:fs';
import type { Environment } from '../../environment/index.js';
import { OptionError, TsloadError } from '../../errors.js';
import { CodedError, exitCodes } from '../exit.js';

/** One class and what is set on it. */
export interface UserConfig {
  readonly userClass: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Reads the values of the option: objects, arrays of objects, or files of either. Throws `OptionError`. */
export function readUserConfigs(values: readonly string[]): UserConfig[] {
  return values.flatMap((value) => {
    const parsed = parse(value.endsWith('.json') ? readFile(value) : value, value);
    const list: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    return list.map((item) => userConfig(item));
  });
}

function userConfig(item: unknown): UserConfig {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new OptionError(`--config-users must hold objects but has ${JSON.stringify(item)}`);
  }
  const { user_class_name: name, userClassName, ...values }: Record<string, unknown> = { ...item };
  const userClass = name ?? userClassName;
  if (typeof userClass !== 'string') {
    throw new OptionError(`--config-users needs "user_class_name" in each object but has ${JSON.stringify(item)}`);
  }
  return { userClass, values };
}

function parse(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new OptionError(`--config-users ${shown} is no valid JSON: ${reason}`, { cause: thrown });
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new OptionError(`--config-users file ${path} cannot be read: ${reason}`, { cause: thrown });
  }
}

/** Applies them. An unknown class, or a value that can't be used, ends with code 255, as in Locust. */
export function applyUserConfigs(environment: Environment, configs: readonly UserConfig[]): void {
  for (const { userClass, values } of configs) {
    const target = environment.userClasses.find((each) => each.name === userClass);
    if (target === undefined) {
      const names = environment.userClasses.map((each) => each.name).join(', ');
      throw new CodedError(
        exitCodes.configUsers,
        `--config-users names the class ${userClass}, but there are ${names}`,
      );
    }
    try {
      environment.configureUserClass(userClass, values);
    } catch (thrown) {
      if (!(thrown instanceof TsloadError)) throw thrown;
      throw new CodedError(exitCodes.configUsers, `--config-users: ${thrown.message}`);
    }
  }
}
