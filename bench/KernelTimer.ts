import * as tf from '@tensorflow/tfjs-core';
import { convolutionFlops } from './convolutionFlops.js';
import { type Family, kernelFamily } from './kernelFamily.js';

/** One call of a kernel. */
export interface KernelCall {
  name: string;
  family: Family;
  /** Without the kernels that it calls itself. */
  milliseconds: number;
  /** Of its first two inputs. */
  shapes: string;
  /** Operations, where it is one of our convolutions. */
  flops: number;
}

/** Times every kernel of the current backend, by taking the place of each in TensorFlow.js' registry. */
export class KernelTimer {
  private calls: KernelCall[] | undefined;
  private known: readonly KernelCall[] = [];
  private inside = 0;

  constructor() {
    for (const config of tf.getKernelsForBackend(tf.getBackend())) {
      const { kernelName, backendName, kernelFunc } = config;
      tf.unregisterKernel(kernelName, backendName);
      tf.registerKernel({ ...config, kernelFunc: (params) => this.time(kernelName, kernelFunc, params) });
    }
  }

  /**
   * The kernels that ran in `step`. Their families and shapes are found in the first call, which takes long, and hold
   * for every later one, since each step runs the same kernels.
   */
  async record(step: () => Promise<void>): Promise<KernelCall[]> {
    const calls: KernelCall[] = [];
    this.calls = calls;
    await step();
    this.calls = undefined;
    if (this.known.length === 0) this.known = calls;
    if (calls.length !== this.known.length) throw new Error('two steps did not run the same kernels');
    return calls;
  }

  private time(
    name: string,
    kernelFunc: tf.KernelFunc,
    params: Parameters<tf.KernelFunc>[0],
  ): ReturnType<tf.KernelFunc> {
    if (!this.calls) return kernelFunc(params);
    const call = this.describe(name, params, this.calls.length);
    this.calls.push(call);
    const outer = this.inside;
    this.inside = 0;
    const start = performance.now();
    const result = kernelFunc(params);
    const whole = performance.now() - start;
    call.milliseconds = whole - this.inside;
    this.inside = outer + whole;
    return result;
  }

  private describe(name: string, { inputs, attrs }: Parameters<tf.KernelFunc>[0], index: number): KernelCall {
    const known = this.known[index];
    if (known) {
      if (known.name !== name)
        throw new Error(`two steps did not run the same kernels: ${known.name}, ${name}`);
      return { ...known, milliseconds: 0 };
    }
    const tensors = Object.values(inputs).filter((input) => input && 'shape' in input) as tf.TensorInfo[];
    return {
      name,
      family: kernelFamily(name),
      milliseconds: 0,
      shapes: tensors
        .slice(0, 2)
        .map(({ shape }) => shape.join('×'))
        .join(', '),
      flops: convolutionFlops(name, inputs as Record<string, tf.TensorInfo>, attrs as { size?: number }),
    };
  }
}
