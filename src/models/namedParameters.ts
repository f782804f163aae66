import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import type { WeightSpec } from '../layers/ParameterSpec.js';
import { SpecLayer } from '../layers/SpecLayer.js';
import { layerNames } from './layerNames.js';
import { stockParameters } from './stockParameters.js';

/** A parameter or buffer of a model: its name in files, what it is, and the variable that holds it. */
export interface NamedParameter {
  /** Name in a torch `state_dict`, `encoder_1.block.0.weight`, or of a layer of tf.layers, `stem.kernel`. */
  name: string;
  spec: WeightSpec;
  variable: tf.Variable;
}

/**
 * The parameters and buffers of a model under names that, unlike those of tfjs variables, are the same in every model
 * and process: the optimizer's state, moving averages, checkpoints and weights for PyTorch go by them.
 *
 * Layers of this package have their torch names. A layer of tf.layers has `LAYER.WEIGHT`, such as `stem.kernel`; one in
 * a model within the model `MODEL.LAYER.WEIGHT`. Name your layers: one without a name is counted within its model
 * (`conv2d_1`, `conv2d_2`, in the order of `model.layers`), so that a checkpoint fits as long as no layer of its kind
 * is added or moved. A layer used twice is listed once.
 *
 * @param model Any `tf.LayersModel`.
 * @returns `spec.trainable` is false for running statistics and frozen layers. `spec.layout` says how PyTorch orders
 * the axes: of the kernels of dense layers, convolutions of one or two dimensions, transposed, separable and depthwise
 * ones; any other weight is kept as it is.
 * @throws If two weights have the same name, or one is neither float32 nor int32.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-layers';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 *
 * console.log(namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }))[0].name); // encoder_1.block.0.weight
 *
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ name: 'stem', inputShape: [8, 8, 4], filters: 2, kernelSize: 3 }));
 * console.log(namedParameters(model).map(({ name }) => name)); // [ 'stem.kernel', 'stem.bias' ]
 * ```
 */
export function namedParameters(model: tfl.LayersModel): NamedParameter[] {
  const byVariable = new Map<tf.Variable, NamedParameter>();
  const byName = new Map<string, NamedParameter>();
  for (const parameter of parametersOf(model, '')) {
    const { name, variable } = parameter;
    if (byVariable.has(variable)) continue;
    const other = byName.get(name);
    if (other) {
      throw new ConfigError(
        `namedParameters: two weights of the model are called '${name}' (of the shapes [${other.variable.shape}] and ` +
          `[${variable.shape}]); give their layers names of their own.`,
      );
    }
    byName.set(name, parameter);
    byVariable.set(variable, parameter);
  }
  return [...byName.values()];
}

function parametersOf(model: tfl.LayersModel, prefix: string): NamedParameter[] {
  const names = layerNames(model.layers);
  return model.layers.flatMap((layer) => {
    const name = prefix + names.get(layer);
    if (layer instanceof SpecLayer) {
      return layer.parameterSpecs().map((spec) => {
        const variable = layer.variable(spec.name);
        return {
          name: (layer.isRoot ? prefix : `${name}.`) + spec.name,
          spec: { ...spec, trainable: layer.trainable && variable.trainable },
          variable,
        };
      });
    }
    if (layer instanceof tfl.LayersModel) return parametersOf(layer, `${name}.`);
    return stockParameters(layer, name);
  });
}
