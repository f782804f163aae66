import { ConfigError } from 'diffusion-ssl/errors';
import { combineMembers } from 'diffusion-ssl/maps';
import type { Predictor } from './Predictor.js';

/**
 * Several predictors as one: the mean of their probabilities, and as uncertainty how much they disagree.
 *
 * @throws {ConfigError} If they differ in what they tell apart, or in their bands.
 */
export function ensembleOf(members: readonly Predictor[]): Predictor {
  const [first, ...others] = members;
  if (others.length === 0) return first;
  const about = ({ file: { task, classes }, model: { bands } }: Predictor) =>
    JSON.stringify([task, classes.map(({ name }) => name), bands.length]);
  if (others.some((other) => about(other) !== about(first))) {
    throw new ConfigError('--with takes heads of the same task, classes and bands.');
  }
  const classes = first.file.classes.length;
  return {
    ...first,
    stride: Math.max(...members.map(({ stride }) => stride)),
    async window(part) {
      const answers: Float32Array[] = [];
      for (const member of members) answers.push((await member.window(part)).probabilities);
      return combineMembers(answers, classes);
    },
    async whole(image) {
      const answers: Float32Array[] = [];
      for (const member of members) answers.push(await member.whole(image));
      return answers[0].map((_, k) => answers.reduce((sum, one) => sum + one[k] / answers.length, 0));
    },
    dispose: () => {
      for (const member of members) member.dispose();
    },
  };
}
