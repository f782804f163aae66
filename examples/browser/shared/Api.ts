import type { MapApi, MapEvents } from './MapApi.js';
import type {
  BackendInfo,
  DatasetInfo,
  Device,
  Download,
  NamedFile,
  Pixels,
  RunInfo,
  RunSettings,
  SampleFrame,
  SampleSettings,
  StepReport,
  StepSettings,
  StoredCheckpoint,
} from './types.js';

/** What the page's first room can ask of the worker. */
export interface RunApi {
  startBackend(device: Device): Promise<BackendInfo>;
  /** `url` of the bundle of sample chips. */
  loadSamples(url: string): Promise<DatasetInfo>;
  loadFiles(files: File[]): Promise<DatasetInfo>;
  chip(index: number): Promise<Pixels>;
  /** Standard normal noise of the chips' shape. */
  noise(seed: number): Promise<Pixels>;
  newRun(settings: RunSettings): Promise<RunInfo>;
  /**
   * The loss of the best affine predictor on the chips at hand; undefined where there is no run, or they do not fit it.
   */
  baseline(): Promise<number | undefined>;
  /** Trains so many steps, or until `stop`; says how many it did. */
  train(steps: number, settings: StepSettings): Promise<number>;
  stop(): Promise<void>;
  sample(settings: SampleSettings): Promise<void>;
  /** Whether this tab may write to the store, and if not, why. */
  openStore(): Promise<string | undefined>;
  save(name: string): Promise<void>;
  list(): Promise<StoredCheckpoint[]>;
  /** The settings are those of the page, for what the checkpoint does not say. */
  resume(name: string, settings: RunSettings): Promise<RunInfo>;
  remove(name: string): Promise<void>;
  /** The run as a safetensors file. */
  exportRun(): Promise<Blob>;
  importRun(file: File, settings: RunSettings): Promise<RunInfo>;
  /** The model folder of the run. */
  exportModel(): Promise<NamedFile[]>;
  importModel(files: File[], settings: RunSettings): Promise<RunInfo>;
}

/** What the page can ask of the worker. */
export interface Api extends RunApi, MapApi {}

/** What the worker tells unasked. */
export interface Events extends MapEvents {
  download: Download;
  step: StepReport;
  frame: SampleFrame;
}

export type Request = { id: number; name: keyof Api; args: unknown[] };

export type Reply =
  | { id: number; value: unknown }
  | { id: number; error: string }
  | { event: keyof Events; value: unknown };
