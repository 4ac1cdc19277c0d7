// The synthetic world: prompts, scenes, renderer, detector.
export {};
