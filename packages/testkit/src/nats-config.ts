// The configuration of a test server: the same durability and payload settings that every Easel server has.

/** Text of a nats-server configuration that listens on loopback (or, inside a container, everywhere). */
export function natsConfig(options: {
  readonly host: string;
  readonly port: number;
  readonly monitorPort: number;
  readonly storeDir: string;
}): string {
  return [
    `listen: "${options.host}:${options.port}"`,
    `http: "${options.host}:${options.monitorPort}"`,
    "max_payload: 8MB",
    "jetstream {",
    `  store_dir: ${JSON.stringify(options.storeDir)}`,
    "  sync_interval: always",
    "  max_file_store: 4GB",
    "}",
    "",
  ].join("\n");
}
