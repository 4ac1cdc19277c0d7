// The synthetic world: prompts, scenes, renderer, detector.
export type { CanvasSize, PixelBox } from "@easel/chain";
export { canonicalKey } from "./canonical-key.js";
export { describe, nameOf, type StatedRelation, writeChain } from "./chain-writer.js";
export { trainWitnesses } from "./coverage.js";
export { type Detection, detect } from "./detect.js";
export { type DrawnPrompt, drawPrompt, type PromptOptions, type Redraws, sceneOf } from "./draw-prompt.js";
export { ShapeworldError, type ShapeworldErrorCode } from "./errors.js";
export { type Example, examplesOf, type SampledExample, sampleExample } from "./example.js";
export { blankImage, type RgbImage } from "./image.js";
export { FIRST_STAGE_NOISE, type LabelNoise, NO_NOISE, SECOND_STAGE_NOISE } from "./label-noise.js";
export { PALETTE, type Rgb, secondShade } from "./palette.js";
export type { Perturbation } from "./perturb.js";
export { contactSheet, drawBoxes, upscale } from "./picture.js";
export { placeObjects, relationHolds } from "./placement.js";
export { decodePng, encodePng } from "./png.js";
export { promptFault } from "./prompt-fault.js";
export { parsePromptFile } from "./prompt-file.js";
export { drawPromptSet, type PromptSet, promptSet } from "./prompt-set.js";
export type { ObjectSpec, PromptSpec, RelationSpec } from "./prompt-spec.js";
export { type Random, randomFrom } from "./random.js";
export { type ReadRelation, readRelations, states } from "./read-relations.js";
export { drawObject, renderScene } from "./render.js";
export { CANVAS_SIDE, CELL, OBJECT_SIDES, type Scene, type SceneObject } from "./scene.js";
export { splitOf } from "./split.js";
export { loadTrainingPrompts, type TrainingPromptSource, type TrainingPrompts } from "./training-prompts.js";
export {
  CATEGORIES,
  type Category,
  COLOURS,
  type Colour,
  oppositeRelation,
  RELATIONS,
  type Relation,
  SHAPES,
  type Shape,
  SPLITS,
  type Split,
  TEXTURES,
  type Texture,
} from "./vocabulary.js";
export { bareWords, coordinates, cutIntoPieces, MARKERS, words } from "./words.js";
