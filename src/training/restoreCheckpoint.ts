import { CheckpointError } from '../errors/CheckpointError.js';
import { type SpecifiedWeight, specifiedWeights } from '../interop/NamedWeight.js';
import { openSafetensors } from '../interop/openSafetensors.js';
import { assignElements, elementsProblem, planWeights } from '../interop/planWeights.js';
import type { StoredTensor, StoredTensors } from '../interop/safetensorsTypes.js';
import { fromTorchLayout } from '../interop/torchLayout.js';
import { shapeProblem } from '../interop/weightProblem.js';
import type { StoredValues } from '../ops/VariablePacks.js';
import { parseCheckpointMetadata } from './checkpointMetadata.js';
import { type CheckpointParts, EMA, isPart, OPTIMIZER } from './checkpointTensors.js';

/** A tensor of the average or of the optimizer, and the parameter that it belongs to, under the tensor's name. */
interface PartTensor {
  parameter: SpecifiedWeight;
  tensor: StoredTensor;
}

/**
 * Restores what `writeCheckpoint` or `encodeCheckpoint` saved, one tensor at a time. Nothing is changed before all of
 * them have been read and are found to fit: each is read twice.
 *
 * @param source The file's bytes, or its tensors as `openTensors` of `diffusion-ssl/interop` opens them, which stay
 * open.
 * @returns The state.
 * @throws If the file is damaged, is no checkpoint of this package, lacks a part that is asked for, or holds tensors of
 * another network: the error lists them. And what reading throws, which in the second round leaves the parts half
 * restored.
 * @example
 * ```ts
 * import { namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { encodeCheckpoint, ExponentialMovingAverage, restoreCheckpoint } from 'diffusion-ssl/training';
 *
 * const parameters = namedParameters(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const parts = { parameters, ema: new ExponentialMovingAverage(parameters, 0.99) };
 * const bytes = await encodeCheckpoint(parts, { epoch: 3 });
 * console.log(await restoreCheckpoint(bytes, parts)); // { epoch: 3 }
 * ```
 */
export async function restoreCheckpoint(
  source: Uint8Array | StoredTensors,
  { parameters: list, optimizer, ema }: CheckpointParts,
): Promise<unknown> {
  const { tensors, metadata } = source instanceof Uint8Array ? await openSafetensors(source) : source;
  const { optimizerStep, optimizerScalars, emaStep, state } = parseCheckpointMetadata(metadata);
  if (ema && emaStep === undefined) fail('the checkpoint has no moving average (ema).');
  if (optimizer && optimizerStep === undefined) fail('the checkpoint has no optimizer state.');
  const parameters = specifiedWeights('restoreCheckpoint', list);
  const problems: string[] = [];
  const parts: PartTensor[] = [];
  const part = (prefix: string) => {
    const { found, values } = readPart(tensors, prefix, parameters, problems);
    parts.push(...found);
    return values;
  };
  const average = ema && part(EMA);
  const slotNames = new Set(
    [...tensors.keys()].filter((name) => name.startsWith(OPTIMIZER)).map((name) => name.split('.')[1]),
  );
  const saved = optimizer && {
    step: optimizerStep!,
    slots: Object.fromEntries([...slotNames].map((slot) => [slot, part(`${OPTIMIZER}${slot}.`)])),
    scalars: optimizerScalars,
  };
  refuse(problems);
  const weights = planWeights(parameters, new Map([...tensors].filter(([name]) => !isPart(name))), {});
  weights.accept([]);
  try {
    if (average) ema.checkSizes(average);
    if (saved) optimizer.checkState(parameters, saved);
  } catch (error) {
    fail((error as Error).message, error);
  }
  refuse(await valueProblems(parts));
  weights.accept(await valueProblems(weights.present));
  for (const { parameter, tensor } of weights.present)
    assignElements(parameter, tensor.dtype, await tensor.read());
  if (average) await ema.load(emaStep!, average);
  if (saved) await optimizer.load(parameters, saved);
  return state;
}

/**
 * The tensors behind a prefix, and their values by the names of the parameters that they belong to and in the layout
 * here.
 */
function readPart(
  tensors: ReadonlyMap<string, StoredTensor>,
  prefix: string,
  parameters: readonly SpecifiedWeight[],
  problems: string[],
): { found: PartTensor[]; values: Map<string, StoredValues> } {
  const values = new Map<string, StoredValues>();
  const found: PartTensor[] = [];
  const parameterOf = new Map(parameters.map((parameter) => [prefix + parameter.name, parameter]));
  for (const [name, tensor] of tensors) {
    if (!name.startsWith(prefix)) continue;
    const parameter = parameterOf.get(name);
    const problem = parameter
      ? partProblem({ ...parameter, name }, tensor)
      : `extra: ${name} [${tensor.shape}]`;
    if (problem !== undefined) problems.push(problem);
    else if (parameter) {
      const { shape, layout } = parameter.spec;
      const read = async () => fromTorchLayout((await tensor.read()) as Float32Array, shape, layout);
      const length = tensor.shape.reduce((product, side) => product * side, 1);
      values.set(parameter.name, { length, read });
      found.push({ parameter: { ...parameter, name }, tensor });
    }
  }
  return { found, values };
}

function partProblem(parameter: SpecifiedWeight, tensor: StoredTensor): string | undefined {
  if (tensor.dtype !== 'F32')
    return `wrong type: ${parameter.name} is ${tensor.dtype}; a checkpoint holds F32`;
  return shapeProblem(parameter, tensor);
}

async function valueProblems(parts: readonly PartTensor[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { parameter, tensor } of parts) {
    const problem = elementsProblem(parameter, tensor.dtype, await tensor.read());
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0)
    fail(`the checkpoint does not fit the model; nothing was restored.\n${problems.join('\n')}`);
}

function fail(problem: string, cause?: unknown): never {
  throw new CheckpointError(`restoreCheckpoint: ${problem}`, { cause });
}
