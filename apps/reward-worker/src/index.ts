// Pulls trajectories, runs rewards, publishes scores.
export {};
