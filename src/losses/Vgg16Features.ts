import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import { maxPool2d } from '../ops/maxPool2d.js';
import { type ConstantFilter, constantConv2d, constantFilter } from './constantConv2d.js';
import { type HostWeight, LAYER_NAMES, readVgg16Layers } from './vgg16Layers.js';

/** Options of {@link Vgg16Features}. */
export interface Vgg16FeaturesOptions {
  /**
   * Whose outputs to take, by torchvision's names `'features.0'` to `'features.30'`. Default: the second ReLU of the
   * first and of the second block, `['features.3', 'features.8']`.
   */
  layers?: readonly string[];
  /** The 0-based channels of the images that serve as red, green and blue. Default: the images have three channels. */
  bands?: readonly [number, number, number];
  /**
   * `'imagenet'`: subtract ImageNet's mean of each channel and divide by its standard deviation, as torchvision's
   * weights expect of images in [0, 1]. `'none'`: images as they are, as the reference has it. Default `'none'`.
   */
  normalization?: 'none' | 'imagenet';
}

type Layer = { type: 'relu' | 'pool' } | ({ type: 'conv'; bias: tf.Tensor1D } & ConstantFilter);

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

/**
 * The convolutional part of VGG16 with fixed weights: a feature extractor for the loss `perceptual` (Simonyan and
 * Zisserman 2014, "Very deep convolutional networks for large-scale image recognition"; torchvision's `vgg16`).
 *
 * Nothing is downloaded. In Python, `safetensors.torch.save_file(vgg16(weights='DEFAULT').features.state_dict(
 * prefix='features.'), path)` saves the weights. They are no variables: no optimizer moves them.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Vgg16Features } from 'diffusion-ssl/losses';
 *
 * // Stands for `readSafetensors(bytes).tensors` of 'diffusion-ssl/interop'.
 * const weights = new Map([
 *   ['features.0.weight', { shape: [8, 3, 3, 3], data: new Float32Array(216).fill(0.1) }],
 *   ['features.0.bias', { shape: [8], data: new Float32Array(8) }],
 * ]);
 * const features = new Vgg16Features(weights, { layers: ['features.1'], bands: [2, 1, 0] });
 * console.log(features.apply(tf.ones([1, 16, 16, 4]))[0].shape); // [1, 16, 16, 8]
 * features.dispose();
 * ```
 */
export class Vgg16Features {
  /** The layers whose outputs `apply` returns, in its order. */
  readonly layerNames: readonly string[];
  readonly #layers: Layer[];
  readonly #bands?: readonly number[];
  readonly #normalized: boolean;

  /**
   * @param weights By torchvision's names: `features.N.weight` [outChannels, inChannels, 3, 3] and `features.N.bias`
   * [outChannels] of every convolution up to the deepest layer asked for. Others are ignored; any width will do.
   * @throws If a layer is unknown or none is given, the bands are not three indices, the normalization is unknown, or a
   * weight is missing, of another shape or type, or not finite.
   */
  constructor(
    weights: ReadonlyMap<string, HostWeight>,
    { layers = ['features.3', 'features.8'], bands, normalization = 'none' }: Vgg16FeaturesOptions = {},
  ) {
    if (layers.length === 0) throw argumentError('Vgg16Features: layers', layers, 'one name or more');
    for (const [i, name] of layers.entries()) {
      checkOneOf(`Vgg16Features: layers[${i}]`, name, LAYER_NAMES);
    }
    checkOneOf('Vgg16Features: normalization', normalization, ['none', 'imagenet']);
    if (bands !== undefined) {
      if (bands.length !== 3) throw argumentError('Vgg16Features: bands', bands, 'three channels');
      for (const [i, band] of bands.entries()) checkInteger(`Vgg16Features: bands[${i}]`, band, 0);
    }
    this.layerNames = [...layers];
    this.#bands = bands;
    this.#normalized = normalization === 'imagenet';
    const depth = Math.max(...layers.map((name) => LAYER_NAMES.indexOf(name))) + 1;
    this.#layers = readVgg16Layers(weights, depth).map((layer) => {
      if (layer.type !== 'conv') return layer;
      const { forward, backward } = constantFilter(layer.weight, layer.inChannels, layer.outChannels);
      const bias = tf.tensor1d(layer.bias);
      for (const tensor of [forward, backward, bias]) tf.keep(tensor);
      return { type: layer.type, forward, backward, bias };
    });
  }

  /**
   * The outputs of the layers, differentiable with respect to the images.
   *
   * @param images float32 tensor [batch, height, width, channels]; three channels unless `bands` chooses them.
   * @returns One tensor a layer, [batch, height / 2ⁿ, width / 2ⁿ, channels] behind n poolings, rounded down; the
   * caller's to dispose.
   * @throws If the images have no three channels, or none that `bands` names, or are too small for the poolings.
   */
  apply(images: tf.Tensor): tf.Tensor4D[] {
    return tf.tidy(() => {
      let x = this.#chooseBands(images);
      if (this.#normalized) {
        x = tf.div(tf.sub(x, tf.tensor1d(IMAGENET_MEAN)), tf.tensor1d(IMAGENET_STD));
      }
      const outputs = this.#layers.map((layer) => {
        if (layer.type === 'conv') x = tf.add(constantConv2d(x, layer), layer.bias);
        else x = layer.type === 'relu' ? tf.relu(x) : poolEven(x);
        return x;
      });
      // Handles of their own: a layer may be asked for twice.
      return this.layerNames.map((name) => tf.clone(outputs[LAYER_NAMES.indexOf(name)]));
    });
  }

  /** Releases the weights. */
  dispose(): void {
    for (const layer of this.#layers) {
      if (layer.type === 'conv') tf.dispose([layer.forward, layer.backward, layer.bias]);
    }
  }

  #chooseBands(images: tf.Tensor): tf.Tensor4D {
    const bands = this.#bands;
    const channels = images.shape[3] ?? 0;
    const fits = bands === undefined ? channels === 3 : bands.every((band) => band < channels);
    if (images.rank !== 4 || !fits) {
      const accepted = bands === undefined ? "3 channels, or the option 'bands'" : `the bands ${bands}`;
      throw argumentError(
        'Vgg16Features: the shape of the images',
        images.shape,
        `of rank 4 with ${accepted}`,
      );
    }
    const x = images as tf.Tensor4D;
    if (bands === undefined) return x;
    return tf.concat(
      bands.map((band) => tf.slice(x, [0, 0, 0, band], [-1, -1, -1, 1])),
      3,
    );
  }
}

/** Maximum of each 2×2 cell; the last row or column of an odd height or width has no cell. */
function poolEven(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  if (height < 2 || width < 2) {
    throw argumentError(
      'Vgg16Features: the shape before a pooling',
      x.shape,
      'at least 2×2: use larger images',
    );
  }
  const odd = height % 2 === 1 || width % 2 === 1;
  return maxPool2d(odd ? tf.slice(x, 0, [-1, height - (height % 2), width - (width % 2), -1]) : x);
}
