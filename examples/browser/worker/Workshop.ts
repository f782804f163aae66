import * as tf from '@tensorflow/tfjs-core';
import type { StartedBackend } from 'diffusion-ssl/backends';
import { randomNormal } from 'diffusion-ssl/ops';
import type { Events, RunApi } from '../shared/Api.js';
import type {
  BackendInfo,
  DatasetInfo,
  Device,
  NamedFile,
  Pixels,
  RunInfo,
  RunSettings,
  SampleSettings,
  StepSettings,
} from '../shared/types.js';
import type { Dataset } from './Dataset.js';
import { loadSamples } from './loadSamples.js';
import { Mutex } from './Mutex.js';
import type { Run } from './Run.js';
import { startBackend } from './startBackend.js';
import { CheckpointFolder } from './store/CheckpointFolder.js';

// What is not needed to see the page is loaded when it is: a first visit is short on a slow network.

/** Steps that the rate is a mean of. */
const RATE_STEPS = 10;

/** Gives the event loop a turn, so that a message such as `stop` is heard. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

/**
 * All that the worker does. What computes waits for its turn: a save or a sample during training takes place between
 * two steps.
 */
export class Workshop implements RunApi {
  readonly folder = new CheckpointFolder();
  readonly turns = new Mutex();
  private dataset?: Dataset;
  private currentRun?: Run;
  private backend?: StartedBackend;
  private stopping = false;
  /** When the latest steps ended, in milliseconds. */
  private times: number[] = [];
  /** The run on its way to another backend; it stays here if that fails, for the next one. */
  private moving?: { file: Blob; settings: RunSettings };

  constructor(
    private readonly tell: <K extends keyof Events>(event: K, value: Events[K]) => void,
    /** Told before the backend goes, with all that lies on it. */
    private readonly onBackendEnd: () => void,
  ) {}

  startBackend(device: Device): Promise<BackendInfo> {
    return this.turns.run(async () => {
      const run = this.currentRun;
      if (run) this.moving = { file: await run.encode(), settings: run.settings };
      run?.dispose();
      this.currentRun = undefined;
      this.onBackendEnd();
      await this.backend?.dispose();
      this.backend = undefined;
      const { backend, info } = await startBackend(device, (loadedBytes, totalBytes) =>
        this.tell('download', { what: 'wasm', loadedBytes, totalBytes }),
      );
      this.backend = backend;
      if (this.moving) {
        const { restoreRun } = await import('./restoreRun.js');
        this.currentRun = (await restoreRun(this.moving.file, this.moving.settings)).run;
      }
      this.moving = undefined;
      return info;
    });
  }

  async loadSamples(url: string): Promise<DatasetInfo> {
    this.dataset = await loadSamples(url, (loadedBytes, totalBytes) =>
      this.tell('download', { what: 'the sample chips', loadedBytes, totalBytes }),
    );
    return this.dataset.info();
  }

  async loadFiles(files: File[]): Promise<DatasetInfo> {
    const { loadFiles } = await import('./loadFiles.js');
    const { dataset, problems } = await loadFiles(files);
    this.dataset = dataset;
    return dataset.info(problems);
  }

  async chip(index: number): Promise<Pixels> {
    return this.chips().pixels(index);
  }

  async noise(seed: number): Promise<Pixels> {
    const { size, bands, shape } = this.chips();
    const noise = randomNormal(shape, { seed, stream: 0, step: 0 });
    const data = await noise.data<'float32'>();
    noise.dispose();
    return { height: size, width: size, channels: bands, data: data.slice() };
  }

  newRun(settings: RunSettings): Promise<RunInfo> {
    return this.turns.run(async () => {
      const { Run } = await import('./Run.js');
      return this.replaceRun(new Run(settings));
    });
  }

  async baseline(): Promise<number | undefined> {
    const { currentRun: run, dataset } = this;
    return run && dataset && run.channels === dataset.bands ? dataset.baseline(run) : undefined;
  }

  async train(steps: number, settings: StepSettings): Promise<number> {
    this.stopping = false;
    this.times = [performance.now()];
    let done = 0;
    while (done < steps && !this.stopping) {
      await this.turns.run(async () => {
        // Another run may have come while this step waited for its turn.
        if (this.stopping) return;
        await this.step(settings);
        done++;
      });
      await turn();
    }
    return done;
  }

  async stop(): Promise<void> {
    this.stopping = true;
  }

  sample(settings: SampleSettings): Promise<void> {
    return this.turns.run(async () => {
      const [run, dataset] = [this.run(), this.chips()];
      checkSize(run, dataset);
      if (settings.chip !== undefined) checkBands(run, dataset);
      await run.sample(dataset, settings, async (frame) => {
        this.tell('frame', frame);
        await turn();
      });
    });
  }

