import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { optionConflicts } from './optionConflicts.js';
import type { PretrainConfig, RunOptions } from './PretrainConfig.js';
import { keyOf, parseConfig } from './parseConfig.js';
import { toPretrainConfig } from './toPretrainConfig.js';

const SOURCE = 'config';

/**
 * Gives a parsed command line the values of a configuration file, where no flag says otherwise.
 *
 * An option of the file that a flag leaves without effect, such as `betas` beside `--optimizer sgd`, goes with it.
 *
 * @throws If the file cannot be read or is not valid.
 */
export function applyConfigFile(program: Command, file: string): void {
  const { config, run } = toPretrainConfig(parseConfig(readText(file), file));
  const isFlag = (field: string) => program.getOptionValueSource(field) === 'cli';
  if (isFlag('out')) run.logDir = undefined;
  const fromFile = Object.entries({ ...config, ...run }).filter(([field]) => !isFlag(field));
  const merged = { ...program.opts<PretrainConfig>(), ...Object.fromEntries(fromFile) };
  const withoutEffect = optionConflicts(merged, (field) => !isFlag(field), keyOf)
    .filter(({ unused }) => unused)
    .map(({ field }) => field as string);
  for (const [field, value] of fromFile) {
    if (!withoutEffect.includes(field)) program.setOptionValueWithSource(field, value, SOURCE);
  }
}

/** Whether the file gave a field its value. */
export function isFromFile(program: Command, field: keyof PretrainConfig | keyof RunOptions): boolean {
  return program.getOptionValueSource(field) === SOURCE;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file}: the configuration cannot be read: ${(error as Error).message}`);
  }
}
