import path from 'node:path';
import { openTensors } from 'diffusion-ssl/interop';
import { readCheckpointState } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import { checkRunState } from '../checkpoint/checkRunState.js';
import type { Report } from './Report.js';

/** What is in a safetensors file, with an index in several: a checkpoint of a run, or weights. No value is read. */
export async function inspectWeights(file: string): Promise<Report> {
  const stored = await openTensors(folderFiles(path.dirname(file)), path.basename(file));
  try {
    const { tensors, metadata } = stored;
    const types = new Map<string, number>();
    let values = 0;
    for (const { dtype, shape } of tensors.values()) {
      types.set(dtype, (types.get(dtype) ?? 0) + 1);
      values += shape.reduce((product, side) => product * side, 1);
    }
    const report: Report = { title: `${file}: ${tensors.size} tensors`, facts: [], warnings: [] };
    report.facts.push(['values', values.toLocaleString('en')]);
    report.facts.push(['types', [...types].map(([dtype, count]) => `${count} of ${dtype}`).join(', ')]);
    const names = [...tensors.keys()];
    report.facts.push(['names', names.length > 4 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', ')]);
    if (!('diffusion-ssl' in metadata)) return report;
    const { config, step, epoch, history, build, chips } = checkRunState(readCheckpointState(stored));
    const last = history.at(-1);
    report.title = `${file}: checkpoint of a run, ${tensors.size} tensors`;
    report.facts.push(['stands at', `step ${step}, ${epoch} of ${config.epochs} epochs`]);
    if (last) {
      const losses = `training ${last.trainLoss.toFixed(4)}, validation ${last.validationLoss.toFixed(4)}`;
      report.facts.push(['losses', `${losses}, of the last epoch`]);
    }
    report.facts.push(
      ['chips', chips.shape.join(' × ')],
      ['build', build],
      ['options', JSON.stringify(config)],
    );
    return report;
  } finally {
    await stored.close();
  }
}
