import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { segmentationHead } from 'diffusion-ssl/heads';
import { attentionMaps, namedParameters, type VitConfig, vit, vitTokens } from 'diffusion-ssl/models';
import { resample2d } from 'diffusion-ssl/ops';
import { AdamW, GroupedOptimizer } from 'diffusion-ssl/optimizers';
import type { OpenVit } from '../model/openVit.js';
import type { StudyMethod } from './StudyMethod.js';

/** How networks of a study are made and trained. */
export interface StudySettings {
  classes: number;
  /** Channels of the U-Net at full size; the decoder of tokens begins with four times as many. */
  width: number;
  rate: number;
  /** The transformer's learning rate over that of what is behind. */
  backboneRate: number;
}

/** A transformer and what makes classes of pixels of it: a U-Net of maps or bands, a decoder of tokens. */
export class StudyNetwork {
  readonly optimizer: GroupedOptimizer;
  /** What is trained. */
  readonly variables: tf.Variable[];
  private readonly backbone?: tfl.LayersModel;
  private readonly head: tfl.LayersModel;

  constructor(
    private readonly model: OpenVit,
    private readonly method: StudyMethod,
    { classes, width, rate, backboneRate, seed }: StudySettings & { seed: number },
  ) {
    const { input, start } = method;
    const config = model.config as VitConfig;
    if (input !== 'bands') {
      this.backbone = vit({ ...config, seed });
      if (start !== 'scratch') copyWeights(model.model, this.backbone);
    }
    const channels = {
      bands: model.bands.length,
      maps: model.heads,
      'maps and bands': model.heads + model.bands.length,
      tokens: config.embedDim ?? 768,
    }[input];
    const image = tfl.input({ shape: [null, null, channels] });
    const head =
      input === 'tokens'
        ? segmentationHead({ kind: 'upconv', classes, width, seed, scale: model.patch })
        : segmentationHead({ kind: 'unet', classes, width, seed });
    this.head = tfl.model({ inputs: image, outputs: head([image]) });
    const trained = (network: tfl.LayersModel) =>
      namedParameters(network).filter(({ spec }) => spec.trainable);
    const own = trained(this.head);
    const behind = this.backbone && start !== 'frozen' ? trained(this.backbone) : [];
    // A transformer that knows something moves more slowly; one that does not, as fast as the rest.
    const factor = start === 'scratch' ? 1 : backboneRate;
    const groups = [{ parameters: own }, { parameters: behind.map(named('backbone')), factor }];
    this.optimizer = new GroupedOptimizer(
      () => new AdamW({ learningRate: rate, weightDecay: 0 }),
      groups.filter(({ parameters }) => parameters.length > 0),
    );
    this.variables = [...own, ...behind].map(({ variable }) => variable);
  }

  /** What the head is given of images; constant where the transformer is frozen. */
  input(x: tf.Tensor4D): tf.Tensor4D {
    const { backbone } = this;
    if (!backbone) return tf.clone(x);
    return tf.tidy(() => {
      const [batch, height, width] = x.shape;
      const [rows, columns] = [height / this.model.patch, width / this.model.patch];
      if (this.method.input === 'tokens') {
        const [tokens] = vitTokens(backbone, x);
        const [, count, channels] = tokens.shape;
        // Without the class token.
        const patches = tf.slice(tokens, [0, count - rows * columns, 0], [batch, rows * columns, channels]);
        return tf.reshape(patches, [batch, rows, columns, channels]);
      }
      // Over even attention, so that they are of the order of 1.
      const maps = tf.mul<tf.Tensor4D>(attentionMaps(backbone, x), rows * columns);
      const large = resample2d(maps, { size: [height, width] });
      return this.method.input === 'maps' ? large : tf.concat([large, x], 3);
    });
  }

  /** From what `input` gives to logits. */
  logits(input: tf.Tensor4D, training: boolean): tf.Tensor4D {
    return this.head.apply(input, { training }) as tf.Tensor4D;
  }

  get isFrozen(): boolean {
    return this.method.start === undefined || this.method.start === 'frozen';
  }

  dispose(): void {
    this.optimizer.dispose();
    this.head.dispose();
    this.backbone?.dispose();
  }
}

function named<T extends { name: string }>(prefix: string): (parameter: T) => T {
  return (parameter) => ({ ...parameter, name: `${prefix}.${parameter.name}` });
}

function copyWeights(from: tfl.LayersModel, to: tfl.LayersModel): void {
  const known = new Map(namedParameters(from).map(({ name, variable }) => [name, variable]));
  for (const { name, variable } of namedParameters(to)) variable.assign(known.get(name) as tf.Tensor);
}
