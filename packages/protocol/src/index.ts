// Message types, schemas, msgpack codec, subjects, versions.
export {};
