// GoT chain grammar: parse, format, boxes, IoU, canvas geometry.
export {};
