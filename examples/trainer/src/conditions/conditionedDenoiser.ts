import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields, Denoiser } from 'diffusion-ssl/diffusion';
import type { ModelCondition } from 'diffusion-ssl/pretrained';

/**
 * A network that takes `classLabels`, `metadata` and images behind the noisy one, as one that takes each condition
 * under its own name; images that it is not told are zeros.
 */
export function conditionedDenoiser(
  denoiser: Denoiser<ConditionFields | undefined>,
  conditions: readonly ModelCondition[],
): Denoiser<ConditionFields | undefined> {
  if (conditions.length === 0) return denoiser;
  const namesOf = (wanted: ModelCondition['kind']) =>
    conditions.flatMap(({ kind, name }) => (kind === wanted ? [name] : []));
  const [classes, numbers] = [namesOf('class'), namesOf('number')];
  const images = conditions.filter((condition) => 'bands' in condition);
  return (xT, t, condition, call) =>
    tf.tidy(() => {
      const fields = condition ?? {};
      const told = images.map(
        ({ name, bands }) => fields[name] ?? tf.zeros([...xT.shape.slice(0, -1), bands]),
      );
      const input = told.length > 0 ? tf.concat([xT, ...told], -1) : xT;
      const inputs: Record<string, tf.Tensor> = {};
      if (classes.length > 0) inputs.classLabels = fields[classes[0]];
      if (numbers.length > 0)
        inputs.metadata = tf.concat(
          numbers.map((name) => fields[name]),
          1,
        );
      return denoiser(input, t, Object.keys(inputs).length > 0 ? inputs : undefined, call);
    });
}
