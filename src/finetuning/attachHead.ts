import * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import { inFunction } from '../internal/inFunction.js';
import { LayerGraph } from '../models/LayerGraph.js';

/** Makes outputs, such as logits, of the outputs of a network's layers. */
export type MakeHead = (features: tfl.SymbolicTensor[]) => tfl.SymbolicTensor;

/**
 * A network without its last layer, and a head in its place.
 *
 * The model shares its layers with the network, whose weights change when it is trained. It has the network's inputs,
 * the timestep among them.
 *
 * @param network A model of x and t, such as `unetAttD` or `fromPretrained` gives.
 * @param head From the outputs of `layers` to that of the model.
 * @param layers Names of the layers that the head reads. Default: the one before the last layer that has weights, of
 * `unetAttD` `conv5`, with patches of pixels at half their resolution.
 * @throws {ConfigError} If there is no layer of a name.
 * @example
 * ```ts
 * import { attachHead } from 'diffusion-ssl/finetuning';
 * import { Conv1x1 } from 'diffusion-ssl/layers';
 * import { unetAttD } from 'diffusion-ssl/models';
 *
 * const head = new Conv1x1({ name: 'head', inChannels: 8, outChannels: 3 });
 * const model = attachHead(unetAttD({ filterConfig: [8, 8, 8, 8, 8, 8] }), ([x]) => head.apply(x) as typeof x);
 * console.log(model.outputs[0].shape); // [null, null, null, 3]
 * ```
 */
export function attachHead(
  network: tfl.LayersModel,
  head: MakeHead,
  layers?: readonly string[],
): tfl.LayersModel {
  const features = inFunction('attachHead', () =>
    layers ? new LayerGraph(network).find(layers) : [beforeLast(network)],
  );
  return tfl.model({ inputs: network.inputs, outputs: head(features) });
}

/** What the last layer with weights reads. */
function beforeLast(network: tfl.LayersModel): tfl.SymbolicTensor {
  let tensor = network.outputs[0];
  for (;;) {
    const { sourceLayer, nodeIndex } = tensor;
    const { inputTensors } = sourceLayer.inboundNodes[nodeIndex];
    if (inputTensors.length !== 1) {
      throw new ConfigError(
        `the network ends with '${sourceLayer.name}', which has ${inputTensors.length} inputs; name the layers that ` +
          'the head reads.',
      );
    }
    [tensor] = inputTensors;
    if (sourceLayer.weights.length > 0) return tensor;
  }
}