  openStore(): Promise<string | undefined> {
    return this.folder.open();
  }

  save(name: string): Promise<void> {
    return this.turns.run(async () => this.folder.write(name, await this.run().encode()));
  }

  list() {
    return this.folder.list();
  }

  async resume(name: string, settings: RunSettings): Promise<RunInfo> {
    const file = await this.folder.read(name);
    return this.turns.run(async () => this.restore(file, settings, `The checkpoint '${name}'`));
  }

  remove(name: string): Promise<void> {
    return this.folder.remove(name);
  }

  exportRun(): Promise<Blob> {
    return this.turns.run(() => this.run().encode());
  }

  importRun(file: File, settings: RunSettings): Promise<RunInfo> {
    return this.turns.run(async () => this.restore(file, settings, file.name));
  }

  exportModel(): Promise<NamedFile[]> {
    return this.turns.run(async () => {
      const { modelFiles } = await import('./modelFiles.js');
      return modelFiles(this.run());
    });
  }

  importModel(files: File[], settings: RunSettings): Promise<RunInfo> {
    return this.turns.run(async () => {
      const { openModel } = await import('./openModel.js');
      const { run, remark } = await openModel(files, settings);
      return this.replaceRun(run, remark);
    });
  }

  /** The run at hand is given up only once the new one is complete. */
  private async restore(file: Blob, settings: RunSettings, name: string): Promise<RunInfo> {
    const { restoreRun } = await import('./restoreRun.js');
    const { run, remark } = await restoreRun(file, settings, name);
    return this.replaceRun(run, remark);
  }

  private replaceRun(run: Run, remark?: string): RunInfo {
    // The steps asked for were meant for the one before.
    this.stopping = true;
    this.currentRun?.dispose();
    this.currentRun = run;
    if (this.dataset?.bands === run.channels) run.scaleOn(this.dataset);
    const { settings, step, losses, parameters } = run;
    return {
      settings,
      step,
      losses,
      parameters: parameters.reduce((sum, { variable }) => sum + variable.size, 0),
      remark,
    };
  }

  private async step(settings: StepSettings): Promise<void> {
    const [run, dataset] = [this.run(), this.chips()];
    checkSize(run, dataset);
    checkBands(run, dataset);
    const loss = await run.train(dataset, settings);
    const { numTensors: tensors, numBytes: bytes } = tf.memory();
    this.times = [...this.times.slice(-RATE_STEPS), performance.now()];
    const seconds = (this.times[this.times.length - 1] - this.times[0]) / 1000;
    const imagesPerSecond = ((this.times.length - 1) * settings.batchSize) / seconds;
    this.tell('step', { step: run.step, loss, imagesPerSecond, tensors, bytes });
  }

  /** The chips at hand, if there are any. */
  get chipsAtHand(): Dataset | undefined {
    return this.dataset;
  }

  private chips(): Dataset {
    if (!this.dataset)
      throw new Error('There are no chips yet: take the sample chips, or drop GeoTIFFs, PNGs or JPEGs.');
    return this.dataset;
  }

  /** @throws If there is none. */
  run(): Run {
    if (this.moving) throw new Error('The network waits for a backend that starts: choose another one.');
    if (!this.currentRun) throw new Error('There is no network yet: press Train, or open a checkpoint.');
    return this.currentRun;
  }
}

function checkBands({ channels, settings }: Run, { bands, bandNames }: Dataset): void {
  if (channels !== bands)
    throw new Error(
      `The network takes ${channels} bands, the chips have ${bands}. Choose chips of ${channels} bands, ` +
        'or start a new network.',
    );
  checkNames(settings.bands, bandNames);
}

/** As far as both say which bands they are. */
function checkNames(own: RunSettings['bands'], bandNames: readonly string[]): void {
  for (const [i, name] of bandNames.entries()) {
    const wanted = own?.[i]?.name;
    const isKnown = wanted !== undefined && name !== `band ${i + 1}`;
    if (isKnown && wanted.toLowerCase() !== name.toLowerCase())
      throw new Error(
        `Band ${i + 1} of the network is ${wanted}, that of the chips ${name}. Choose chips of its bands, ` +
          'or start a new network.',
      );
  }
}

function checkSize({ settings }: Run, { size }: Dataset): void {
  const multiple = 32 * (settings.network.patchSize ?? 1);
  if (size % multiple === 0) return;
  throw new Error(
    `The network takes chips whose sides are multiples of ${multiple} pixels; these have ${size}. ` +
      'Choose larger ones, or start a new network.',
  );
}
