import { ConfigError } from '../errors/ConfigError.js';
import { checkOneOf } from '../internal/checks.js';
import type { WritableModelFiles } from '../interop/ModelFiles.js';
import type { StoredTensor } from '../interop/safetensorsTypes.js';
import { saveTensors } from '../interop/saveTensors.js';
import { storedStateDict } from '../interop/storedStateDict.js';
import type { Lora } from './Lora.js';
import { diffusersStyle, type LoraPart, type LoraStyle, loraTensorName } from './loraNames.js';
import { toPeftConfig } from './peftConfig.js';
import { METADATA_KEY } from './planLora.js';

/** Options of {@link saveLora}. */
export interface SaveLoraOptions {
  /**
   * `'diffusers'`: `pytorch_lora_weights.safetensors`, which its `load_lora_weights` opens; `'peft'`:
   * `adapter_model.safetensors` and `adapter_config.json`, of one model. Default `'diffusers'`.
   */
  format?: 'diffusers' | 'peft';
}

/**
 * Writes low-rank adapters under the names that diffusers or peft write, with rank and alpha: of diffusers' file in its
 * header, from where its `load_lora_weights` takes them. Where diffusers mixes names and then reads them in part, all
 * are of the kind that it reads.
 *
 * @param files Where to.
 * @param loras Those of each part of a pipeline. Adapters of a network that is no part of one go under `unet`.
 * @throws `ConfigError` if there are none, or several for peft; what `files` throw.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { addLora, saveLora } from 'diffusion-ssl/adapters';
 * import { unetAttD } from 'diffusion-ssl/models';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const model = unetAttD({ filterConfig: [8, 8, 8, 8, 8, 8] });
 * const lora = addLora(model, { r: 2, targetModules: ['block.0'] });
 * await saveLora(folderFiles(mkdtempSync('/tmp/lora-')), { unet: lora });
 * ```
 */
export async function saveLora(
  files: WritableModelFiles,
  loras: Readonly<Partial<Record<LoraPart, Lora>>>,
  { format = 'diffusers' }: SaveLoraOptions = {},
): Promise<void> {
  checkOneOf('saveLora: format', format, ['diffusers', 'peft']);
  const parts = Object.entries(loras).filter(([, lora]) => lora !== undefined) as [LoraPart, Lora][];
  if (parts.length === 0) throw new ConfigError('saveLora: loras has none; give some, as in { unet: lora }.');
  if (format === 'peft') {
    if (parts.length > 1)
      throw new ConfigError(`saveLora: peft's files hold those of one model; there are ${parts.length}.`);
    const [[, lora]] = parts;
    await writeJson(files, 'adapter_config.json', toPeftConfig(lora));
    const tensors = namedTensors(lora, 'base_model.model.', 'lora_A');
    await saveTensors(files, 'adapter_model.safetensors', tensors, { metadata: { format: 'pt' } });
    return;
  }
  const tensors = new Map(
    parts.flatMap(([part, lora]) => [
      ...namedTensors(lora, `${part}.`, diffusersStyle(part, Object.keys(lora.ranks))),
    ]),
  );
  const fields = parts.flatMap(([part, lora]) =>
    Object.entries(toPeftConfig(lora)).map(([key, value]) => [`${part}.${key}`, value]),
  );
  const metadata = { format: 'pt', [METADATA_KEY]: JSON.stringify(Object.fromEntries(fields), null, 2) };
  await saveTensors(files, 'pytorch_lora_weights.safetensors', tensors, { metadata });
}

function namedTensors({ parameters }: Lora, prefix: string, style: LoraStyle): Map<string, StoredTensor> {
  return new Map(
    [...storedStateDict(parameters)].map(([name, tensor]) => {
      const [, layer, letter] = /^(.*)\.lora_([AB])\.weight$/s.exec(name)!;
      return [prefix + loraTensorName(layer, letter === 'A' ? 'down' : 'up', style), tensor];
    }),
  );
}

async function writeJson(files: WritableModelFiles, name: string, value: unknown): Promise<void> {
  await files.write(name, [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)]);
}
