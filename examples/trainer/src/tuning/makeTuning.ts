import { ConfigError } from 'diffusion-ssl/errors';
import { FineTuning } from 'diffusion-ssl/finetuning';
import { changeHead, classificationHead, segmentationHead } from 'diffusion-ssl/heads';
import { layersDenoiser } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { checkReading } from '../model/checkReading.js';
import { defaultLayers } from '../model/defaultLayers.js';
import type { OpenModel } from '../model/openModel.js';
import { rateByBlock } from './rateByBlock.js';
import type { TuneConfig } from './TuneConfig.js';

/** What of a configuration the head and what is trained depend on. */
export type TuningParts = Pick<
  TuneConfig,
  | 'task'
  | 'head'
  | 'width'
  | 'layers'
  | 'timestep'
  | 'frozen'
  | 'batchNorm'
  | 'rate'
  | 'layerDecay'
  | 'headFirst'
  | 'lr'
  | 'weightDecay'
  | 'seed'
>;

/** A network with a head for so many classes, ready to train or to predict. */
export function makeTuning(model: OpenModel, classes: number, config: TuningParts): FineTuning {
  const { task, head: kind, width, frozen, batchNorm, headFirst, timestep, lr, weightDecay, seed } = config;
  const denoiser = layersDenoiser(model.model);
  const layers = config.layers ?? layersFor(model, config);
  if (layers) checkReading(model, denoiser, { layers, timesteps: [] });
  const scale = scaleOf(model, layers);
  const head = {
    segmentation: () => segmentationHead({ kind, classes, width, scale, seed }),
    change: () => changeHead({ classes, width, scale, seed }),
    scenes: () => classificationHead({ classes, seed }),
    groups: () => classificationHead({ classes, seed }),
  }[task]();
  return new FineTuning(model.model, {
    ...{ head, layers, frozen, headFirst, timestep },
    batchNorm: frozen ? 'running' : batchNorm,
    rate: rateByBlock(model.model, config),
    optimizer: () => new AdamW({ learningRate: lr, weightDecay }),
  });
}

/** The layers that a head reads where none are named; undefined: the one before the network's last. */
export function layersFor(
  model: OpenModel,
  { task, head }: Pick<TuneConfig, 'task' | 'head'>,
): string[] | undefined {
  if (task === 'scenes' || task === 'groups') return model.factory === 'unetAttD' ? ['add_time'] : undefined;
  const isPyramid = task === 'change' || head === 'fpn';
  return isPyramid ? defaultLayers(model, layersDenoiser(model.model)) : undefined;
}

/** How much larger than the largest of the layers' maps the images are. */
function scaleOf(model: OpenModel, layers: readonly string[] | undefined): number {
  const side = 256;
  const denoiser = layersDenoiser(model.model);
  const named = layers ?? [defaultLayers(model, denoiser)[0]];
  const { shapes } = denoiser.planActivations([1, side, side, model.bands.length], named);
  const wrong = shapes.findIndex((shape) => shape.length !== 4);
  if (wrong >= 0) throw new ConfigError(`--layers names '${named[wrong]}', which has no map of pixels.`);
  return Math.round(side / Math.max(...shapes.map(([, height]) => height)));
}
