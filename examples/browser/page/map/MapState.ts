import type { LabelledPoint, Labels, MapClass, PaintedMap, SceneInfo } from '../../shared/mapTypes.js';
import { PALETTE } from './colours.js';
import { LabelHistory } from './LabelHistory.js';

/** What may change: a part of the room watches what it shows. */
type Topic = 'scene' | 'labels' | 'choice' | 'features' | 'painted';

const FIRST: Labels = {
  classes: [
    { name: 'class 1', colour: PALETTE[0] },
    { name: 'class 2', colour: PALETTE[1] },
  ],
  points: [],
};

/** What the parts of the second room share. */
export class MapState {
  scene?: SceneInfo;
  /** Whether the features of the scene are taken. */
  features = false;
  painted?: PaintedMap;
  /** The class of the next point. */
  active = 0;
  /** The point that is chosen, by its number. */
  chosen?: number;
  /** The points and classes that are in a file. */
  private saved: Labels = FIRST;
  private history = new LabelHistory(FIRST);
  private readonly listeners: [topics: Topic[], listener: () => void][] = [];

  get labels(): Labels {
    return this.history.value;
  }

  get canUndo(): boolean {
    return this.history.canUndo;
  }

  get canRedo(): boolean {
    return this.history.canRedo;
  }

  /** Whether there are points that no file has. */
  get unsaved(): boolean {
    return this.labels.points.length > 0 && this.labels !== this.saved;
  }

  /** Calls the listener now and after each change of one of the topics. */
  watch(topics: Topic[], listener: () => void): void {
    this.listeners.push([topics, listener]);
    listener();
  }

  tell(...topics: Topic[]): void {
    for (const [watched, listener] of this.listeners) {
      if (topics.some((topic) => watched.includes(topic))) listener();
    }
  }

  /** Another scene takes the place of this one: its points are gone, the classes stay. */
  setScene(scene: SceneInfo): void {
    this.scene = scene;
    this.features = false;
    this.painted = undefined;
    this.chosen = undefined;
    const labels = { classes: this.labels.classes, points: [] };
    this.history = new LabelHistory(labels);
    this.tell('scene', 'labels', 'choice', 'features', 'painted');
  }

  setFeatures(features: boolean): void {
    this.features = features;
    this.tell('features');
  }

  setPainted(painted: PaintedMap | undefined): void {
    this.painted = painted;
    this.tell('painted');
  }

  setActive(active: number): void {
    this.active = active;
    this.tell('choice');
  }

  choose(point: number | undefined): void {
    this.chosen = point;
    this.tell('choice');
  }

  markSaved(): void {
    this.saved = this.labels;
  }

  setClasses(classes: readonly MapClass[]): void {
    this.push({ ...this.labels, classes: [...classes] });
  }

  /** Removes a class with its points. */
  removeClass(index: number): void {
    const { classes, points } = this.labels;
    this.push({
      classes: classes.filter((_, i) => i !== index),
      points: points
        .filter(({ label }) => label !== index)
        .map((point) => ({ ...point, label: point.label - Number(point.label > index) })),
    });
  }

  /** Places a point; one that is there already becomes one of its class. */
  place(x: number, y: number): void {
    const { points } = this.labels;
    const there = points.findIndex((point) => point.x === x && point.y === y);
    const point = { x, y, label: this.active };
    if (there >= 0 && points[there].label === this.active) return;
    this.setPoints(there < 0 ? [...points, point] : points.with(there, point));
    this.choose(there < 0 ? points.length : there);
  }

  /** Moves a point; another one there gives way. */
  move(index: number, x: number, y: number): void {
    const { points } = this.labels;
    const moved = { ...points[index], x, y };
    if (points[index].x === x && points[index].y === y) return;
    const kept = points
      .with(index, moved)
      .filter((point, i) => i === index || point.x !== x || point.y !== y);
    this.setPoints(kept);
    this.choose(kept.indexOf(moved));
  }

  deletePoint(index: number): void {
    this.setPoints(this.labels.points.filter((_, i) => i !== index));
    this.choose(undefined);
  }

  setPoints(points: readonly LabelledPoint[]): void {
    this.push({ ...this.labels, points: [...points] });
  }

  push(labels: Labels): void {
    this.history.push(labels);
    this.afterChange();
  }

  undo(): void {
    this.history.undo();
    this.afterChange();
  }

  redo(): void {
    this.history.redo();
    this.afterChange();
  }

  private afterChange(): void {
    const { classes, points } = this.labels;
    this.active = Math.min(this.active, classes.length - 1);
    if (this.chosen !== undefined && this.chosen >= points.length) this.chosen = undefined;
    this.tell('labels', 'choice');
  }
}
