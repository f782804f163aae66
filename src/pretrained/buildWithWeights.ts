import type * as tfl from '@tensorflow/tfjs-layers';
import { CheckpointError } from '../errors/CheckpointError.js';
import { assignElements, elementsProblem, planSpecified, planWeights } from '../interop/planWeights.js';
import type { StoredTensors } from '../interop/safetensorsTypes.js';
import { selectWeights } from '../interop/selectWeights.js';
import { namedParameters } from '../models/namedParameters.js';
import type { ModelCodec } from './ModelCodec.js';

/** A network that is to be made. */
export interface NetworkPlan<C> {
  codec: Pick<ModelCodec<C>, 'rename' | 'specs' | 'build' | 'weightsFile'>;
  config: C;
  weights: StoredTensors;
  /** The folder of its weights. */
  place: string;
}

/**
 * Makes a network and gives it its weights, one tensor at a time. What their headers say is checked before anything of
 * the network's size is made.
 *
 * @param accept Called in between: what it throws ends the making.
 * @throws If weights are missing, of other shapes, or not finite; there is then no network.
 */
export async function buildWithWeights<C>(
  { codec, config, weights, place }: NetworkPlan<C>,
  accept?: () => void,
): Promise<tfl.LayersModel> {
  const where = `${place}/${codec.weightsFile}`;
  const tensors = codec.rename(selectWeights(weights.tensors));
  const named = codec.specs(config).map((spec) => ({ name: spec.name, spec }));
  inWeights(where, () => planSpecified(named, tensors, {}).accept([]));
  accept?.();
  const model = codec.build(config);
  try {
    const plan = planWeights(namedParameters(model), tensors, {});
    const problems: string[] = [];
    for (const { parameter, tensor } of plan.present) {
      const data = await tensor.read();
      const problem = elementsProblem(parameter, tensor.dtype, data);
      if (problem === undefined) assignElements(parameter, tensor.dtype, data);
      else problems.push(problem);
    }
    inWeights(where, () => plan.accept(problems));
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function inWeights(where: string, body: () => void): void {
  try {
    body();
  } catch (error) {
    throw new CheckpointError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
