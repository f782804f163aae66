/** The three parts of a data set, by what their labels are for: to fit, to choose, and to score once at the end. */
export const SPLITS = ['train', 'validate', 'test'] as const;

/** One of {@link SPLITS}. */
export type Split = (typeof SPLITS)[number];

/** What is asked of a chip: the class of each pixel, its one class, or which of the classes are in it. */
export const TASK_KINDS = ['segmentation', 'scenes', 'groups'] as const;

/** One of {@link TASK_KINDS}, or which pixels changed between the two dates of a chip. */
export type TaskKind = (typeof TASK_KINDS)[number] | 'change';

/** No label. */
export const NO_LABEL = -1;

/** The chips of a split in memory. */
export interface ChipSet {
  count: number;
  /** Of each chip the path of its first raster. */
  names: readonly string[];
  /** Scaled as the network's chips, row-major [count, dates, height, width, bands]. */
  images: Float32Array;
  /**
   * Row-major [count, samples of a chip, questions]: of segmentation and change [count, height · width, 1], of scenes
   * [count, 1, 1], of groups [count, 1, classes] with 0 and 1. {@link NO_LABEL} where nothing is known.
   */
  labels: Int32Array;
}

/** A data set with a question. */
export interface Task {
  kind: TaskKind;
  classes: string[];
  /** [height, width, bands] of a chip. */
  shape: [number, number, number];
  sets: Record<Split, ChipSet>;
  /** Of all of it. */
  fingerprint: string;
}

/** Whether there is an answer for each pixel. */
export function isPerPixel(kind: TaskKind): boolean {
  return kind === 'segmentation' || kind === 'change';
}

/** How many images a chip has, of one size and the same bands. */
export function datesOf(kind: TaskKind): number {
  return kind === 'change' ? 2 : 1;
}

/** How many vectors a chip has, how many answers each, and of how many classes an answer is. */
export interface TaskSizes {
  samples: number;
  questions: number;
  classes: number;
}

/** The shape of the labels of so many chips as a loss takes them. */
export function labelShape(task: Task, chips: number): number[] {
  const [height, width] = task.shape;
  if (isPerPixel(task.kind)) return [chips, height, width];
  return task.kind === 'groups' ? [chips, task.classes.length] : [chips];
}

/** The sizes of a task's labels. */
export function taskSizes({ kind, classes, shape }: Pick<Task, 'kind' | 'classes' | 'shape'>): TaskSizes {
  if (kind === 'groups') return { samples: 1, questions: classes.length, classes: 2 };
  return {
    samples: isPerPixel(kind) ? shape[0] * shape[1] : 1,
    questions: 1,
    classes: classes.length,
  };
}
