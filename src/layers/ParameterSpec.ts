/** Which torch module a parameter belongs to, hence how its axes are ordered there. */
export type TorchLayout = 'conv1d' | 'conv2d' | 'convTranspose2d' | 'depthwiseConv2d' | 'linear' | 'same';

/**
 * How a parameter is filled when a model is built: at random within ±bound, at random by a normal distribution, with
 * one number, or with given ones, row by row.
 */
export type Initialization =
  | { type: 'uniform'; bound: number }
  | { type: 'normal'; std: number }
  | { type: 'constant'; value: number }
  | {
      type: 'values';
      /** Gives them. */
      values: () => Float32Array;
    };

/** What a stored weight is: enough to find it in a torch `state_dict` and to check it. */
export interface WeightSpec {
  /**
   * Shape here: filters [k, k, in, out], of one dimension [k, in, out], transposed ones [k, k, out, in], depthwise
   * ones [k, k, in, multiplier], matrices [in, out].
   */
  shape: number[];
  /** False for buffers such as running statistics. */
  trainable: boolean;
  dtype: 'float32' | 'int32';
  layout: TorchLayout;
  /** How a layer of this package fills it; of other layers nothing is known. */
  initialization?: Initialization;
}

/**
 * One parameter or buffer of a layer: enough to count it, to allocate it and to find it in a torch `state_dict`.
 */
export interface ParameterSpec extends WeightSpec {
  /** Name within the layer, as in torch: `block.0.weight`. */
  name: string;
  initialization: Initialization;
}

/** One trainable parameter. */
export const parameter = (
  name: string,
  shape: number[],
  initialization: Initialization,
  layout: TorchLayout = 'same',
): ParameterSpec => ({ name, shape, trainable: true, dtype: 'float32', initialization, layout });

/** torch's default for convolutions and linear layers: uniform within ±1/√fanIn (He et al., 2015, with a = √5). */
const torchUniform = (fanIn: number): Initialization => ({ type: 'uniform', bound: 1 / Math.sqrt(fanIn) });

/** Parameters of `torch.nn.Conv2d(inChannels, outChannels, size)`, whose filter is [size, size, in, out] here. */
export function conv2dSpecs(
  prefix: string,
  [size, inChannels, outChannels]: readonly [size: number, inChannels: number, outChannels: number],
  { bias }: { bias: boolean },
): ParameterSpec[] {
  const init = torchUniform(size * size * inChannels);
  const weight = parameter(`${prefix}.weight`, [size, size, inChannels, outChannels], init, 'conv2d');
  return bias ? [weight, parameter(`${prefix}.bias`, [outChannels], init)] : [weight];
}

/** Parameters of `torch.nn.ConvTranspose2d(inChannels, outChannels, size)`, with bias. */
export function convTranspose2dSpecs(
  prefix: string,
  size: number,
  inChannels: number,
  outChannels: number,
): ParameterSpec[] {
  // torch takes the fan-in from axis 1 of its [in, out, k, k] weight.
  const init = torchUniform(size * size * outChannels);
  return [
    parameter(`${prefix}.weight`, [size, size, outChannels, inChannels], init, 'convTranspose2d'),
    parameter(`${prefix}.bias`, [outChannels], init),
  ];
}

/** How {@link linearSpecs} are. */
export interface LinearSpecsOptions {
  /** Default true. */
  bias?: boolean;
  /** Of the matrix; the bias then begins with zeros. Default torch's of both. */
  initialization?: Initialization;
}

/** Parameters of `torch.nn.Linear(inFeatures, outFeatures)`. */
export function linearSpecs(
  prefix: string,
  inFeatures: number,
  outFeatures: number,
  { bias = true, initialization }: LinearSpecsOptions = {},
): ParameterSpec[] {
  const [init, biasInit] = initialization
    ? [initialization, { type: 'constant', value: 0 } as const]
    : [torchUniform(inFeatures), torchUniform(inFeatures)];
  const weight = parameter(`${prefix}.weight`, [inFeatures, outFeatures], init, 'linear');
  return bias ? [weight, parameter(`${prefix}.bias`, [outFeatures], biasInit)] : [weight];
}

/**
 * A normal distribution of this spread, which is what `trunc_normal_` of timm gives too: it cuts off at ±2, a hundred
 * deviations away.
 */
export const normalValues = (std: number): Initialization => ({ type: 'normal', std });

/** torch's `xavier_uniform_` of a matrix. */
export const xavierUniform = (fanIn: number, fanOut: number): Initialization => ({
  type: 'uniform',
  bound: Math.sqrt(6 / (fanIn + fanOut)),
});

/** Specifications without the dot that a prefix of '' leaves. */
export const withoutPrefix = (specs: readonly ParameterSpec[]): ParameterSpec[] =>
  specs.map((spec) => ({ ...spec, name: spec.name.slice(1) }));

/** Parameters of `torch.nn.GroupNorm` or `torch.nn.LayerNorm` over `channels`. */
export function normSpecs(prefix: string, channels: number): ParameterSpec[] {
  return [
    parameter(`${prefix}.weight`, [channels], { type: 'constant', value: 1 }),
    parameter(`${prefix}.bias`, [channels], { type: 'constant', value: 0 }),
  ];
}

/** The table of `torch.nn.Embedding(rows, channels)`, of torch's variance 1 unless told otherwise. */
export function embeddingSpecs(
  prefix: string,
  shape: [rows: number, channels: number],
  initialization: Initialization = { type: 'uniform', bound: Math.sqrt(3) },
): ParameterSpec[] {
  return [parameter(`${prefix}.weight`, shape, initialization)];
}

/** Parameters and buffers of `torch.nn.BatchNorm2d(channels)`. */
export function batchNormSpecs(prefix: string, channels: number): ParameterSpec[] {
  const constant = (name: string, value: number) =>
    parameter(`${prefix}.${name}`, [channels], { type: 'constant', value });
  const counter = parameter(`${prefix}.num_batches_tracked`, [], { type: 'constant', value: 0 });
  return [
    constant('weight', 1),
    constant('bias', 0),
    { ...constant('running_mean', 0), trainable: false },
    { ...constant('running_var', 1), trainable: false },
    { ...counter, trainable: false, dtype: 'int32' },
  ];
}
