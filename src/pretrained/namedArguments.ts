import { diffusersName, fromDiffusersConfig } from '../models/diffusersConfig.js';

/** A configuration with its defaults as the arguments of a Python class, which call words_like_this. */
export function toArguments(
  config: object,
  written: (key: string, value: unknown) => unknown = (_, value) => value,
): Record<string, unknown> {
  // The seed is of the initial weights, which the file replaces.
  const { seed: _, ...rest } = config as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [diffusersName(key), written(key, value)]),
  );
}

/**
 * The configuration behind such arguments.
 *
 * @throws If `resolve` refuses it: by the name that the file has.
 */
export function fromArguments<C>(
  fields: Readonly<Record<string, unknown>>,
  resolve: (config: C) => unknown,
  change: (config: Record<string, unknown>) => Record<string, unknown> = (config) => config,
): C {
  const config = change(fromDiffusersConfig(fields)) as C;
  try {
    resolve(config);
  } catch (error) {
    const named = /^\w+: (\w+)/.exec((error as Error).message);
    if (!named) throw error;
    throw new Error(diffusersName(named[1]) + (error as Error).message.slice(named[0].length), {
      cause: error,
    });
  }
  return config;
}
