import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { SpecLayer } from '../layers/SpecLayer.js';

/** A parameter or buffer of a model: its torch name, its specification and the variable that holds it. */
export interface NamedParameter {
  /** Name in a torch `state_dict`: `encoder_1.block.0.weight`. */
  name: string;
  spec: ParameterSpec;
  variable: tf.Variable;
}

/**
 * The parameters and buffers of a model under their torch names, which, unlike the names of tfjs variables, are the
 * same for every model of a process.
 *
 * @param model A model of this package, or any model made of its layers.
 * @throws If a layer has weights that are not of this package, so that they have no torch name.
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 *
 * const model = unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] });
 * console.log(namedParameters(model)[0].name); // encoder_1.block.0.weight
 * ```
 */
export function namedParameters(model: tfl.LayersModel): NamedParameter[] {
  return model.layers.flatMap((layer) => {
    if (layer instanceof SpecLayer) {
      return layer.parameterSpecs().map((spec) => ({
        name: `${layer.name}.${spec.name}`,
        spec,
        variable: layer.variable(spec.name),
      }));
    }
    if (layer.weights.length > 0) {
      throw new ConfigError(
        `namedParameters: layer '${layer.name}' (${layer.getClassName()}) has weights without a torch name.`,
      );
    }
    return [];
  });
}
