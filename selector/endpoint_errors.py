# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a chat endpoint, with codes and facts as in errors.py. No fact ever holds a key.

EndpointProblem
├── UnknownEndpoint       endpoint.unknown          no endpoint of this name is set up
├── BadEndpoint           endpoint.bad              its name, address or model cannot be used
├── EndpointUnsuited      endpoint.unsuited         the job is nothing that a chat endpoint is asked here
├── LabelsNeeded          endpoint.labels_needed    it must be told between which categories to choose
├── ConsentNeeded         endpoint.consent          nothing was sent: what would go where, and its cost
├── KeyNotKept            endpoint.key_not_kept     there is no keyring, and a key goes into no file
├── EndpointUnreachable   endpoint.unreachable      no network, no server, a time-out
├── EndpointBusy          endpoint.busy             429/503 after the retries (retry_after_s)
├── KeyRefused            endpoint.key_refused      401 or 403
├── RequestRefused        endpoint.request_refused  any other refusal, with the server's own words
└── of one item, while the others go on:
    ├── NotSent           endpoint.not_sent         beyond what the user agreed to
    ├── AnswerBad         endpoint.answer_bad       not what the protocol says
    ├── AnswerUnusable    endpoint.answer_unusable  no category, no number in it
    ├── AnswerRefused     endpoint.answer_refused   the model, or its filter, will not answer
    └── InputTooLong      endpoint.input_too_long   more than the model reads
"""

from __future__ import annotations

from selector.errors import PetitError


class EndpointProblem(PetitError):
    """A chat endpoint."""

    code = "endpoint"


class UnknownEndpoint(EndpointProblem):
    """Facts: name, known."""

    code = "endpoint.unknown"


class BadEndpoint(EndpointProblem):
    """Facts: what (name, address, model, key …), value, reason."""

    code = "endpoint.bad"


class EndpointUnsuited(EndpointProblem):
    """Facts: name, task."""

    code = "endpoint.unsuited"


class LabelsNeeded(EndpointProblem):
    """Facts: name."""

    code = "endpoint.labels_needed"


class ConsentNeeded(EndpointProblem):
    """Facts: as ``SendingPlan.to_json``."""

    code = "endpoint.consent"


class KeyNotKept(EndpointProblem):
    """Facts: name."""

    code = "endpoint.key_not_kept"


class EndpointUnreachable(EndpointProblem):
    """Facts: host, reason."""

    code = "endpoint.unreachable"


class EndpointBusy(EndpointProblem):
    """Facts: host, status, retry_after_s where it was said."""

    code = "endpoint.busy"


class KeyRefused(EndpointProblem):
    """Facts: host, status, detail."""

    code = "endpoint.key_refused"


class RequestRefused(EndpointProblem):
    """Facts: host, status, detail."""

    code = "endpoint.request_refused"


class NotSent(EndpointProblem):
    """Nothing left the machine for this item."""

    code = "endpoint.not_sent"


class AnswerBad(EndpointProblem):
    """Facts: host, reason."""

    code = "endpoint.answer_bad"


class AnswerUnusable(EndpointProblem):
    """Facts: said: the beginning of the answer."""

    code = "endpoint.answer_unusable"


class AnswerRefused(EndpointProblem):
    """Facts: said."""

    code = "endpoint.answer_refused"


class InputTooLong(EndpointProblem):
    """Facts: detail."""

    code = "endpoint.input_too_long"


OF_ONE_ITEM = (NotSent, AnswerBad, AnswerUnusable, AnswerRefused, InputTooLong)
"""What says nothing about the next item."""
