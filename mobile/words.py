"""Errors in words for people, each with the one action that helps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import client


class Action(Enum):
    """What a person can do about an error; the value is the button's text."""

    RETRY = "Try again"
    SETTINGS = "Open settings"
    CHOOSE = "Choose another"


@dataclass(frozen=True)
class Words:
    """A title, a sentence or two, and the action that helps."""

    title: str
    text: str
    action: Action


_APP_IS_OLD = Words(
    "App and function do not fit",
    "They are of different versions. Update the app, or use another function.",
    Action.SETTINGS,
)
_NOT_A_FUNCTION = Words(
    "No function there",
    "Something answers at this address, but it is not the function. Check the address.",
    Action.SETTINGS,
)
_NO_SERVICE = Words(
    "Out of service", "The function has a problem that it cannot solve alone.", Action.RETRY
)
#: The words for an error that nobody foresaw.
DEFECT = Words("Not classified", "The app has a defect; its log says which.", Action.RETRY)

#: The words for each error that is raised.
WORDS: dict[type[client.ClassifyError], Words] = {
    client.BadAddress: Words(
        "Not an address", "It must start with https:// or http://.", Action.SETTINGS
    ),
    client.NoNetwork: Words(
        "No network",
        "This device is offline, or there is no such address. Check both, then try again.",
        Action.RETRY,
    ),
    client.NotListening: Words(
        "Function not found",
        "Nothing answers at this address. It may be wrong, or the function is not running.",
        Action.RETRY,
    ),
    client.ConnectionBroken: Words(
        "Connection lost", "It broke several times before the answer was there.", Action.RETRY
    ),
    client.TimedOut: Words(
        "Too slow", "There was no answer in time. A better connection may help.", Action.RETRY
    ),
    client.UnexpectedReply: _NOT_A_FUNCTION,
    client.NoSuchPath: _NOT_A_FUNCTION,
    client.BadApiKey: Words(
        "Wrong key",
        "This function asks for a key. Enter the one that its operator gave you.",
        Action.SETTINGS,
    ),
    client.BadToken: Words(
        "Key needed",
        "This function serves an app of its own, or asks for a key. Enter the one that its "
        "operator gave you.",
        Action.SETTINGS,
    ),
    client.BodyIncomplete: Words(
        "Photo arrived incomplete", "A better connection may help.", Action.RETRY
    ),
    client.BodyTooLarge: Words(
        "File too large", "The function accepts no file of this size.", Action.CHOOSE
    ),
    client.NoImage: Words("Empty file", "There is nothing in this file.", Action.CHOOSE),
    client.ImageCorrupt: Words(
        "Photo damaged", "Part of the file is missing or wrong.", Action.CHOOSE
    ),
    client.ImageTooCostly: Words(
        "Photo too complex", "Save it as a JPEG, or choose another.", Action.CHOOSE
    ),
    client.TooManyPixels: Words(
        "Photo too large", "It has more pixels than the function accepts.", Action.CHOOSE
    ),
    client.UnsupportedImageFormat: Words(
        "Not a photo", "The file is in no format that the function reads.", Action.CHOOSE
    ),
    client.Overloaded: Words(
        "Very busy", "Many people are asking at the moment. Try again in a while.", Action.RETRY
    ),
    client.KeyServerUnavailable: _NO_SERVICE,
    client.ModelUnavailable: _NO_SERVICE,
    client.Internal: _NO_SERVICE,
    client.BadBase64: _APP_IS_OLD,
    client.BadJson: _APP_IS_OLD,
    client.BadMultipart: _APP_IS_OLD,
    client.BadParameter: Words(
        "Too many labels", "The model does not have as many. Ask for fewer.", Action.SETTINGS
    ),
    client.MethodNotAllowed: _APP_IS_OLD,
    client.TooManyImages: _APP_IS_OLD,
    client.UnknownField: _APP_IS_OLD,
    client.UnsupportedFeature: _APP_IS_OLD,
    client.FeaturesUnavailable: _APP_IS_OLD,
    client.UnsupportedMediaType: _APP_IS_OLD,
    client.ApiError: _APP_IS_OLD,
}

#: When the camera cannot be used.
NO_CAMERA = Words(
    "No camera", "There is none, or the app may not use it. Choose a photo instead.", Action.CHOOSE
)

# Of a platform in front of the function, by HTTP status.
_BY_STATUS = {
    401: Words("Function is private", "It is open to its operator only.", Action.SETTINGS),
    403: Words("Function is private", "It is open to its operator only.", Action.SETTINGS),
    429: WORDS[client.Overloaded],
    500: _NO_SERVICE,
    502: _NO_SERVICE,
    503: _NO_SERVICE,
    504: WORDS[client.TimedOut],
}


def words_for(error: client.ClassifyError) -> Words:
    """The words for an error of the client."""
    if isinstance(error, client.UnexpectedReply) and error.status in _BY_STATUS:
        return _BY_STATUS[error.status]
    return next(WORDS[kind] for kind in type(error).__mro__ if kind in WORDS)
