import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields, Denoiser } from 'diffusion-ssl/diffusion';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { type GuidanceOptions, guideDenoiser } from 'diffusion-ssl/samplers';
import { dropCondition } from 'diffusion-ssl/training';
import { unconditionalFields } from './unconditionalFields.js';

/** A denoiser of conditions as one that is told those of a batch, and is guided if asked. */
export function guidedDenoiser(
  denoiser: Denoiser<ConditionFields | undefined>,
  conditions: readonly ModelCondition[],
  condition: ConditionFields | undefined,
  guidance?: GuidanceOptions,
): Denoiser {
  const { scale = 1 } = guidance ?? {};
  if (!condition || scale === 1) return (xT, t, _, call) => denoiser(xT, t, condition, call);
  return (xT, t, _, call) =>
    tf.tidy(() => {
      const told = conditions.filter(({ name }) => Object.hasOwn(condition, name));
      const none = { probability: 1, unconditional: unconditionalFields(told), seed: 0, step: 0 };
      const unconditional = dropCondition(condition, none);
      const guided = guideDenoiser(denoiser, { ...guidance, scale, condition, unconditional });
      return guided(xT, t, undefined, call);
    });
}
