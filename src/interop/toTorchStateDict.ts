import type { NamedParameter } from '../models/namedParameters.js';
import type { SafetensorsTensor } from './safetensorsTypes.js';
import { torchShape, toTorchLayout } from './torchLayout.js';

/**
 * A model's parameters and buffers as a torch `state_dict`: torch names, torch axis order, `num_batches_tracked` as
 * int64. Written with {@link writeSafetensors}, PyTorch loads it with `strict=True`.
 *
 * @param parameters As `namedParameters(model)` returns them.
 * @returns Host arrays by name. No tensor is kept.
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
  parameters: readonly NamedParameter[],
): Promise<Map<string, SafetensorsTensor>> {
  const entries = parameters.map(async ({ name, spec, variable }): Promise<[string, SafetensorsTensor]> => {
    const data = await variable.data();
    if (spec.dtype === 'int32') {
      return [name, { dtype: 'I64', shape: [...spec.shape], data: BigInt64Array.from(data, BigInt) }];
    }
    const shape = torchShape(spec.shape, spec.layout);
    return [
      name,
      { dtype: 'F32', shape, data: toTorchLayout(data as Float32Array, spec.shape, spec.layout) },
    ];
  });
  return new Map(await Promise.all(entries));
}
