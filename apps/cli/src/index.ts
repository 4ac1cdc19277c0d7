// easel: local runs and operations.
export {};
