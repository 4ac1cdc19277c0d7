// What the bus wants its process to know: things to log, count and alarm on. The bus itself keeps no log and no metrics.

export type BusNotice = {
  readonly name:
    | "connected"
    | "disconnected"
    | "reconnected"
    | "connection_closed"
    | "publish_timeout"
    | "fenced"
    | "lease_heartbeat_late"
    | "lease_lost"
    | "lease_deadline"
    | "delivery_refused"
    | "consumer_gone"
    | "dead_letter"
    | "cursor_restarted"
    | "leader_lost"
    | "blob_corrupt";
  /** `alarm` for what someone must look at, `info` for the ordinary course of things. */
  readonly level: "info" | "alarm";
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
};

export type Observe = (notice: BusNotice) => void;
