import type * as tfl from '@tensorflow/tfjs-layers';
import { type NamedParameter, namedParameters } from '../../models/namedParameters.js';

/** A network that DINO trains, or its teacher: images to features, and these to outputs. */
export interface DinoNetwork {
  /** From images to features [batch, inDim], such as `vit` without a head. */
  backbone: tfl.LayersModel;
  /** `dinoHead`. */
  head: tfl.LayersModel;
}

/** The parameters of a network under names such as `student.backbone.…` and `student.head.…`. */
export function dinoParameters(name: string, { backbone, head }: DinoNetwork): NamedParameter[] {
  return Object.entries({ backbone, head }).flatMap(([part, model]) =>
    namedParameters(model).map((parameter) => ({ ...parameter, name: `${name}.${part}.${parameter.name}` })),
  );
}
