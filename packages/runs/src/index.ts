// A run's folder: checkpoints, metrics, summary, report.
export {};
