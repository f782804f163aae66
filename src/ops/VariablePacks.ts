import * as tf from '@tensorflow/tfjs-core';
import { named } from './named.js';
import { runKernel } from './runKernel.js';

/** Values that are fetched when they are asked for: a variable's, or its part of an average or an optimizer's state. */
export interface StoredValues {
  length: number;
  /** In the variable's own layout. */
  read(): Promise<Float32Array>;
}

/** Variables of at least this size are updated alone: copying them together would cost more than it saves. */
const LARGE = 4096;

/**
 * Many variables as a few vectors: each large one alone, all small ones together.
 *
 * Most variables of a network are small (biases, batch norm), and an update that touched each alone would spend its
 * time on calls; the few large ones hold the values, and packing them would spend it on copies.
 */
export class VariablePacks {
  /** The variables of each vector. */
  readonly packs: readonly (readonly tf.Variable[])[];

  constructor(readonly variables: readonly tf.Variable[]) {
    const small = variables.filter(({ size }) => size < LARGE);
    const large = variables.filter(({ size }) => size >= LARGE).map((variable) => [variable]);
    this.packs = small.length > 0 ? [small, ...large] : large;
  }

  /** Zeros for each vector, kept outside any tidy. */
  zeros(): tf.Tensor1D[] {
    return this.packs.map((pack) => tf.keep(tf.zeros([pack.reduce((sum, { size }) => sum + size, 0)])));
  }

  /** The present values of a vector. */
  read(index: number): tf.Tensor1D {
    return this.concatenate(index, (variable) => variable);
  }

  /** The tensors that belong to a vector's variables, such as their gradients, in one vector. */
  concatenate(index: number, tensorOf: (variable: tf.Variable) => tf.Tensor): tf.Tensor1D {
    const tensors = this.packs[index].map(tensorOf);
    const flat = (tensor: tf.Tensor) => tf.reshape(tensor, [tensor.size]) as tf.Tensor1D;
    if (tensors.length === 1) return flat(tensors[0]);
    return runKernel<tf.Tensor1D>('DiffusionSslPack', named(tensors)) ?? tf.concat1d(tensors.map(flat));
  }

  /** Writes a vector's values into its variables. */
  write(index: number, values: tf.Tensor1D): void {
    const pack = this.packs[index];
    tf.tidy(() => {
      const parts = pack.length === 1 ? [tf.reshape(values, pack[0].shape)] : this.cut(values, pack);
      for (const [i, variable] of pack.entries()) variable.assign(parts[i]);
    });
  }

  private cut(values: tf.Tensor1D, pack: readonly tf.Variable[]): tf.Tensor[] {
    const parts = runKernel<tf.Tensor[]>('DiffusionSslUnpack', { values, ...named(pack) });
    if (parts) return parts;
    const sizes = pack.map(({ size }) => size);
    return tf.split(values, sizes).map((part, i) => tf.reshape(part, pack[i].shape));
  }

  /** The vectors' values on the host, cut into one array a variable. */
  async values(vectors: readonly tf.Tensor1D[]): Promise<Map<tf.Variable, Float32Array>> {
    const result = new Map<tf.Variable, Float32Array>();
    for (const [index, vector] of vectors.entries()) {
      const data = await vector.data<'float32'>();
      let end = 0;
      for (const variable of this.packs[index]) {
        const begin = end;
        end += variable.size;
        result.set(variable, data.slice(begin, end));
      }
    }
    return result;
  }

  /** What {@link values} gives, each variable's fetched alone; the small ones, which share a vector, together once. */
  stored(vectors: readonly tf.Tensor1D[]): Map<tf.Variable, StoredValues> {
    const result = new Map<tf.Variable, StoredValues>();
    for (const [index, pack] of this.packs.entries()) {
      let held: Promise<Float32Array> | undefined;
      let end = 0;
      for (const variable of pack) {
        const begin = end;
        end += variable.size;
        const read = async () => {
          if (pack.length === 1) return vectors[index].data<'float32'>();
          held ??= vectors[index].data<'float32'>();
          return (await held).slice(begin, begin + variable.size);
        };
        result.set(variable, { length: variable.size, read });
      }
    }
    return result;
  }

  /** Replaces the vectors in place, one after the other, by values that are read as they are needed. */
  async load(vectors: tf.Tensor1D[], valuesOf: (variable: tf.Variable) => StoredValues): Promise<void> {
    for (const [index, pack] of this.packs.entries()) {
      const parts: Float32Array[] = [];
      for (const variable of pack) parts.push(await valuesOf(variable).read());
      const data = parts.length === 1 ? parts[0] : joined(parts);
      vectors[index].dispose();
      vectors[index] = tf.keep(tf.tensor1d(data));
    }
  }

  /** Vectors from one array a variable: the inverse of {@link values}, kept outside any tidy. */
  fromValues(valuesOf: (variable: tf.Variable) => Float32Array): tf.Tensor1D[] {
    return this.packs.map((pack) => tf.keep(tf.tensor1d(joined(pack.map(valuesOf)))));
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    data.set(part, offset);
    offset += part.length;
  }
  return data;
}
