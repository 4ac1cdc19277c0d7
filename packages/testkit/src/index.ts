// Real servers for tests, faults, simulated workers.
export {};
