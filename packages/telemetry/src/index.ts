// Logs, metrics and the live line.
export {};
