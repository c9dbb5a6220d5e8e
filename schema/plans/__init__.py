"""Compiled plans: a validated GraphQL document as plain Python functions, made once and run as often as it comes.

graphql-core walks a document's selections anew for each answer and asks of each value whether it has to be waited
for. A `Plan` walks them once: variables are coerced and the root field's own resolver is called just as graphql-core
does, with all that hangs on it (permissions, extensions, exception handlers), and its value is read into the answer
by functions that were compiled for these very selections (`schema.plans.selections`).

What a plan answers, graphql-core answers alike, byte for byte. So a plan knows its limits:

    `compile_plan` returns None   for a document that needs the ordinary way: several root fields, directives,
                                  introspection, resolvers or arguments below the root
    `Plan.execute` returns None   before anything was resolved: the variables are wrong; the ordinary way says how
    an answer that does not fit   is completed by graphql-core, from the value that the root's resolver has returned,
                                  so nothing is done twice and every error lies where it belongs

There is nothing of one application in here: it works for any Strawberry schema.
"""

from schema.plans.plan import Plan, compile_plan

__all__ = ["Plan", "compile_plan"]
