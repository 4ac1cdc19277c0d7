// Pulls prompt tasks, generates groups of samples, publishes trajectories.
export {};
