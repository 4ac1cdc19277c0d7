// The metrics of one process in a registry of its own. A metric appears once it is first reported.
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { TelemetryError } from "./errors.js";
import { type MetricKind, type MetricName, metricTable } from "./metric-table.js";

export type MetricLabels = Readonly<Record<string, string | number>>;

export interface Metrics {
  /** Adds to a counter. */
  count(name: MetricName, amount?: number, labels?: MetricLabels): void;
  /** Sets a gauge. */
  set(name: MetricName, value: number, labels?: MetricLabels): void;
  /** Adds a measurement to a histogram; seconds for the names that say so. */
  observe(name: MetricName, value: number, labels?: MetricLabels): void;
  /** The Prometheus text exposition. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/**
 * @param process label of every metric, such as `learner`.
 * @throws TelemetryError `EASEL_TELEMETRY_METRIC` from the reporting functions, for a name of another kind or other labels.
 */
export function createMetrics(process: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  const instruments = new Map<MetricName, Counter | Gauge | Histogram>();

  function instrument(name: MetricName, kind: MetricKind, labels: MetricLabels): Counter | Gauge | Histogram {
    const entry = metricTable[name];
    const given = Object.keys(labels);
    if (
      entry.kind !== kind ||
      given.length !== entry.labels.length ||
      given.some((l) => !entry.labels.includes(l))
    ) {
      throw new TelemetryError(
        "EASEL_TELEMETRY_METRIC",
        `${name} is a ${entry.kind} with labels [${entry.labels.join(", ")}]; it was reported as a ${kind} with [${given.join(", ")}].`,
      );
    }
    let found = instruments.get(name);
    if (found === undefined) {
      const o = { name, help: entry.help, labelNames: [...entry.labels], registers: [registry] };
      if (kind === "counter") found = new Counter(o);
      else if (kind === "gauge") found = new Gauge(o);
      else found = new Histogram({ ...o, buckets: [...(entry.buckets ?? [])] });
      instruments.set(name, found);
    }
    return found;
  }

  return {
    count: (name, amount = 1, labels = {}) => {
      (instrument(name, "counter", labels) as Counter).inc(labels, amount);
    },
    set: (name, value, labels = {}) => {
      (instrument(name, "gauge", labels) as Gauge).set(labels, value);
    },
    observe: (name, value, labels = {}) => {
      (instrument(name, "histogram", labels) as Histogram).observe(labels, value);
    },
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
