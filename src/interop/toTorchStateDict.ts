import type { NamedWeight } from './NamedWeight.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';
import { storedStateDict } from './storedStateDict.js';

/**
 * A model's parameters and buffers as a torch `state_dict`: torch names, torch axis order, `num_batches_tracked` as
 * int64. Written with {@link writeSafetensors}, PyTorch loads it with `strict=True`.
 *
 * @param parameters As `namedParameters(model)` returns them, or any list of `{ name, variable }`.
 * @returns Host arrays by name. No tensor is kept.
 * @throws If two parameters have the same name, or one is neither float32 nor int32.
 * @example
 * ```ts
 * import { toTorchStateDict, writeSafetensors } from 'diffusion-ssl/interop';
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 *
 * const model = unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] });
 * const bytes = writeSafetensors(await toTorchStateDict(namedParameters(model)));
 * console.log(bytes.byteLength > 0); // true
 * ```
 */
export async function toTorchStateDict(
  parameters: readonly NamedWeight[],
): Promise<Map<string, SafetensorsTensor>> {
  const entries = [...storedStateDict(parameters)].map(
    async ([name, { dtype, shape, read }]): Promise<[string, SafetensorsTensor]> => {
      return [name, { dtype, shape: [...shape], data: await read() }];
    },
  );
  return new Map(await Promise.all(entries));
}
