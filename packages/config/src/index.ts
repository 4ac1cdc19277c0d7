// YAML and environment to a frozen typed configuration.
export {};
