// Every metric that Easel's processes may report: name, kind, meaning, labels. Names and units follow Prometheus' habits.

export type MetricKind = "counter" | "gauge" | "histogram";
export type MetricEntry = {
  readonly kind: MetricKind;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
};

const counter = (help: string, ...labels: string[]): MetricEntry => ({ kind: "counter", help, labels });
const gauge = (help: string, ...labels: string[]): MetricEntry => ({ kind: "gauge", help, labels });
const seconds = (help: string, ...labels: string[]): MetricEntry => ({
  kind: "histogram",
  help,
  labels,
  buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300],
});

const table = {
  easel_engine_info: gauge("1 for the engine in use", "backend", "library", "version", "threads"),
  easel_wait_seconds: gauge("How long the process has been waiting for what it waits for", "wait"),

  easel_groups_issued_total: counter("Groups issued"),
  easel_groups_trained_total: counter("Groups trained on"),
  easel_groups_dropped_total: counter("Groups closed without training", "reason"),
  easel_groups_dead_total: counter("Groups given up after too many attempts", "reason"),
  easel_groups_in_flight: gauge("Groups issued and not settled"),

  easel_samples_total: counter("Samples drawn"),
  easel_tokens_total: counter("Tokens drawn, chain and image", "part"),
  easel_rollout_seconds: seconds("One call that draws samples"),
  easel_forced_boi_total: counter("Samples whose begin-of-image was forced at the text cap"),

  easel_reward_seconds: seconds("One scoring of a trajectory", "reward"),
  easel_reward_missing_total: counter("Scores that could not be measured", "reward", "reason"),
  easel_results_fenced_total: counter("Results refused because another attempt had published", "kind"),

  easel_learner_step: gauge("Updates done"),
  easel_learner_step_seconds: seconds("One update, by part", "part"),
  easel_reward_mean: gauge("Mean reward of the last batch", "reward"),
  easel_reward_dev_mean: gauge("Mean reward of the last evaluation on the dev prompts", "reward"),
  easel_kl_mean: gauge("Mean k3 to the reference policy of the last update, in nats"),
  easel_entropy_mean: gauge("Mean entropy of the last update, in nats", "part"),
  easel_clipped_fraction: gauge("Share of tokens whose ratio was clipped", "side"),
  easel_gradient_norm: gauge("Global norm of the last gradient before clipping"),
  easel_learning_rate: gauge("Learning rate of the last update"),
  easel_logprob_mismatch: gauge(
    "Mean absolute difference of sampler's and learner's log-probs, in nats",
    "part",
  ),
  easel_staleness_versions: gauge("Weight versions the last batch lagged behind, mean"),
  easel_weights_version: gauge("Version of the weights in use"),

  easel_checkpoint_seconds: seconds("Writing one checkpoint"),
  easel_image_bytes: gauge("Bytes of images held"),
  easel_redeliveries_total: counter("Messages delivered again", "stream"),
} as const satisfies Readonly<Record<string, MetricEntry>>;

export type MetricName = keyof typeof table;
/** The table; docs and dashboards are checked against it. */
export const metricTable: Readonly<Record<MetricName, MetricEntry>> = table;
