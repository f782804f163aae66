import { initBackend, type StartedBackend } from 'diffusion-ssl/backends/node';
import { prepareFolder } from 'diffusion-ssl/training/node';
import { LATEST } from '../checkpoint/checkpointNames.js';
import { compareInputs } from '../checkpoint/compareInputs.js';
import { type ResumePoint, readResumePoint } from '../checkpoint/readResumePoint.js';
import { resumeCommand } from '../checkpoint/resumeCommand.js';
import { runInputs } from '../checkpoint/runInputs.js';
import { saveCheckpoint } from '../checkpoint/saveCheckpoint.js';
import { warnOfBuild } from '../checkpoint/warnOfBuild.js';
import { bandStatistics } from '../conditions/bandStatistics.js';
import { describeCondition } from '../conditions/describeCondition.js';
import type { PretrainOptions } from '../config/pretrainOptions.js';
import { consoleLines } from '../console/consoleLines.js';
import { type ChipData, chipError, openChipData } from '../data/chipData.js';
import { claimFolder } from '../folder/claimFolder.js';
import { folderBytes } from '../folder/folderBytes.js';
import { userCommands } from '../hooks/userCommands.js';
import { logFiles } from '../logs/logFiles.js';
import { pictureFiles } from '../pictures/pictureFiles.js';
import { createRun } from '../setup/createRun.js';
import { networkOf } from '../setup/networkOf.js';
import { type InitialWeights, readInitialWeights } from '../setup/readInitialWeights.js';
import { reportMemory } from '../setup/reportMemory.js';
import { untilAborted } from '../stopping/untilAborted.js';
import type { Run } from './Run.js';
import { RunEvents } from './RunEvents.js';
import type { RunListener } from './RunListener.js';
import { readReference } from './readReference.js';
import { trainRun } from './trainRun.js';

/** How a run ended. */
export type PretrainOutcome = 'finished' | 'interrupted';

/** What watches over a run. */
export interface PretrainHooks {
  /** Aborting it ends the run, with a checkpoint where a step has been made. */
  signal?: AbortSignal;
  /** Hear how it goes, after logs, console and pictures. */
  listeners?: readonly RunListener[];
}

/** Pretrains `unetAttD` as the options say, or goes on with a run. */
export async function pretrain(
  options: PretrainOptions,
  { signal, listeners = [] }: PretrainHooks = {},
): Promise<PretrainOutcome> {
  const shown = [logFiles(), userCommands(options.run), consoleLines(), pictureFiles()];
  const events = new RunEvents([...shown, ...listeners]);
  const { folder, release } = await claimFolder(options);
  let backend: StartedBackend | undefined;
  let resumed: ResumePoint | undefined;
  try {
    resumed = options.run.resume ? await readResumePoint(folder, options) : undefined;
    // Before what takes long: a wrong file of weights is told at once.
    const { paramsInit } = options.config;
    const initial = resumed || paramsInit === undefined ? undefined : await readInitialWeights(paramsInit);
    const { backend: device, threads, allowSoftware } = options.run;
    backend = await initBackend({ device, threads, allowSoftware });
    return await pretrainOn(backend, { options, folder, resumed, initial, events, signal });
  } finally {
    await resumed?.tensors.close();
    await backend?.dispose();
    await release();
  }
}

interface Start {
  options: PretrainOptions;
  folder: string;
  resumed: ResumePoint | undefined;
  initial: InitialWeights | undefined;
  events: RunEvents;
  signal: AbortSignal | undefined;
}

async function pretrainOn(backend: StartedBackend, start: Start): Promise<PretrainOutcome> {
  const { options, folder, resumed, events, signal } = start;
  const config = resumed?.config ?? options.config;
  reportBackend(backend, start);
  let data: ChipData | undefined;
  let run: Run | undefined;
  try {
    data = await untilAborted(openChipData(config, options.run, { folder, signal, teller: events }), signal);
    const made = await makeRun(backend, data, start);
    events.note(resumed ? `resuming ${folder} at step ${made.state.step}` : `writing ${folder}`);
    run = { ...made, ...(await readReference(made)) };
    await trainRun(run);
    return 'finished';
  } catch (error) {
    if (!signal?.aborted) throw chipError(error, config);
    if (run?.unsaved) await saveCheckpoint(run, LATEST);
    events.stopped((run ?? resumed)?.state.step ?? 0, resumeCommand(folder, options.run));
    return 'interrupted';
  } finally {
    await data?.close();
  }
}

function reportBackend(
  { name, build, adapter, threads, passedOver }: StartedBackend,
  { resumed, events }: Start,
): void {
  for (const { name, reason } of passedOver) events.note(`passed over ${name}: ${reason}`);
  const on = adapter ? ` on ${adapter.description || adapter.architecture}` : '';
  events.note(`backend ${name}${on}, ${threads} thread${threads > 1 ? 's' : ''}`);
  if (resumed) warnOfBuild(resumed.state.build, build, (text) => events.warning(text));
}

/** Makes the run on its chips, once all that would end it is checked. */
async function makeRun(
  backend: StartedBackend,
  data: ChipData,
  { options, folder, resumed, initial, events, signal }: Start,
): ReturnType<typeof createRun> {
  const config = resumed?.config ?? options.config;
  const [height, width, channels] = data.shape;
  const what = `${config.windows ? 'windows' : 'chips'} of ${height} × ${width} × ${channels}`;
  events.note(`${data.train.length} training and ${data.validate.length} validation ${what}`);
  if (config.maskBands > channels) {
    const has = `${channels} band${channels > 1 ? 's' : ''}`;
    throw new Error(`${options.nameOf('maskBands')} is ${config.maskBands}, but the chips have ${has}.`);
  }
  const { conditions = [] } = data.conditions ?? {};
  if (conditions.length > 0) events.note(`conditions: ${conditions.map(describeCondition).join(', ')}`);
  const network = networkOf(config, data.shape, conditions);
  reportMemory(network, config, data.shape, { ...backend, nameOf: options.nameOf, teller: events });
  await prepareFolder(folder, { neededBytes: folderBytes(network, config), soleWriter: true });
  const statistics = await data.statistics();
  const { bands: shownBands = channels < 3 ? [0] : [0, 1, 2] } = options.run;
  const inputs = await runInputs(config, data, statistics);
  const warning = resumed && compareInputs(resumed, inputs, data, options.run.acceptChanges);
  if (warning !== undefined) events.warning(warning);
  // Without those of images that the network is told.
  const isTold = conditions.some(({ kind }) => kind === 'image');
  const own = isTold ? bandStatistics(statistics, 0, channels) : statistics;
  const chips = { shape: data.shape, statistics: own, shownBands };
  return createRun(options, {
    ...{ folder, config, data, chips, inputs, network, resumed, initial, backend, events, signal },
  });
}
