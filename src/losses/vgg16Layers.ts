import { argumentError } from '../internal/checks.js';

/** An array of numbers on the host with its shape, such as each of `readSafetensors(bytes).tensors`. */
export interface HostWeight {
  shape: readonly number[];
  /** Row-major; a `Float32Array` or `Float64Array`. */
  data: ArrayLike<unknown>;
}

/** One layer of the feature network, its weights in torch's layout on the host. */
export type HostLayer =
  | { type: 'relu' | 'pool' }
  | { type: 'conv'; inChannels: number; outChannels: number; weight: Float32Array; bias: Float32Array };

/** The blocks of VGG16: convolutions, each with a ReLU behind it, and a pooling at the end. */
const LAYER_TYPES = [2, 2, 3, 3, 3].flatMap((convolutions) => [
  ...Array.from({ length: convolutions }, () => ['conv', 'relu'] as const).flat(),
  'pool' as const,
]);

/** Torchvision's names of the layers, in order. */
export const LAYER_NAMES: readonly string[] = LAYER_TYPES.map((_, i) => `features.${i}`);

/** The first `depth` layers with their weights, after checking that these fit each other. */
export function readVgg16Layers(weights: ReadonlyMap<string, HostWeight>, depth: number): HostLayer[] {
  let inChannels = 3;
  return LAYER_TYPES.slice(0, depth).map((type, i) => {
    if (type !== 'conv') return { type };
    const outChannels = weights.get(`${LAYER_NAMES[i]}.weight`)?.shape[0] ?? 0;
    const weight = readWeight(weights, `${LAYER_NAMES[i]}.weight`, [outChannels, inChannels, 3, 3]);
    const bias = readWeight(weights, `${LAYER_NAMES[i]}.bias`, [outChannels]);
    const layer = { type, inChannels, outChannels, weight, bias };
    inChannels = outChannels;
    return layer;
  });
}

function readWeight(
  weights: ReadonlyMap<string, HostWeight>,
  name: string,
  shape: readonly number[],
): Float32Array {
  const refuse = (received: unknown, accepted: string) =>
    argumentError(`Vgg16Features: weights '${name}'`, received, accepted);
  const found = weights.get(name);
  if (found === undefined) throw refuse('missing', "there, as in torchvision's VGG16");
  if (found.shape.length !== shape.length || shape.some((side, i) => side === 0 || side !== found.shape[i])) {
    const sides = shape.map((side, i) => (i === 0 ? 'outChannels' : side)).join(', ');
    throw refuse(found.shape, `of shape [${sides}]`);
  }
  const { data } = found;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    throw refuse(data, "a Float32Array (`safetensorsToFloat32` of 'diffusion-ssl/interop' converts)");
  }
  if (data.length !== shape.reduce((product, side) => product * side, 1)) {
    throw refuse(`of ${data.length} values`, `of as many as its shape [${shape}] holds`);
  }
  const values = Float32Array.from(data);
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw refuse(bad, 'finite');
  return values;
}
