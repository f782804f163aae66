import type * as tfl from '@tensorflow/tfjs-layers';
import { CheckpointError } from '../errors/CheckpointError.js';
import { isObject } from '../internal/isObject.js';
import { showJson } from '../internal/showJson.js';
import { safetensorsToFloat32 } from '../interop/safetensorsToFloat32.js';
import type { StoredTensor } from '../interop/safetensorsTypes.js';
import { type AdaptableWeight, adaptableWeights } from './adaptableWeights.js';
import type { PlannedAdapter } from './attachLora.js';
import { type ResolvedLoraConfig, rankOf, resolveLoraConfig } from './LoraConfig.js';
import { type LoraPart, parseLoraName } from './loraNames.js';
import { fromPeftConfig } from './peftConfig.js';

/** The tensors of an adapter in a file. */
interface StoredAdapter {
  down?: StoredTensor;
  up?: StoredTensor;
  alpha?: StoredTensor;
  /** Whether its layer's name has `_` for each point. */
  isKohya: boolean;
}

/** The adapters of a part, by what the file calls their layers. */
export type StoredLora = Map<string, StoredAdapter>;

/** What else a file says, and what it is called in messages. */
export interface LoraSource {
  part: LoraPart;
  where: string;
  /** The content of peft's `adapter_config.json`. */
  peftConfig: unknown;
  metadata: Readonly<Record<string, string>>;
}

/** What is to be made of the adapters of a part. */
export interface LoraPlan {
  config: ResolvedLoraConfig;
  planned: PlannedAdapter[];
  /** Under the names that the adapters' parameters get. */
  tensors: Map<string, StoredTensor>;
}

/** The header's entry in which diffusers keeps what peft calls the configuration, with the part before each field. */
export const METADATA_KEY = 'lora_adapter_metadata';

/** The adapters in a file, part by part. */
export function storedLoras(
  tensors: ReadonlyMap<string, StoredTensor>,
  onlyPart: LoraPart | undefined,
  where: string,
): Map<LoraPart, StoredLora> {
  const parts = new Map<LoraPart, StoredLora>();
  for (const [name, tensor] of tensors) {
    const parsed = parseLoraName(name);
    if (!parsed)
      throw new CheckpointError(
        `${where}: tensor '${name}' is none of a low-rank adapter as peft names them.`,
      );
    const part = parsed.part ?? onlyPart;
    if (!part) {
      const problem = `tensor '${name}' does not say of which model it is; give one model alone.`;
      throw new CheckpointError(`${where}: ${problem}`);
    }
    const lora = parts.get(part) ?? new Map<string, StoredAdapter>();
    parts.set(part, lora);
    const { layer, kind, isKohya } = parsed;
    if (lora.get(layer)?.[kind])
      throw new CheckpointError(
        `${where}: the adapter of ${layer} stands there twice; give a file of one adapter.`,
      );
    lora.set(layer, { ...lora.get(layer), isKohya, [kind]: tensor });
  }
  if (parts.size === 0) throw new CheckpointError(`${where}: it has no adapter.`);
  return parts;
}

/**
 * Finds the layers of a model that adapters are of.
 *
 * @throws If one is of no layer, of other shapes than its layer, or incomplete.
 */
