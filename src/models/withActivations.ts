import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ConditionFields, Denoiser } from '../diffusion/Denoiser.js';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { inFunction } from '../internal/inFunction.js';
import { denoiserInputs } from './denoiserInputs.js';
import type { ApplyLayer, LayerGraph } from './LayerGraph.js';

type Condition = ConditionFields | undefined;

/** Gives the denoiser of a model its activations, by the graph of its layers. */
export function withActivations(
  functionName: string,
  denoiser: Denoiser<Condition>,
  { model, graph, apply }: { model: tfl.LayersModel; graph: LayerGraph; apply: ApplyLayer },
): FeatureDenoiser<Condition> {
  const activations: Pick<FeatureDenoiser<Condition>, keyof FeatureDenoiser> = {
    layerNames: graph.names,
    activations: (xT, t, condition, layers) =>
      inFunction(functionName, () => {
        const targets = graph.find(layers);
        return tf.tidy(() =>
          graph.run(denoiserInputs(functionName, model, [xT, t], condition), targets, apply),
        );
      }),
    planActivations: (shape, layers) => inFunction(functionName, () => graph.plan(shape, graph.find(layers))),
  };
  return Object.assign(denoiser, activations);
}
