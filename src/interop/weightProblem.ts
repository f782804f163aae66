import type { SpecifiedWeight } from './NamedWeight.js';
import type { TensorPlan } from './planSafetensors.js';
import type { SafetensorsData } from './safetensorsTypes.js';
import { torchShape } from './torchLayout.js';

/** Numbers that a variable of int32 holds. */
const [LEAST, MOST] = [-(2 ** 31), 2 ** 31 - 1];

/** Why a tensor cannot be a parameter's value, by what its header says; undefined where it can. */
export function shapeProblem(
  { name, spec }: Pick<SpecifiedWeight, 'name' | 'spec'>,
  tensor: TensorPlan,
): string | undefined {
  const expected = torchShape(spec.shape, spec.layout);
  if (tensor.shape.join() !== expected.join())
    return `wrong shape: ${name} is [${tensor.shape}], the model has [${expected}]`;
  if (spec.dtype !== 'int32' && !['F64', 'F32', 'F16', 'BF16'].includes(tensor.dtype))
    return `wrong type: ${name} is ${tensor.dtype} (of a quantized network?), the model has float32`;
  return undefined;
}

/**
 * Why a tensor's elements cannot be a parameter's value; undefined where they can.
 *
 * @param values The elements as float32 numbers.
 */
export function valueProblem(
  { name, spec }: SpecifiedWeight,
  data: SafetensorsData,
  values: Float32Array,
): string | undefined {
  if (spec.dtype === 'int32') {
    const least = name.endsWith('num_batches_tracked') ? 0 : LEAST;
    const wrong = [...data].find(
      (value) => !(value >= least && value <= MOST && Number.isInteger(Number(value))),
    );
    return wrong === undefined
      ? undefined
      : `wrong value: ${name} is ${wrong}, the model has an integer from ${least} to ${MOST}`;
  }
  let [nan, infinite] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
  }
  if (nan + infinite === 0) return undefined;
  const counts = [nan > 0 && `${nan} NaN`, infinite > 0 && `${infinite} infinite`]
    .filter(Boolean)
    .join(' and ');
  return `not finite: ${name} has ${counts} among its ${values.length} values`;
}
