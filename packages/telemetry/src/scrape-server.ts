// An HTTP endpoint for Prometheus: GET /metrics, and GET /healthz for probes. Nothing else is served.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TelemetryError } from "./errors.js";
import type { Metrics } from "./metrics.js";

export type ScrapeServer = { readonly port: number; close(): Promise<void> };

/**
 * Starts the endpoint.
 * @param o.port 0 for any free port. @param o.host default loopback; containers want "0.0.0.0".
 * @param o.healthy what /healthz says: 200 or 503.
 * @throws TelemetryError `EASEL_TELEMETRY_PORT`
 */
export function startScrapeServer(
  metrics: Metrics,
  o: { readonly port: number; readonly host?: string; readonly healthy?: () => boolean },
): Promise<ScrapeServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { "content-type": type }).end(body);
    };
    if (request.method !== "GET") return answer(405, "text/plain", "only GET\n");
    if (request.url === "/healthz") {
      const healthy = o.healthy?.() ?? true;
      return answer(healthy ? 200 : 503, "text/plain", healthy ? "ok\n" : "unhealthy\n");
    }
    if (request.url !== "/metrics") return answer(404, "text/plain", "only /metrics and /healthz\n");
    metrics.expose().then(
      (text) => answer(200, metrics.contentType, text),
      (error: unknown) => answer(500, "text/plain", `${String(error)}\n`),
    );
  });
  // Probes and scrapes must not keep a finished process alive.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `The metrics endpoint cannot listen on port ${o.port} (${cause.message}). Choose another port, or 0 for any.`;
      reject(new TelemetryError("EASEL_TELEMETRY_PORT", message, { cause }));
    });
    server.listen(o.port, o.host ?? "127.0.0.1", () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
