"""Networks with random weights that nevertheless tell pictures apart."""

import torch

_SCORE = 10
_DAMPING = 1e-2  # of the mean square of a feature


def teach(network, pictures, truth, classes):
    """Give the batch norms the pictures' statistics, and fit the last layer to their classes.

    `pictures` is float32 [n, 3, height, width], `truth` the index of each one's class.
    """
    network.eval()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # the mean of all that it sees
            layer.train()
    last = [layer for layer in network.modules() if isinstance(layer, torch.nn.Linear)][-1]
    seen = []
    with torch.inference_mode():
        network(pictures)
        network.eval()
        hook = last.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        network(pictures)
        hook.remove()
    features = torch.nn.functional.pad(seen[0].double(), (0, 1), value=1)
    wanted = _SCORE * torch.nn.functional.one_hot(torch.as_tensor(truth), classes).double()
    damping = _DAMPING * features.square().mean() * torch.eye(features.shape[1])
    fitted = torch.linalg.solve(features.T @ features + damping, features.T @ wanted).T.float()
    last.weight.data, last.bias.data = fitted[:, :-1].contiguous(), fitted[:, -1].contiguous()
    return network
