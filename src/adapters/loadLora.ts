import type * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { CheckpointError } from '../errors/CheckpointError.js';
import { ConfigError } from '../errors/ConfigError.js';
import { loadWeights } from '../interop/loadWeights.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { openTensors } from '../interop/openTensors.js';
import { readJsonFile } from '../interop/readJsonFile.js';
import type { StoredTensors } from '../interop/safetensorsTypes.js';
import { attachLora } from './attachLora.js';
import type { Lora } from './Lora.js';
import type { LoraPart } from './loraNames.js';
import { planLora, type StoredLora, storedLoras } from './planLora.js';

/** What files are called where none is named. */
const DIFFUSERS_FILE = 'pytorch_lora_weights.safetensors';
const PEFT_FILE = 'adapter_model.safetensors';
const PEFT_CONFIG = 'adapter_config.json';

/** The models of a pipeline that a file has adapters for; null: those of this part are left aside. */
export type LoraModels = Readonly<Partial<Record<LoraPart, tfl.LayersModel | null>>>;

/** Options of {@link loadLora}. */
export interface LoadLoraOptions {
  /**
   * Name of the file. Default: `pytorch_lora_weights.safetensors` as diffusers writes it, or
   * `adapter_model.safetensors` with `adapter_config.json` as peft does.
   */
  file?: string;
}

/**
 * Reads low-rank adapters and adds them to the models that they are for: of files that `saveLora`, diffusers or peft
 * wrote, or kohya's programs. Rank and alpha come from the file: its header, peft's `adapter_config.json`, or kohya's
 * `alpha` tensors; where none of them says alpha, it is the rank, as in diffusers. Half precision is converted.
 *
 * @param models The model of each part that the file adapts, such as `{ unet: model }`. Adapters of a network that is
 * no part of a pipeline are under `unet` too.
 * @param files Where the file lies.
 * @returns The adapters of each part that has any, at scale 1.
 * @throws `CheckpointError` if there is no such file, it is damaged, has adapters of layers that a model has not or of
 * other shapes, or of a part for which there is no model; the models are then as before.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { addLora, loadLora, saveLora } from 'diffusion-ssl/adapters';
 * import { unetAttD } from 'diffusion-ssl/models';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const model = unetAttD({ filterConfig: [8, 8, 8, 8, 8, 8] });
 * const files = folderFiles(mkdtempSync('/tmp/lora-'));
 * const lora = addLora(model, { r: 2, targetModules: ['block.0'] });
 * await saveLora(files, { unet: lora });
 * lora.remove();
 * const { unet } = await loadLora({ unet: model }, files);
 * console.log(unet?.ranks['encoder_1.block.0']); // 2
 * ```
 */
export async function loadLora(
  models: LoraModels,
  files: ModelFiles,
  options: LoadLoraOptions = {},
): Promise<Partial<Record<LoraPart, Lora>>> {
  requireBackend('loadLora');
  const { stored, where, peftConfig } = await openLora(files, options);
  const loras: Partial<Record<LoraPart, Lora>> = {};
  try {
    const parts = storedLoras(stored.tensors, onlyPart(models), where);
    const plans = [...parts].flatMap(([part, lora]) => {
      const model = models[part];
      if (model === undefined) {
        const problem = `it has adapters of '${part}' too; give its model, or null to leave them aside.`;
        throw new CheckpointError(`${where}: ${problem}`);
      }
      return model === null ? [] : [{ part, model, lora }];
    });
    for (const { part, model, lora } of plans) {
      loras[part] = await readLora(model, lora, { part, where, peftConfig, metadata: stored.metadata });
    }
    return loras;
  } catch (error) {
    for (const lora of Object.values(loras)) lora.remove();
    throw error;
  } finally {
    await stored.close();
  }
}

interface OpenedLora {
  stored: StoredTensors;
  where: string;
  peftConfig?: unknown;
}

async function openLora(files: ModelFiles, { file }: LoadLoraOptions): Promise<OpenedLora> {
  let name = file;
  if (name === undefined) {
    const diffusers = await files.open(DIFFUSERS_FILE);
    await diffusers?.close?.();
    name = diffusers ? DIFFUSERS_FILE : PEFT_FILE;
  }
  const stored = await openTensors(files, name);
  const where = `${files.place}/${name}`;
  if (![...stored.tensors.keys()].some((key) => key.startsWith('base_model.model.')))
    return { stored, where };
  try {
    const config = name.slice(0, name.lastIndexOf('/') + 1) + PEFT_CONFIG;
    const peftConfig = await readJsonFile(files, config);
    if (peftConfig === undefined)
      throw new CheckpointError(`${where}: ${config}, in which peft writes alpha, is not beside it.`);
    return { stored, where, peftConfig };
  } catch (error) {
    await stored.close();
    throw error;
  }
}

/** The part that tensors are of which do not say: the only one. */
function onlyPart(models: LoraModels): LoraPart | undefined {
  const parts = Object.keys(models) as LoraPart[];
  if (parts.length === 0)
    throw new ConfigError('loadLora: models has none; give one, as in { unet: model }.');
  return parts.length === 1 ? parts[0] : undefined;
}

/** Adds the adapters of one part to its model and reads their values. */
async function readLora(
  model: tfl.LayersModel,
  stored: StoredLora,
  source: Parameters<typeof planLora>[2],
): Promise<Lora> {
  const { config, planned, tensors } = await planLora(model, stored, source);
  const lora = attachLora(model, config, planned);
  try {
    await loadWeights(lora.parameters, tensors);
    return lora;
  } catch (error) {
    lora.remove();
    throw new CheckpointError(`${source.where}: ${(error as Error).message}`, { cause: error });
  }
}
