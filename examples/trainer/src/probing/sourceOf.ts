import path from 'node:path';
import type { LabelFlags } from '../config/addLabelFlags.js';
import type { OpenModel } from '../model/openModel.js';
import type { TaskSource } from '../transfer/readTask.js';
import type { TaskKind } from '../transfer/Task.js';

/** The labelled chips that flags name, for a network. */
export function sourceOf(
  { catalog, data = path.dirname(catalog), group, ...flags }: LabelFlags,
  kind: TaskKind,
  { bands, normalization = null }: Pick<OpenModel, 'bands' | 'normalization'>,
): TaskSource {
  return { ...flags, catalog, data, kind, groupColumn: group, bands, normalization, optional: ['test'] };
}
