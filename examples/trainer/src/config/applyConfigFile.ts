import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import type { PretrainConfig, RunOptions } from './PretrainConfig.js';
import { keyOf, parseConfig } from './parseConfig.js';
import { toPretrainConfig } from './toPretrainConfig.js';
import { unreadOptions } from './unreadOptions.js';

const SOURCE = 'config';

/**
 * Gives a parsed command line the values of a configuration file, where no flag says otherwise.
 *
 * An option of the file that nothing reads, such as `betas` beside `--optimizer sgd`, is left out.
 *
 * @returns A note about each of those that the file gives.
 * @throws If the file cannot be read or is not valid.
 */
export function applyConfigFile(program: Command, file: string): string[] {
  const isFlag = (field: string) => program.getOptionValueSource(field) === 'cli';
  const isReplaced = (field: string) => isFlag(field) || (field === 'logDir' && isFlag('out'));
  const parsed = parseConfig(readText(file), file, isReplaced);
  const { config, run } = toPretrainConfig(parsed.config);
  if (isFlag('out')) run.logDir = undefined;
  const fromFile = Object.entries({ ...config, ...run }).filter(([field]) => !isFlag(field));
  const merged = { ...program.opts<PretrainConfig>(), ...Object.fromEntries(fromFile) };
  const unread = unreadOptions(merged, (field) => !isFlag(field), keyOf);
  for (const [field, value] of fromFile) {
    if (!unread.some((option) => option.field === field))
      program.setOptionValueWithSource(field, value, SOURCE);
  }
  return unread.flatMap(({ field, reason }) => {
    const line = parsed.lines.get(keyOf(field));
    return line === undefined ? [] : [`${file}, line ${line}: ${keyOf(field)} ${reason}; it is not read.`];
  });
}

/** Whether the file gave a field its value. */
export function isFromFile(program: Command, field: keyof PretrainConfig | keyof RunOptions): boolean {
  return program.getOptionValueSource(field) === SOURCE;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${file}: the configuration cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
