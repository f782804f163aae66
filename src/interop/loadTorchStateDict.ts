import type { NamedWeight } from './NamedWeight.js';
import {
  assignElements,
  elementsProblem,
  type LoadTorchStateDictOptions,
  type LoadTorchStateDictResult,
  planWeights,
} from './planWeights.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';
import { shapeProblem } from './weightProblem.js';

/**
 * Loads a torch `state_dict` into a model, as torch's `load_state_dict` does.
 *
 * A prefix that every name carries is dropped (`module.` of `torch.nn.DataParallel`, `model.` of Lightning, `net.`, …),
 * and one under which all parameters stand. Half-precision and double values are converted to float32. As in torch,
 * `num_batches_tracked` may be missing. Every other tensor is accounted for, and nothing is changed when it throws.
 *
 * @param parameters As `namedParameters(model)` returns them, or any list of `{ name, variable }`.
 * @param stateDict Tensors by torch name, as `readWeights` returns them.
 * @returns The names that only one of the two has.
 * @throws If two parameters have the same name, the dictionary is empty, a tensor is of another shape or type or has
 * values that are not finite; in strict mode also if tensors are missing or extra; else if the two have no name in
 * common. The error lists all names.
 * @example
 * ```ts
 * import { loadTorchStateDict, toTorchStateDict } from 'diffusion-ssl/interop';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 *
 * const filterConfig = [4, 4, 8, 8, 8, 8];
 * const trained = await toTorchStateDict(namedParameters(unetAttD({ filterConfig, seed: 1 })));
 * loadTorchStateDict(namedParameters(unetAttD({ filterConfig })), trained);
 * ```
 */
export function loadTorchStateDict(
  parameters: readonly NamedWeight[],
  stateDict: ReadonlyMap<string, SafetensorsTensor>,
  options: LoadTorchStateDictOptions = {},
): LoadTorchStateDictResult {
  const { present, result, accept } = planWeights(parameters, stateDict, options);
  const fits = present.filter(({ parameter, tensor }) => shapeProblem(parameter, tensor) === undefined);
  accept(
    fits.flatMap(({ parameter, tensor: { dtype, data } }) => elementsProblem(parameter, dtype, data) ?? []),
  );
  for (const { parameter, tensor } of present) assignElements(parameter, tensor.dtype, tensor.data);
  return result;
}
