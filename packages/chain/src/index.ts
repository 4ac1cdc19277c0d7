// GoT chain grammar: parse, format, boxes, IoU, canvas geometry. Pure: text and numbers in, plain values out.
export {
  type Box,
  boxArea,
  boxCentre,
  boxHeight,
  boxWidth,
  clampBox,
  iou,
  MAX_COORDINATE,
  meanPairwiseIou,
  orderCorners,
  overlapArea,
  sameBox,
} from "./box.js";
export { type CanvasSize, fromPixels, type PixelBox, toPixels } from "./canvas.js";
export { ChainError, type ChainErrorCode } from "./errors.js";
export { formatBox, formatObject } from "./format.js";
export { BEGIN_OF_IMAGE, BOX_END, BOX_START, type Marker, OBJ_END, OBJ_START } from "./markup.js";
export {
  type ChainFault,
  type ChainFaultCode,
  type ChainObject,
  type ParsedChain,
  parseChain,
} from "./parse.js";
