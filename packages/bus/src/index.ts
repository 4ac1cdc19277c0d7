// JetStream topology, leases, fenced results, blobs, ledger.
export {};
