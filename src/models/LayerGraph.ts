import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ActivationPlan } from '../diffusion/FeatureDenoiser.js';
import { ConfigError } from '../errors/ConfigError.js';
import { layerNames } from './layerNames.js';

/** Computes a layer of its inputs, outside training. Intermediates are left to the caller's `tf.tidy`. */
export type ApplyLayer = (layer: tfl.layers.Layer, inputs: tf.Tensor[]) => tf.Tensor;

/** A layer as it is. */
export const applyLayer: ApplyLayer = (layer, inputs) =>
  layer.call(inputs.length === 1 ? inputs[0] : inputs, { training: false }) as tf.Tensor;

/** A model's computation, tensor by tensor, of which a part can be run. Layers have one output each. */
export class LayerGraph {
  /** Tensors of rank 3 and above by the names of their layers (the last of a layer used twice), in their order. */
  private readonly named = new Map<string, tfl.SymbolicTensor>();

  constructor(private readonly model: tfl.LayersModel) {
    const names = layerNames(model.layers);
    for (const tensor of this.order(model.outputs).keys()) {
      if (tensor.shape.length >= 3) this.named.set(names.get(tensor.sourceLayer)!, tensor);
    }
  }

  /** Names of the layers with maps or tokens, in the order in which they are computed. */
  get names(): string[] {
    return [...this.named.keys()];
  }

  /**
   * The tensors behind layers' names.
   *
   * @throws {ConfigError} If there is none.
   */
  find(layers: readonly string[]): tfl.SymbolicTensor[] {
    return layers.map((name) => {
      const tensor = this.named.get(name);
      if (!tensor) {
        throw new ConfigError(
          `layers names '${name}', which is no layer with a map; those are ${this.names.join(', ')}.`,
        );
      }
      return tensor;
    });
  }

  /** Computes tensors of the model's inputs, and no more than they depend on. */
  run(inputs: tf.Tensor[], targets: readonly tfl.SymbolicTensor[], apply: ApplyLayer): tf.Tensor[] {
    return tf.tidy(() => {
      const values = new Map(this.model.inputs.map((input, i) => [input, inputs[i]]));
      const uses = this.order(targets);
      for (const tensor of uses.keys()) {
        const sources = inputsOf(tensor);
        const value = tf.tidy(() =>
          apply(
            tensor.sourceLayer,
            sources.map((source) => values.get(source)!),
          ),
        );
        values.set(tensor, value);
        // The memory of what nobody reads any more is still in the caches: the next layers use it again.
        for (const source of this.dropped(uses, sources)) {
          const read = values.get(source)!;
          if (read !== value) read.dispose();
        }
      }
      return targets.map((target) => values.get(target)!);
    });
  }

  /** What {@link run} gives and holds for images of a shape: an output counts twice while its layer computes it. */
  plan(shape: readonly number[], targets: readonly tfl.SymbolicTensor[]): ActivationPlan {
    const { inputs } = this.model;
    const shapes = new Map<tfl.SymbolicTensor, number[]>(
      inputs.map((input, i) => [
        input,
        i === 0 ? [...shape] : [shape[0], ...input.shape.slice(1)].map(Number),
      ]),
    );
    const bytes = (tensor: tfl.SymbolicTensor) => 4 * tf.util.sizeFromShape(shapes.get(tensor)!);
    let held = inputs.reduce((sum, input) => sum + bytes(input), 0);
    let peakBytes = held;
    const uses = this.order(targets);
    for (const tensor of uses.keys()) {
      const sources = inputsOf(tensor);
      const of = sources.map((source) => shapes.get(source)!);
      const output = tensor.sourceLayer.computeOutputShape(of.length === 1 ? of[0] : of) as number[];
      shapes.set(tensor, output);
      peakBytes = Math.max(peakBytes, held + 2 * bytes(tensor));
      held += bytes(tensor);
      for (const source of this.dropped(uses, sources)) held -= bytes(source);
    }
    return { shapes: targets.map((target) => shapes.get(target)!), peakBytes };
  }

  /** What targets are made of, each tensor after what it is made of, with the number of its readers. */
  private order(targets: readonly tfl.SymbolicTensor[]): Map<tfl.SymbolicTensor, number> {
    const uses = new Map<tfl.SymbolicTensor, number>();
    const order: tfl.SymbolicTensor[] = [];
    const visit = (tensor: tfl.SymbolicTensor) => {
      if (this.model.inputs.includes(tensor)) return;
      const readers = uses.get(tensor) ?? 0;
      uses.set(tensor, readers + 1);
      if (readers > 0) return;
      inputsOf(tensor).forEach(visit);
      order.push(tensor);
    };
    targets.forEach(visit);
    return new Map(order.map((tensor) => [tensor, uses.get(tensor)!]));
  }

  /** Counts one reader less of each source, and gives those that have none left. */
  private dropped(
    uses: Map<tfl.SymbolicTensor, number>,
    sources: tfl.SymbolicTensor[],
  ): tfl.SymbolicTensor[] {
    return sources.filter((source) => {
      const readers = uses.get(source);
      if (readers === undefined) return false;
      uses.set(source, readers - 1);
      return readers === 1;
    });
  }
}

function inputsOf({ sourceLayer, nodeIndex }: tfl.SymbolicTensor): tfl.SymbolicTensor[] {
  return sourceLayer.inboundNodes[nodeIndex].inputTensors;
}
