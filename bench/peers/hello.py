"""The least function there is: what the framework takes to start."""

import functions_framework


@functions_framework.http
def hello(_request):  # noqa: ANN001, ANN201 - as little as can be
    return "hello, world"
