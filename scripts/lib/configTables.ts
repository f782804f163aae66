import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { dataKeys } from '../../examples/trainer/src/config/dataKeys.js';
import { fieldOf } from '../../examples/trainer/src/config/fieldOf.js';
import { flagOf } from '../../examples/trainer/src/config/flagOf.js';
import { modelKeys } from '../../examples/trainer/src/config/modelKeys.js';
import { extensionKeys, trainingKeys } from '../../examples/trainer/src/config/trainingKeys.js';
import { type SchemaKey, schemaKeys, TOP_BLOCK } from '../../examples/trainer/src/config/tutorialSchema.js';
import { root } from './root.js';

const GROUPS = {
  'Chips, normalisation, augmentation': dataKeys,
  Training: trainingKeys,
  'Diffusion and network': modelKeys,
  "Beyond the tutorial's file": extensionKeys,
};

/** Flags that are not simply the key's own. */
const FLAGS: Readonly<Record<string, string>> = {
  apply_normalization: '`--normalization none`',
  patch_shift: '`--patch-shift`, `--no-patch-shift`',
  'model_kwargs.use_skipAtt': '`--attention`, `--no-attention`',
};

/** The keys of the configuration file as tables in Markdown, from the schema that checks them. */
export function configTables(): string {
  const file = parse(readFileSync(path.join(root, 'examples/ssl_train.yaml'), 'utf8')) as Record<
    string,
    unknown
  >;
  const tables = Object.entries(GROUPS).map(([title, group]) => {
    const rows = schemaKeys
      .filter(({ path: key }) => key.split('.')[0] in group)
      .map((key) => row(key, file));
    const header = ['| key | value | accepted | what it does | flag |', '| --- | --- | --- | --- | --- |'];
    return [`### ${title}`, '', ...header, ...rows].join('\n');
  });
  return `${tables.join('\n\n')}\n`;
}

function row({ path: key, schema, accepted, description }: SchemaKey, file: Record<string, unknown>): string {
  const isBlock = accepted.startsWith('a block of keys');
  const shipped = [TOP_BLOCK, ...key.split('.')].reduce<unknown>(
    (block, name) => (block as Record<string, unknown> | undefined)?.[name],
    file,
  );
  const value = shipped ?? schema.safeParse(undefined).data;
  const field = fieldOf(key);
  const flag = FLAGS[key] ?? (field === null ? '' : `\`${flagOf(field)}\``);
  const cells = [
    `\`${key}\``,
    isBlock || value === undefined ? '' : `\`${JSON.stringify(value)}\``,
    isBlock ? 'the keys below' : accepted,
    description,
    flag,
  ];
  return `| ${cells.join(' | ')} |`;
}
