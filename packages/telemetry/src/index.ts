// Logs, metrics and the live line. Nothing that training decides depends on this package.

export { TelemetryError, type TelemetryErrorCode } from "./errors.js";
export { formatAge, formatClock, formatCount, formatReward } from "./figures.js";
export { createLiveDisplay, type LiveDisplay, type LiveDisplayOptions } from "./live-display.js";
export { type LiveState, renderLiveLine } from "./live-line.js";
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  silentLogger,
} from "./logger.js";
export { type MetricEntry, type MetricKind, type MetricName, metricTable } from "./metric-table.js";
export { createMetrics, type MetricLabels, type Metrics } from "./metrics.js";
export { redactFields, redactText } from "./redact.js";
export { type ScrapeServer, startScrapeServer } from "./scrape-server.js";
export { type ProcessStatus, statusOf, type WaitStatus } from "./status.js";
