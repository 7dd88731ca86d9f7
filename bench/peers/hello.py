"""The smallest function: the start-up time of the framework."""

import functions_framework


@functions_framework.http
def hello(_request):  # noqa: ANN001, ANN201 - the smallest function
    return "hello, world"