export async function planLora(
  model: tfl.LayersModel,
  stored: StoredLora,
  source: LoraSource,
): Promise<LoraPlan> {
  const { where } = source;
  const weights = adaptableWeights(model);
  const known = new Map(weights.map((weight) => [weight.name, weight]));
  const kohya = new Map(weights.map((weight) => [weight.name.replaceAll('.', '_'), weight]));
  const found: { weight: AdaptableWeight; adapter: StoredAdapter; rank: number; alpha?: number }[] = [];
  const unknown: string[] = [];
  for (const [layer, adapter] of stored) {
    const names = adapter.isKohya ? kohya : known;
    const weight = names.get(layer) ?? names.get(layer.replace(/^text_model_/, ''));
    if (weight && found.some((other) => other.weight === weight))
      throw new CheckpointError(`${where}: ${weight.name} has two adapters; give a file of one.`);
    if (!weight) unknown.push(layer);
    else found.push({ weight, adapter, ...(await sizesOf(adapter, weight, where)) });
  }
  if (unknown.length > 0) {
    const some = unknown.slice(0, 5).join(', ') + (unknown.length > 5 ? ', …' : '');
    throw new CheckpointError(
      `${where}: ${unknown.length} of ${stored.size} adapters are of layers that the model has not: ${some}.`,
    );
  }
  const layers = found.map(({ weight }) => weight.name);
  const said = configOf(source, layers);
  const config = said ?? guessedConfig(found);
  for (const { weight, rank } of said ? found : []) {
    const { rank: told } = rankOf(config, weight.name);
    if (told !== rank)
      throw new CheckpointError(
        `${where}: the adapter of ${weight.name} has rank ${rank}, not ${told} as it says.`,
      );
  }
  return {
    config,
    planned: found.map(({ weight, rank, alpha }) => {
      return { weight, rank, alpha: alpha ?? (said ? rankOf(said, weight.name).alpha : rank) };
    }),
    tensors: new Map(
      found.flatMap(({ weight: { name }, adapter: { down, up } }) => [
        [`${name}.lora_A.weight`, down!],
        [`${name}.lora_B.weight`, up!],
      ]),
    ),
  };
}

/** Rank, and alpha where a tensor says it. */
async function sizesOf(
  { down, up, alpha }: StoredAdapter,
  { name }: AdaptableWeight,
  where: string,
): Promise<{ rank: number; alpha?: number }> {
  if (!down || !up)
    throw new CheckpointError(`${where}: of the adapter of ${name} there is only one matrix of two.`);
  const [rank] = down.shape;
  if (!(rank > 0)) throw new CheckpointError(`${where}: the adapter of ${name} has shape [${down.shape}].`);
  if (!alpha) return { rank };
  const [value] = safetensorsToFloat32({ ...alpha, shape: [...alpha.shape], data: await alpha.read() });
  if (!Number.isFinite(value))
    throw new CheckpointError(`${where}: alpha of ${name} is ${value}; it must be a finite number.`);
  return { rank, alpha: value };
}

/** What the file says of how they were made, if it does. */
function configOf(
  { part, where, peftConfig, metadata }: LoraSource,
  layers: readonly string[],
): ResolvedLoraConfig | undefined {
  if (peftConfig !== undefined) {
    if (!isObject(peftConfig))
      throw new CheckpointError(
        `${where}: adapter_config.json is ${showJson(peftConfig)}; it must be an object.`,
      );
    return fromPeftConfig(peftConfig, layers, where);
  }
  const text = metadata[METADATA_KEY];
  if (text === undefined) return undefined;
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch (error) {
    throw new CheckpointError(`${where}: ${METADATA_KEY} of its header is not JSON.`, { cause: error });
  }
  if (!isObject(all))
    throw new CheckpointError(`${where}: ${METADATA_KEY} is ${showJson(all)}; it must be an object.`);
  const own = Object.entries(all).flatMap(([key, value]) =>
    key.startsWith(`${part}.`) ? [[key.slice(part.length + 1), value] as const] : [],
  );
  return own.length > 0 ? fromPeftConfig(Object.fromEntries(own), layers, where) : undefined;
}

/** How adapters are that nothing is said of: of each its rank, and alpha as its tensor says, or the rank. */
function guessedConfig(
  found: readonly { weight: AdaptableWeight; rank: number; alpha?: number }[],
): ResolvedLoraConfig {
  const [first] = found;
  const base = { r: first.rank, loraAlpha: first.alpha ?? first.rank };
  const others = (key: 'rank' | 'alpha', usual: number) =>
    Object.fromEntries(
      found.flatMap(({ weight, rank, alpha = rank }) => {
        const value = key === 'rank' ? rank : alpha;
        return value === usual ? [] : [[weight.name, value]];
      }),
    );
  return resolveLoraConfig({
    ...base,
    targetModules: found.map(({ weight }) => weight.name),
    rankPattern: others('rank', base.r),
    alphaPattern: others('alpha', base.loraAlpha),
  });
}
