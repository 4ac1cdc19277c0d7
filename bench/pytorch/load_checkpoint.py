# Loading a checkpoint's decoder: the process's start, the library and the weights are what is timed.
from janus_decoder import load_decoder


def prepare(job):
    def once():
        model = load_decoder(job["checkpoint"])
        # Reading one value of each makes sure that nothing is left to be read later.
        for weight in model.parameters():
            weight.flatten()[-1].item()

    return once, lambda: {}
