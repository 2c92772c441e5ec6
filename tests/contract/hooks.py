"""What no document can say. The checks of the same names are done all the same, and their failures are passed
over where the reason is one of those below."""

import json

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

# A value that a schema allows and the service rightly refuses: by parameter and code, with the reason.
REFUSED = {
    ("cursor", "invalid-cursor"): "only what the service gave out goes on",
    ("as_of", "invalid-value"): "a day has to exist, and be no later than today",
    ("published_from", "invalid-value"): "an instant has to exist",
    ("published_to", "invalid-value"): "an instant has to exist",
    ("period", "invalid-value"): "days have to exist and be in order, and each period has one spelling",
    ("sort", "invalid-value"): "each member once, ascending or descending",
    ("q", "invalid-value"): "there has to be a letter or a digit of some script in it",
    ("value_min", "invalid-value"): "15 digits and 4 decimals",
    ("value_max", "invalid-value"): "15 digits and 4 decimals",
    ("charset", "invalid-value"): "of csv and csv-excel",
    ("labels", "invalid-value"): "of csv, csv-excel and xlsx",
    ("ratio", "invalid-value"): "of svg, png and jpg",
    ("scale", "invalid-value"): "of png and jpg",
    ("shape", "invalid-value"): "part is of svg, png and jpg",
    ("aggregate", "not-additive"): "of metrics that say so",
    ("If-Match", "invalid-value"): "null is no value of a header, though the type has it",
    ("maxwidth", "invalid-value"): "version 1 was written without the bound, and may not narrow a type",
    ("maxheight", "invalid-value"): "the same",
    ("min_revision", "invalid-value"): "the same",
    ("from", "invalid-value"): "not after the revision that it is compared with",
    ("unit", "invalid-value"): "not of white space alone",
}

# The same, whatever the parameter.
ANYWHERE = {
    "conflicting-parameters": "two that are not given together",
    "invalid-text": "4000 characters, all values of a list together",
}


def is_known(error):
    return error in REFUSED or error[1] in ANYWHERE


def is_awaited(response):
    """A revision that is yet to come, by a number made up."""
    return response.status_code == 503 and b"/problems/revision-not-yet" in response.content


@schemathesis.hook
def filter_query(ctx, query):
    # What is longer than a URI may be is refused by whoever reads the first line, before there is a form to refuse it in.
    # A truth value, where a list is asked for, is the list of its one word.
    words = json.dumps(query, default=str) if query else ""
    return len(words) < 20_000 and not any(isinstance(value, bool) for value in (query or {}).values())


def errors(response):
    try:
        return {(error.get("parameter"), error["code"]) for error in json.loads(response.content)["errors"]}
    except (ValueError, KeyError, TypeError):
        return set()


@schemathesis.check
def valid_requests_are_accepted(ctx, response, case):
    try:
        return checks.positive_data_acceptance(ctx, response, case)
    except checks.RejectedPositiveData:
        if is_awaited(response):
            return None
        found = errors(response)
        if response.status_code in (400, 422) and found and all(map(is_known, found)):
            return None
        raise


@schemathesis.check
def the_service_does_not_fail(ctx, response, case):
    return None if is_awaited(response) else not_a_server_error(ctx, response, case)


@schemathesis.check
def answers_are_as_described(ctx, response, case):
    # With fields an answer has the members that were asked for, which no schema can depend on. YAML is one text, and so
    # is a stream for who describes it in OpenAPI 3.1.
    is_text = case.operation.path == "/openapi.yaml" or "event-stream" in response.headers.get("content-type", [""])[0]
    if "fields" in (case.query or {}) or is_text:
        return None
    return checks.response_schema_conformance(ctx, response, case)
