import type { NamedWeight } from './NamedWeight.js';
import {
  assignElements,
  elementsProblem,
  type LoadTorchStateDictOptions,
  type LoadTorchStateDictResult,
  planWeights,
} from './planWeights.js';
import type { StoredTensor } from './safetensorsTypes.js';

/**
 * Loads weights into a model as {@link loadTorchStateDict} does, one tensor at a time, so that they need not fit into
 * memory beside the model. Nothing is changed before all of them have been read and are found to fit: each tensor is
 * read twice.
 *
 * @param parameters As `namedParameters(model)` returns them, or any list of `{ name, variable }`.
 * @param weights Tensors by torch name, as `selectWeights` returns those of `openTensors`.
 * @returns The names that only one of the two has.
 * @throws As `loadTorchStateDict`; and what reading throws, which in the second round leaves the model half loaded.
 * @example
 * ```ts
 * import { loadWeights, openSafetensors, selectWeights } from 'diffusion-ssl/interop';
 * import { toTorchStateDict, writeSafetensors } from 'diffusion-ssl/interop';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 *
 * const filterConfig = [4, 4, 8, 8, 8, 8];
 * const trained = await toTorchStateDict(namedParameters(unetAttD({ filterConfig, seed: 1 })));
 * const file = await openSafetensors(new Blob([writeSafetensors(trained)]));
 * await loadWeights(namedParameters(unetAttD({ filterConfig })), selectWeights(file.tensors));
 * await file.close();
 * ```
 */
export async function loadWeights(
  parameters: readonly NamedWeight[],
  weights: ReadonlyMap<string, StoredTensor>,
  options: LoadTorchStateDictOptions = {},
): Promise<LoadTorchStateDictResult> {
  const { present, result, accept } = planWeights(parameters, weights, options);
  // What does not fit by its header alone is told before anything is read.
  accept([]);
  const problems: string[] = [];
  for (const { parameter, tensor } of present) {
    const problem = elementsProblem(parameter, tensor.dtype, await tensor.read());
    if (problem !== undefined) problems.push(problem);
  }
  accept(problems);
  for (const { parameter, tensor } of present) assignElements(parameter, tensor.dtype, await tensor.read());
  return result;
}
