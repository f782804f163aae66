import { requireBackend } from '../diffusion/requireBackend.js';
import { CheckpointError } from '../errors/CheckpointError.js';
import { showJson } from '../internal/showJson.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { readJsonFile } from '../interop/readJsonFile.js';
import { resolveAutoencoderKlConfig } from '../models/AutoencoderKlConfig.js';
import { autoencoderKlCodec } from '../pretrained/autoencoderKlCodec.js';
import { PIPELINE_FILE, partOf } from '../pretrained/describeDiffusers.js';
import { unet2dConditionCodec } from '../pretrained/unet2dConditionCodec.js';
import { clipTextCodec } from './clipTextCodec.js';
import type { PromptEncoder } from './encodePrompts.js';
import { loadNetwork } from './loadNetwork.js';
import { loadTokenizer } from './loadTokenizer.js';
import { readScheduler } from './readScheduler.js';
import { TextToImagePipeline } from './TextToImagePipeline.js';

/** What the text encoders of a pipeline are called there, with what their tokenizers are. */
const ENCODERS = [
  ['text_encoder', 'tokenizer'],
  ['text_encoder_2', 'tokenizer_2'],
] as const;

/**
 * Opens a pipeline folder of diffusers, of Stable Diffusion 1, 2 or XL: `model_index.json`, `unet`, `vae`,
 * `text_encoder`, `tokenizer`, `scheduler`, of XL `text_encoder_2` and `tokenizer_2` too. Weights are read one tensor
 * at a time, of half precision too, and are float32 then.
 *
 * @param files Where: `folderFiles(folder)` of `diffusion-ssl/training/node`, or `httpFiles` and `browserFiles` of
 * `diffusion-ssl/pretrained`.
 * @returns The pipeline; `dispose` gives back its weights.
 * @throws `CheckpointError` if a file is missing, damaged, or of a network that this package has not; it names the
 * file.
 * @example
 * ```ts no-run
 * import { textToImage } from 'diffusion-ssl/pipelines';
 * import { sampleDpmPlusPlus2M } from 'diffusion-ssl/samplers';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const pipeline = await textToImage(folderFiles('stable-diffusion-v1-5'));
 * const image = await pipeline.generate('a satellite image of a harbor', {
 *   negativePrompt: 'clouds',
 *   sampler: sampleDpmPlusPlus2M,
 *   steps: 20,
 *   seed: 7,
 * });
 * console.log(image.shape); // [1, 512, 512, 3]
 * ```
 */
export async function textToImage(files: ModelFiles): Promise<TextToImagePipeline> {
  requireBackend('textToImage');
  const where = `${files.place}/${PIPELINE_FILE}`;
  const index = (await readJsonFile(files, PIPELINE_FILE)) as Record<string, unknown> | undefined;
  if (index === undefined) throw new CheckpointError(`${where}: there is no such file.`);
  const classOf = (part: string) => {
    const entry = index[part];
    return Array.isArray(entry) && typeof entry[1] === 'string' ? entry[1] : undefined;
  };
  const scheduler = await readScheduler(partOf(files, 'scheduler'));
  const models: { dispose(): unknown }[] = [];
  const kept = <T extends { model: { dispose(): unknown } }>(loaded: T): T => {
    models.push(loaded.model);
    return loaded;
  };
  try {
    const encoders: PromptEncoder[] = [];
    for (const [part, tokenizerPart] of ENCODERS) {
      const className = classOf(part);
      if (className === undefined) continue;
      if (!/^CLIPTextModel(?:WithProjection)?$/.test(className))
        throw new CheckpointError(
          `${where}: ${part} is ${showJson(className)}; this package has CLIPTextModel.`,
        );
      const codec = clipTextCodec(className.endsWith('Projection'));
      const tokenizer = await loadTokenizer(partOf(files, tokenizerPart));
      encoders.push({ model: kept(await loadNetwork(partOf(files, part), codec)).model, tokenizer });
    }
    if (encoders.length === 0) throw new CheckpointError(`${where}: it has no text_encoder.`);
    const vae = kept(await loadNetwork(partOf(files, 'vae'), autoencoderKlCodec));
    const unet = kept(await loadNetwork(partOf(files, 'unet'), unet2dConditionCodec));
    return new TextToImagePipeline({
      unet: unet.model,
      unetConfig: unet.config,
      autoencoder: vae.model,
      autoencoderConfig: resolveAutoencoderKlConfig(vae.config),
      encoders,
      scheduler,
      zerosForNoPrompt: encoders.length > 1 && index.force_zeros_for_empty_prompt !== false,
    });
  } catch (error) {
    for (const model of models) model.dispose();
    throw error;
  }
}
