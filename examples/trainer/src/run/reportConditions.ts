import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields, Denoiser } from 'diffusion-ssl/diffusion';
import { conditionEffect, type DiffusionBatch, diffusionLoss, dropCondition } from 'diffusion-ssl/training';
import { unconditionalFields } from '../conditions/unconditionalFields.js';
import type { Run } from './Run.js';
import { validationBatches, validationOptions } from './validate.js';

/** By how much the validation loss rises where a condition is not the chip's own. */
export interface ConditionRise {
  /** With another chip's, and the standard error of that. */
  shuffled: number;
  standardError: number;
  /** Without it. */
  dropped: number;
  /** Whether another chip's is worse by more than three standard errors. */
  acts: boolean;
}

/** Which conditions a network uses, measured on validation chips with the same noise. */
export interface ConditionReport {
  chips: number;
  /** With each chip's own conditions. */
  loss: number;
  conditions: Record<string, ConditionRise>;
}

/** Chips that it is measured on, at most. */
const MOST_CHIPS = 512;

/**
 * Measures which conditions act, with the weights at hand; undefined for a run without any, or whose batches of
 * validation hold one chip each.
 */
export async function reportConditions(run: Run): Promise<ConditionReport | undefined> {
  const { conditions, denoiser, alphaBars, loss, config, signal } = run;
  if (conditions.length === 0 || !(await canMeasure(run))) return undefined;
  const options = { alphaBars, predictionType: config.predictionType, loss };
  const effect = await conditionEffect(denoiser, measuredBatches(run), {
    ...options,
    bins: 1,
    seed: config.seed,
    signal,
  });
  const meanLoss = async (told: Denoiser<ConditionFields>) => {
    let sum = 0;
    for await (const batch of measuredBatches(run)) {
      const value = diffusionLoss(told, batch, options);
      sum += (await value.data())[0] * batch.t.length;
      value.dispose();
    }
    return sum / effect.samples;
  };
  const own = await meanLoss(denoiser);
  const rises: Record<string, ConditionRise> = {};
  for (const { name } of conditions) {
    const { increase, standardError } = effect.fields[name];
    const dropped = (await meanLoss(without(run, name))) - own;
    rises[name] = { shuffled: increase, standardError, dropped, acts: increase > 3 * standardError };
  }
  return { chips: effect.samples, loss: effect.loss, conditions: rises };
}

/** What a report says, line by line. */
export function reportLines({ chips, loss, conditions }: ConditionReport): string[] {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(5)}`;
  return [
    `conditions: validation loss ${loss.toFixed(5)} of ${chips} chips; with another chip's, and without:`,
    ...Object.entries(conditions).map(([name, { shuffled, standardError, dropped, acts }]) => {
      const verdict = acts ? 'acts' : 'does not act';
      return `  ${name}: ${signed(shuffled)} ± ${standardError.toFixed(5)}, ${signed(dropped)}; ${verdict}`;
    }),
  ];
}

async function canMeasure(run: Run): Promise<boolean> {
  const batches = measuredBatches(run);
  const { done } = await batches.next();
  await batches.return(undefined);
  return !done;
}

/** Some validation batches, but for one of a single chip, of which no other's condition can be taken. */
async function* measuredBatches(run: Run): AsyncGenerator<DiffusionBatch<ConditionFields>> {
  let chips = 0;
  for await (const { batch } of validationBatches(run.data.validate, validationOptions(run))) {
    if (batch.t.length < 2) continue;
    yield batch as DiffusionBatch<ConditionFields>;
    chips += batch.t.length;
    if (chips >= MOST_CHIPS) return;
  }
}

/** A denoiser that is not told of one condition. */
function without({ denoiser, conditions }: Run, name: string): Denoiser<ConditionFields> {
  return (xT, t, condition, call) =>
    tf.tidy(() => {
      const unconditional = { [name]: unconditionalFields(conditions)[name] };
      const probability = { [name]: 1 };
      return denoiser(
        xT,
        t,
        dropCondition(condition, { probability, unconditional, seed: 0, step: 0 }),
        call,
      );
    });
}
