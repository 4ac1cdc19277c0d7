// What `easel vq --steps` makes of its settings.
import type { VqRecipe } from "@easel/training";

/** The recipe with `steps` training steps; a warm-up that would be longer ends with them. */
export function withSteps(recipe: VqRecipe, steps: number): VqRecipe {
  const { training } = recipe;
  return {
    ...recipe,
    training: { ...training, steps, warmupSteps: Math.min(training.warmupSteps, steps) },
  };
}
