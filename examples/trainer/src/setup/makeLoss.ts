import path from 'node:path';
import { openTensors, type SafetensorsTensor } from 'diffusion-ssl/interop';
import { getLossFn, type LossFunction, Vgg16Features } from 'diffusion-ssl/losses';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import { checkBands } from '../data/checkBands.js';

/**
 * The loss that a configuration names.
 *
 * @param channels Bands of the chips.
 * @throws If the loss is `'perceptual'` and its weights cannot be read, or a chosen band is not there.
 */
export async function makeLoss(
  { loss, lossWeights, perceptualWeights, perceptualBands }: PretrainConfig,
  channels: number,
): Promise<LossFunction> {
  if (loss !== 'perceptual') return getLossFn(loss, lossWeights);
  if (perceptualWeights === undefined) {
    throw new Error(
      'The loss perceptual needs the weights of VGG16: ' +
        '--perceptual-weights FILE (perceptual_weights in a configuration file), saved in Python by ' +
        `safetensors.torch.save_file(vgg16(weights='DEFAULT').features.state_dict(prefix='features.'), ` +
        `'vgg16.safetensors').`,
    );
  }
  checkBands('--perceptual-bands (perceptual_bands in a configuration file)', perceptualBands, channels);
  try {
    const tensors = await readFeatures(perceptualWeights);
    const [red, green, blue] = perceptualBands;
    return getLossFn('perceptual', { features: new Vgg16Features(tensors, { bands: [red, green, blue] }) });
  } catch (error) {
    throw new Error(
      `${perceptualWeights}: ${(error as Error).message} (--perceptual-weights, ` +
        'perceptual_weights in a configuration file)',
      { cause: error },
    );
  }
}

/** The convolutional part of VGG16; the layers behind it, most of the file, are not read. */
async function readFeatures(file: string): Promise<Map<string, SafetensorsTensor>> {
  const { tensors, close } = await openTensors(folderFiles(path.dirname(file)), path.basename(file));
  try {
    const features = new Map<string, SafetensorsTensor>();
    for (const [name, { dtype, shape, read }] of tensors) {
      if (name.startsWith('features.')) features.set(name, { dtype, shape: [...shape], data: await read() });
    }
    return features;
  } finally {
    await close();
  }
}
