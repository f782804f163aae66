import { z } from 'zod';
import { dataKeys } from './dataKeys.js';
import { modelKeys } from './modelKeys.js';
import { block, keyInfo } from './schemaParts.js';
import { extensionKeys, trainingKeys } from './trainingKeys.js';

/** Name of the block that holds every key. */
export const TOP_BLOCK = 'Train_Validate';

const keys = block({ ...dataKeys, ...trainingKeys, ...modelKeys, ...extensionKeys });

/** The configuration file: every key of the tutorial's and ours. */
export const tutorialSchema = z.strictObject({ [TOP_BLOCK]: keys });

/** The keys of a configuration, each with its value or the shipped one. */
export type TutorialConfig = z.output<typeof keys>;

/** One key of the schema. */
export interface SchemaKey {
  /** `train_batch`, or `diffusion.timesteps` in a block. */
  path: string;
  schema: z.ZodType;
  accepted: string;
  description: string;
  /** The tutorial has it. */
  isTutorial: boolean;
}

/** Every key, in the order of the schema, those of a block behind it. */
export const schemaKeys: readonly SchemaKey[] = listKeys(keys, '');

function listKeys(schema: z.ZodType, prefix: string): SchemaKey[] {
  const shape = shapeOf(schema);
  if (!shape) return [];
  return Object.entries(shape).flatMap(([key, inner]) => {
    const path = prefix + key;
    const { accepted = '', description = '' } = keyInfo(inner);
    const own = { path, schema: inner, accepted, description, isTutorial: !(path in extensionKeys) };
    return [own, ...listKeys(inner, `${path}.`)];
  });
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape as Record<string, z.ZodType>;
  return schema instanceof z.ZodPrefault ? shapeOf(schema.def.innerType as z.ZodType) : undefined;
}
