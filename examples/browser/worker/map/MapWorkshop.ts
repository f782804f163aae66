import { type LinearHead, linearProbe } from 'diffusion-ssl/heads';
import type { NormalizationOptions } from 'diffusion-ssl/normalization';
import { checkBands } from 'diffusion-ssl/pretrained';
import type { MapApi, MapEvents } from '../../shared/MapApi.js';
import type {
  FeatureSettings,
  Labels,
  MapModelInfo,
  MapPart,
  MapPlan,
  ModelChoice,
  PaintedMap,
  ReadLabels,
  SavedFiles,
  SceneChoice,
  SceneInfo,
  ScenePicture,
} from '../../shared/mapTypes.js';
import type { Dataset } from '../Dataset.js';
import type { Mutex } from '../Mutex.js';
import { chooseLayers } from './chooseLayers.js';
import { chooseLayout } from './chooseLayout.js';
import { type FeaturePlan, KeptFeatures, planOf } from './KeptFeatures.js';
import { type FirstRoom, type MapNetwork, openNetwork } from './openNetwork.js';
import { openScene } from './openScene.js';
import { paintSheet } from './paintSheet.js';
import type { Scene } from './Scene.js';
import { saveHead } from './saveHead.js';
import { saveMap } from './saveMap.js';

/** Features that are kept at most: with the pass and the scene they must fit into what WebAssembly can address. */
const MAX_KEPT_BYTES = 2 * 2 ** 30;

/** What the first room shares with the second. */
export interface RoomBeside extends FirstRoom {
  /** One at a time computes. */
  turns: Mutex;
  chips(): Dataset | undefined;
  tell<K extends keyof MapEvents>(event: K, value: MapEvents[K]): void;
}

/** A head, and which of the visitor's classes its own are. */
export interface FittedHead {
  head: LinearHead;
  /** Those that have points. */
  present: readonly number[];
  fitMs: number;
}

/** All that the worker does for the second room. */
export class MapWorkshop implements MapApi {
  private scene?: Scene;
  private choice?: ModelChoice;
  private network?: MapNetwork;
  private plan?: FeaturePlan;
  private kept?: KeptFeatures;
  private stopping?: AbortController;

  constructor(private readonly beside: RoomBeside) {}

  openScene(choice: SceneChoice): Promise<SceneInfo> {
    return this.beside.turns.run(async () => {
      const onPlan = (info: SceneInfo) => this.beside.tell('scene', info);
      this.scene = await openScene({ choice, chips: this.beside.chips(), onPlan });
      this.forgetFeatures();
      return this.scene.info;
    });
  }

  async scenePicture(bands: number[]): Promise<ScenePicture> {
    return this.sceneAtHand().picture(bands);
  }

  openNetwork(choice: ModelChoice): Promise<MapModelInfo> {
    return this.beside.turns.run(async () => {
      const network = await openNetwork(choice, this.beside);
      try {
        if (this.scene) checkNetwork(network, this.scene);
      } catch (error) {
        network.dispose();
        throw error;
      }
      this.forgetNetwork();
      this.network = network;
      this.choice = choice;
      const { name, parameters, remarks } = network;
      return { name, parameters, remarks };
    });
  }

  planFeatures({ timestep, noise }: FeatureSettings): Promise<MapPlan> {
    return this.beside.turns.run(async () => {
      const scene = this.sceneAtHand();
      // It was given up with the backend that held it.
      if (!this.network && this.choice) this.network = await openNetwork(this.choice, this.beside);
      const { network } = this;
      if (!network) throw new Error('There is no model yet: choose one.');
      checkNetwork(network, scene);
      const { alphaBars, denoiser, stride, predictsImage } = network;
      const steps = alphaBars?.length ?? 1000;
      if (timestep >= steps)
        throw new Error(
          `Timestep ${timestep} is beyond the network's last, ${steps - 1}. Choose an earlier one.`,
        );
      if (noise && !alphaBars)
        throw new Error(
          'The model does not say by which schedule it was trained. Take its features without noise.',
        );
      const features: FeaturePlan['features'] = {
        timesteps: [timestep],
        layers: chooseLayers(denoiser, [1, stride, stride, network.bands.length], predictsImage),
        ...(noise ? { noise: 'shared', seed: 0, alphaBars } : { noise: 'none' }),
        normalization: scalingOf(network, scene),
      };
      this.plan = chooseLayout(scene, { network, features });
      const plan = planOf(scene, this.plan);
      if (plan.keptBytes > MAX_KEPT_BYTES)
        throw new Error(
          `The features would take ${(plan.keptBytes / 2 ** 30).toFixed(1)} GiB, and the page keeps up to ` +
            `${MAX_KEPT_BYTES / 2 ** 30}. Cut a part out of the scene, e.g. with gdal_translate -srcwin, or choose ` +
            'a smaller network.',
        );
      return plan;
    });
  }

