import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import type { TorchLayout } from '../layers/ParameterSpec.js';
import type { NamedParameter } from './namedParameters.js';

/** The weights of tf.layers' layers whose axes PyTorch orders otherwise, by class and name. */
const LAYOUTS: Readonly<Record<string, Readonly<Record<string, TorchLayout>>>> = {
  Conv1D: { kernel: 'conv1d' },
  Conv2D: { kernel: 'conv2d' },
  Conv2DTranspose: { kernel: 'convTranspose2d' },
  DepthwiseConv2D: { depthwise_kernel: 'depthwiseConv2d' },
  SeparableConv2D: { depthwise_kernel: 'depthwiseConv2d', pointwise_kernel: 'conv2d' },
  Dense: { kernel: 'linear' },
};

/** The weights of a layer that is not of this package, whose name in files is `name`. */
export function stockParameters(layer: tfl.layers.Layer, name: string): NamedParameter[] {
  // TimeDistributed has the weights of the layer that it applies.
  const { layer: inner = layer } = layer as { layer?: tfl.layers.Layer };
  const layouts = LAYOUTS[inner.getClassName()];
  return layer.weights.map((weight) => {
    const variable = weight.read() as tf.Variable;
    // The name that the layer gave, before tfjs made it unique in the process.
    const own = weight.originalName.slice(weight.originalName.lastIndexOf('/') + 1);
    const { shape, dtype } = variable;
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new ConfigError(
        `namedParameters: the weight '${own}' of layer '${layer.name}' (${layer.getClassName()}) is ${dtype}; ` +
          'files hold float32 and int32.',
      );
    }
    const trainable = layer.trainable && variable.trainable;
    const layout = layouts?.[own] ?? 'same';
    return { name: `${name}.${own}`, spec: { shape, dtype, trainable, layout }, variable };
  });
}
