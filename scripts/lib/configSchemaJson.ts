import { z } from 'zod';
import { tutorialSchema } from '../../examples/trainer/src/config/tutorialSchema.js';

/** The JSON schema of the trainer's configuration file, as text. */
export function configSchemaJson(): string {
  const schema = z.toJSONSchema(tutorialSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      delete jsonSchema.accepted;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      // A default in front of a conversion is lost otherwise.
      if (zodSchema._zod.def.type === 'default') {
        jsonSchema.default = (zodSchema as z.ZodDefault)._zod.def
          .defaultValue as z.core.JSONSchema.JSONSchema['default'];
      }
    },
  });
  const { $schema, ...rest } = schema;
  return `${JSON.stringify({ $schema, title: 'Configuration of the pretraining', ...rest }, null, 2)}\n`;
}
