import type * as tf from '@tensorflow/tfjs-core';

/** How a denoiser is called: what dropout and batch normalisation obey. */
export interface DenoiserCall {
  /** Whether dropout acts and batch normalisation uses and tracks the batch. False in samplers and evaluation. */
  training: boolean;
  /**
   * Names the random numbers that the denoiser draws: of one step, it draws the same again. In training the number of
   * the batch within the run; 0 in samplers.
   */
  step: number;
}

/**
 * Any function that predicts noise, x0 or v: a network, a formula, guidance over another denoiser. Losses, `trainStep`
 * and samplers take one; `layersDenoiser` makes one of a `tf.LayersModel`. Functions of fewer parameters are denoisers
 * too.
 *
 * Its arguments: `xT` [batch, …]; 0-based timesteps `t` [batch], int32, or float32 where they may lie between two
 * trained ones; a condition of any kind, handed through from the batch or the sampler's options; and how it is called.
 * It returns a prediction of `xT`'s shape. Tensors that it allocates are disposed for it.
 */
export type Denoiser<C = unknown> = (
  xT: tf.Tensor,
  t: tf.Tensor1D,
  condition: C,
  call: DenoiserCall,
) => tf.Tensor;

/** A condition that can be taken apart by sample: tensors by name, of which each has the batch as its first axis. */
export type ConditionFields = Readonly<Record<string, tf.Tensor>>;
