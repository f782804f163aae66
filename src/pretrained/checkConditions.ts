import { CheckpointError } from '../errors/CheckpointError.js';
import type { ModelConfigs, ModelFactory } from './ModelCodec.js';
import type { ModelCondition } from './ModelDescription.js';

/**
 * Throws unless a network takes the conditions that its description speaks of.
 *
 * @param where The file, for messages.
 */
export function checkConditions(
  conditions: readonly ModelCondition[] | undefined,
  config: ModelConfigs[ModelFactory],
  where: string,
): void {
  if (conditions === undefined) return;
  const { numClassEmbeds, classEmbedType, useMetadata, numMetadata = 7 } = config as ModelConfigs['unet2d'];
  const classes = conditions.filter((condition) => condition.kind === 'class');
  if (classes.length > 1) {
    throw new CheckpointError(`${where}: conditions has ${classes.length} classes; a network takes one.`);
  }
  const rows = (classEmbedType ?? null) === null ? (numClassEmbeds ?? 0) : 0;
  const wanted = classes.length > 0 ? classes[0].classes.length + 1 : 0;
  if (rows !== wanted) {
    throw new CheckpointError(
      `${where}: conditions needs ${wanted} class embeddings, one of them for none; the network has ${rows}.`,
    );
  }
  const numbers = conditions.reduce((sum, condition) => {
    return condition.kind === 'number' ? sum + (condition.encoding === 'cyclic' ? 2 : 1) : sum;
  }, 0);
  const taken = useMetadata ? numMetadata : 0;
  if (numbers !== taken) {
    throw new CheckpointError(
      `${where}: conditions gives ${numbers} numbers (two a cyclic one); the network takes ${taken}.`,
    );
  }
}
