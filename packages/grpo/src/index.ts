// GRPO arithmetic on plain numbers: advantages, losses, schedules, admission.
export {};
