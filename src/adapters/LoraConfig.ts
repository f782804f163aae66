import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';

/** How a low-rank adapter is made: the fields of peft's `LoraConfig`, camelCased, with its defaults. */
export interface LoraConfig {
  /** Rank of the adapters. Default 8. */
  r?: number;
  /** What is added has the factor loraAlpha / r. Default 8. */
  loraAlpha?: number;
  /** Whether that factor is loraAlpha / √r (Kalajdzievski 2023). Default false. */
  useRslora?: boolean;
  /**
   * Which linear layers and convolutions: names, or ends of names behind a point, such as `['to_q', 'to_out.0']`; a
   * pattern that the whole name matches; or a function of the name.
   */
  targetModules: readonly string[] | RegExp | ((name: string) => boolean);
  /** Names, or ends of names, of those that are left out. Default none. */
  excludeModules?: readonly string[];
  /** Other ranks, by names, ends of names, or patterns for these. Default none. */
  rankPattern?: Readonly<Record<string, number>>;
  /** Other values of `loraAlpha`, likewise. Default none. */
  alphaPattern?: Readonly<Record<string, number>>;
  /** Probability of dropping a value of what an adapter takes, in training, in [0, 1). Default 0. */
  loraDropout?: number;
  /**
   * How it begins. True: A uniform within ±1/√fanIn and B zero, as in peft; `'gaussian'`: A normal with deviation 1/r
   * and B zero, as diffusers' training has it; false: both uniform, so that it changes the network at once. Default
   * true.
   */
  initLoraWeights?: boolean | 'gaussian';
  /** Seed of the initial values and of dropout. Default 0. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type ResolvedLoraConfig = Required<LoraConfig>;

/** Fills in the defaults of a configuration and checks it. */
export function resolveLoraConfig(config: LoraConfig): ResolvedLoraConfig {
  const name = 'addLora';
  const resolved: ResolvedLoraConfig = {
    r: 8,
    loraAlpha: 8,
    useRslora: false,
    excludeModules: [],
    rankPattern: {},
    alphaPattern: {},
    loraDropout: 0,
    initLoraWeights: true,
    seed: 0,
    ...Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)),
    targetModules: config.targetModules,
  };
  const { targetModules: targets, initLoraWeights: initial } = resolved;
  const isList = Array.isArray(targets) && targets.length > 0 && targets.every((t) => typeof t === 'string');
  if (!isList && !(targets instanceof RegExp) && typeof targets !== 'function') {
    const accepted = "a list of names, such as ['to_q', 'to_v'], a pattern or a function";
    throw argumentError(`${name}: targetModules`, targets, accepted);
  }
  checkInteger(`${name}: r`, resolved.r, 1);
  checkNumber(`${name}: loraAlpha`, resolved.loraAlpha);
  for (const [key, rank] of Object.entries(resolved.rankPattern))
    checkInteger(`${name}: rankPattern['${key}']`, rank, 1);
  for (const [key, alpha] of Object.entries(resolved.alphaPattern))
    checkNumber(`${name}: alphaPattern['${key}']`, alpha);
  checkNumber(`${name}: loraDropout`, resolved.loraDropout, 0, 1 - 2 ** -24);
  if (typeof initial !== 'boolean' && initial !== 'gaussian')
    throw argumentError(`${name}: initLoraWeights`, initial, "true, false or 'gaussian'");
  checkInteger(`${name}: seed`, resolved.seed, 0);
  return resolved;
}

/** Whether a name is one of a list, or ends with one of them behind a point. */
export function isNamed(name: string, list: readonly string[]): boolean {
  return list.some((end) => name === end || name.endsWith(`.${end}`));
}

/** Rank and alpha of a layer. */
export function rankOf(
  { r, loraAlpha, rankPattern, alphaPattern }: ResolvedLoraConfig,
  name: string,
): { rank: number; alpha: number } {
  const find = (patterns: Readonly<Record<string, number>>) =>
    Object.entries(patterns).find(([pattern]) => new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(name))?.[1];
  return { rank: find(rankPattern) ?? r, alpha: find(alphaPattern) ?? loraAlpha };
}
