import type { Environment } from '../../environment/index.js';
import type { Settings } from '../options/optionTable.js';

export function printTaskRatio(_environment: Environment, _settings: Settings): string {
  return '';
}
