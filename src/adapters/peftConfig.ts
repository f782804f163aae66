import { CheckpointError } from '../errors/CheckpointError.js';
import { showJson } from '../internal/showJson.js';
import type { Lora } from './Lora.js';
import { type ResolvedLoraConfig, resolveLoraConfig } from './LoraConfig.js';

type Fields = Readonly<Record<string, unknown>>;

/** Initial values that peft takes away from the base network's weights. */
const CHANGES_BASE = /^(?:pissa|olora|corda|loftq|lora_ga)/i;

/** What else than low-rank adapters peft's fields can ask for, and what says that they do not. */
const UNKNOWN = ['use_dora', 'lora_bias', 'use_qalora', 'use_bdlora'] as const;

/**
 * Adapters as the fields of peft's `LoraConfig`. A list of names is kept; for a pattern or a function the layers stand
 * there by their whole names.
 */
export function toPeftConfig({ config, ranks }: Pick<Lora, 'config' | 'ranks'>): Record<string, unknown> {
  const { targetModules } = config;
  return {
    alpha_pattern: config.alphaPattern,
    bias: 'none',
    exclude_modules: config.excludeModules.length > 0 ? [...config.excludeModules] : null,
    init_lora_weights: config.initLoraWeights,
    lora_alpha: config.loraAlpha,
    lora_dropout: config.loraDropout,
    peft_type: 'LORA',
    r: config.r,
    rank_pattern: config.rankPattern,
    target_modules: Array.isArray(targetModules) ? [...targetModules].sort() : Object.keys(ranks).sort(),
    use_dora: false,
    use_rslora: config.useRslora,
  };
}

/**
 * How adapters were made, by the fields of peft's `LoraConfig`.
 *
 * @param layers Names of the adapted layers, for `targetModules`.
 * @throws If a field is none of such a configuration, or asks for what is no low-rank adapter.
 */
export function fromPeftConfig(fields: Fields, layers: readonly string[], where: string): ResolvedLoraConfig {
  for (const key of UNKNOWN) {
    if (fields[key])
      throw new CheckpointError(`${where}: ${key} is ${showJson(fields[key])}; it must be false here.`);
  }
  const { target_modules: targets, init_lora_weights: initial } = fields;
  if (typeof initial === 'string' && CHANGES_BASE.test(initial))
    throw new CheckpointError(
      `${where}: init_lora_weights is ${showJson(initial)}, which changes the network's own weights: have peft save ` +
        'the adapter with path_initial_model_for_weight_conversion.',
    );
  try {
    return resolveLoraConfig({
      r: (fields.r as number | null) ?? undefined,
      loraAlpha: (fields.lora_alpha as number | null) ?? undefined,
      useRslora: fields.use_rslora === true,
      targetModules: Array.isArray(targets) && targets.length > 0 ? targets : layers,
      rankPattern: patternOf(fields.rank_pattern),
      alphaPattern: patternOf(fields.alpha_pattern),
      loraDropout: (fields.lora_dropout as number | null) ?? undefined,
      initLoraWeights: initial === 'gaussian' || initial === false ? initial : true,
    });
  } catch (error) {
    throw new CheckpointError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

/** Numbers by layer; text encoders' layers without the part of their names that others have in front. */
function patternOf(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value as Record<string, number>);
  return Object.fromEntries(
    entries.map(([key, number]) => [key.replace(/^(\^?)text_model\\?\./, '$1'), number]),
  );
}