  async takeFeatures(): Promise<boolean> {
    const stopping = new AbortController();
    this.stopping = stopping;
    return this.beside.turns.run(async () => {
      const scene = this.sceneAtHand();
      if (!this.plan) throw new Error('Choose a scene and a model first.');
      this.kept?.dispose();
      this.kept = undefined;
      try {
        this.kept = await KeptFeatures.take(scene, this.plan, {
          onProgress: (progress) => this.beside.tell('features', progress),
          signal: stopping.signal,
        });
      } catch (error) {
        if (!stopping.signal.aborted) throw error;
      }
      return this.kept !== undefined;
    });
  }

  async stopFeatures(): Promise<void> {
    this.stopping?.abort();
  }

  paint(labels: Labels): Promise<PaintedMap> {
    return this.beside.turns.run(async () => {
      const fitted = await this.fit(labels);
      return paintSheet(this.features(), fitted);
    });
  }

  saveMap(labels: Labels, part: MapPart): Promise<SavedFiles> {
    return this.beside.turns.run(async () => {
      const { head, present } = await this.fit(labels);
      const classes = present.map((label) => labels.classes[label]);
      return saveMap(this.features(), head, { classes, part });
    });
  }

  saveHead(labels: Labels): Promise<SavedFiles> {
    return this.beside.turns.run(async () => {
      const { head, present } = await this.fit(labels);
      const classes = present.map((label) => labels.classes[label]);
      return saveHead(this.features(), head, classes);
    });
  }

  async savePoints(labels: Labels): Promise<SavedFiles> {
    const { savePoints } = await import('./savePoints.js');
    return savePoints(this.sceneAtHand(), labels);
  }

  async readPoints(file: File): Promise<ReadLabels> {
    const { readPoints } = await import('./readPoints.js');
    return readPoints(this.sceneAtHand(), file);
  }

  /** Another backend starts: what the one before held is lost. */
  forgetBackend(): void {
    this.forgetNetwork();
  }

  private async fit({ points }: Labels): Promise<FittedHead> {
    const kept = this.features();
    const present = [...new Set(points.map(({ label }) => label))].sort((a, b) => a - b);
    if (present.length < 2) throw new Error('Place points of at least two classes.');
    const start = performance.now();
    const rows: Float32Array[] = [];
    for (const { x, y } of points) {
      const place = this.sceneAtHand().find(x, y);
      if (!place) throw new Error(`The point in column ${x}, row ${y} lies on no image.`);
      rows.push(await kept.row(place.image, place.column, place.row));
    }
    const dims = rows[0].length;
    const features = new Float32Array(rows.length * dims);
    for (const [i, row] of rows.entries()) features.set(row, i * dims);
    const head = await linearProbe(
      features,
      Int32Array.from(points, ({ label }) => present.indexOf(label)),
    );
    return { head, present, fitMs: performance.now() - start };
  }

  private sceneAtHand(): Scene {
    if (!this.scene)
      throw new Error('There is no scene yet: take the sample scene, or drop GeoTIFFs, PNGs or JPEGs.');
    return this.scene;
  }

  private features(): KeptFeatures {
    if (!this.kept) throw new Error('There are no features yet: press “Take the features”. The points stay.');
    return this.kept;
  }

  private forgetFeatures(): void {
    this.kept?.dispose();
    this.kept = undefined;
    this.plan = undefined;
  }

  private forgetNetwork(): void {
    this.forgetFeatures();
    this.network?.dispose();
    this.network = undefined;
  }
}

function checkNetwork({ bands }: MapNetwork, scene: Scene): void {
  const { name, bands: count } = scene.info;
  try {
    checkBands(bands, { count, names: scene.knownBandNames, what: `the pixels of ${name}` });
  } catch (error) {
    const message = (error as Error).message.replace(/^checkBands: t/, 'T').replace(/^checkBands: b/, 'B');
    throw new Error(`${message} Choose another model, or another scene.`, { cause: error });
  }
}

/** How the scene is scaled: as the network's chips, else by its own statistics, band by band. */
function scalingOf({ normalization }: MapNetwork, { statistics, info }: Scene): NormalizationOptions {
  if (normalization) return normalization;
  const { mean, std, min, max } = statistics;
  const each = (value: number) => new Array<number>(info.bands).fill(value);
  const globalStats =
    normalization === null
      ? { mean: each(0), std: each(1), min: each(0), max: each(1) }
      : { mean: [...mean], std: [...std], min: [...min], max: [...max] };
  return { strategy: 'z_value', procedure: 'gpb', globalStats };
}
